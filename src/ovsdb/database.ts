// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "../lib/clock.js";
import { systemErrorText } from "../lib/errors.js";
import type { Json, JsonObject } from "../lib/json.js";
import { generateUuid } from "./atom.js";
import type { DatabaseSchema } from "./db-schema.js";
import { applyRecord, encodeRecord } from "./journal-record.js";
import { ObjectParser } from "./object-parser.js";
import { BlockedTransaction, type ExecutionContext, OPERATIONS, UuidNames } from "./operations.js";
import { OvsdbError } from "./ovsdb-error.js";
import { Table } from "./table.js";
import { DbTransaction, type RowChange } from "./transaction.js";

/** Where a database keeps what must outlive the process. */
export interface Storage {
  /**
   * Appends a record, before the change is made. Throws when that fails. With `durable`, the
   * promise resolves once the record is on the medium.
   */
  append(record: JsonObject, durable: boolean): Promise<void> | undefined;
}

/** How a transaction's operations went. */
export type Outcome =
  | {
      readonly blocked: false;
      /** The reply: RFC 7047 §4.1.3. */
      readonly results: Json[];
      /** For durable commits: resolves when it is safe to reply. */
      readonly durable: Promise<void> | undefined;
    }
  /** A `wait` holds it up; try again after the next change, until the timeout. */
  | { readonly blocked: true; readonly timeoutMs: number };

export interface ExecuteOptions {
  readonly ownsLock?: (name: string) => boolean;
  readonly elapsedMs?: number;
}

/** Told of every transaction that changed something, after it is final. */
export type CommitListener = (changes: readonly RowChange[], transactionId: string) => void;

/**
 * A database in memory: tables of rows, and transactions over them. Everything happens within the
 * call; only durability is waited for.
 */
export class Database {
  readonly tables: ReadonlyMap<string, Table>;
  /** The last transaction's id, for monitor_cond_since. */
  lastTransactionId = generateUuid();
  storage: Storage | undefined;
  readonly #listeners = new Set<CommitListener>();

  constructor(
    readonly schema: DatabaseSchema,
    readonly clock: Clock = systemClock,
  ) {
    this.tables = new Map([...schema.tables].map(([name, table]) => [name, new Table(table)]));
  }

  get name(): string {
    return this.schema.name;
  }

  /** Calls `listener` after every commit, until the returned function is called. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs the operations of a `transact` request (without the database's name). */
  execute(operations: readonly Json[], options: ExecuteOptions = {}): Outcome {
    const txn = new DbTransaction(this);
    const x: ExecutionContext = {
      txn,
      names: new UuidNames(),
      ownsLock: options.ownsLock ?? (() => false),
      elapsedMs: options.elapsedMs ?? 0,
      timeoutMs: Number.POSITIVE_INFINITY,
      durable: false,
    };
    const results: Json[] = [];
    try {
      for (let i = 0; i < operations.length; i++) {
        results.push(this.#runOperation(x, operations, i));
      }
      return { blocked: false, results, durable: this.#commit(txn, x.durable) };
    } catch (error) {
      txn.abort();
      if (error instanceof BlockedTransaction) return { blocked: true, timeoutMs: x.timeoutMs };
      if (!(error instanceof OvsdbError)) throw error;
      results.push(error.toJson());
      while (results.length < operations.length) results.push(null);
      return { blocked: false, results, durable: undefined };
    }
  }

  #runOperation(x: ExecutionContext, operations: readonly Json[], i: number): JsonObject {
    const what = `ovsdb operation ${i + 1} of ${operations.length}`;
    const parser = new ObjectParser(operations[i] as Json, what);
    const name = parser.required("op", "id");
    const operation = OPERATIONS.get(name);
    if (!operation) {
      parser.fail(`No operation "${name}"`);
      parser.check();
      return {};
    }
    const result = operation.run(x, parser);
    if (!operation.readOnly && this.name.startsWith("_")) {
      throw new OvsdbError(
        "not allowed",
        `${name} operation not allowed on table in reserved database ${this.name}`,
      );
    }
    return result;
  }

  #commit(txn: DbTransaction, durable: boolean): Promise<void> | undefined {
    txn.prepare();
    if (txn.isEmpty) return undefined;
    const safe = this.#store(txn, durable);
    this.#finish(txn);
    return safe;
  }

  #store(txn: DbTransaction, durable: boolean): Promise<void> | undefined {
    if (!this.storage) return undefined;
    const record = encodeRecord(txn.changes, txn.comments, this.clock.wall());
    if (!record) return undefined;
    try {
      return this.storage.append(record, durable);
    } catch (error) {
      throw new OvsdbError("I/O error", `cannot write to database: ${systemErrorText(error)}`);
    }
  }

  #finish(txn: DbTransaction): void {
    const changes = txn.commit();
    if (changes.length === 0) return;
    this.lastTransactionId = generateUuid();
    for (const listener of this.#listeners) listener(changes, this.lastTransactionId);
  }

  /** Makes changes of our own, outside any client's reach: loading, and the _Server database. */
  change(make: (txn: DbTransaction) => void): void {
    const txn = new DbTransaction(this);
    try {
      make(txn);
      txn.prepare();
    } catch (error) {
      txn.abort();
      throw error;
    }
    this.#finish(txn);
  }

  /** Repeats a transaction from the journal. Throws OvsdbError. */
  replay(record: Json): void {
    this.change((txn) => applyRecord(this, txn, record));
  }
}

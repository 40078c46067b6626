// SPDX-License-Identifier: Apache-2.0
import { assert, OperatorError } from "../lib/errors.js";
import { EventCounter } from "../lib/events.js";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { JsonRpcError } from "../net/jsonrpc.js";
import type { CommitOptions, TransactionResult, TransactionStatus } from "./client-api.js";
import { encodeKeys, encodeValue } from "./client-values.js";
import { type Datum, datumToJson, defaultDatum, equalData } from "./datum.js";
import type { ColumnSchema, TableSchema } from "./db-schema.js";
import type { Replica } from "./replica.js";
import { ReplicaRow, type RowState } from "./replica-row.js";
import type { NewRow } from "./schema/rows.js";

/** What a transaction needs of its client. */
export interface TransactionHost {
  readonly replica: Replica;
  /** The lock that transactions assert; undefined for none. */
  readonly lockName: string | undefined;
  readonly hasLock: boolean;
  readonly connected: boolean;
  /** Whether the server has the column; older ones may not. */
  serverHas(table: string, column: string): boolean;
  request(method: string, params: Json[]): Promise<Json>;
}

class PendingRow implements NewRow<string> {
  uuid: string | undefined;
  readonly values: JsonObject = {};

  constructor(
    readonly newTable: string,
    readonly uuidName: string,
  ) {}
}

interface Operation {
  readonly json: JsonObject;
  /** Takes the operation's result once the transaction succeeded. */
  readonly done?: (result: JsonObject) => void;
}

const whereUuid = (uuid: string): Json => [["_uuid", "==", ["uuid", uuid]]];

/** How transactions ended. */
const ENDINGS: Readonly<Record<TransactionStatus, EventCounter>> = {
  success: new EventCounter("txn_success"),
  unchanged: new EventCounter("txn_unchanged"),
  "try-again": new EventCounter("txn_try_again"),
  "not-locked": new EventCounter("txn_not_locked"),
  error: new EventCounter("txn_error"),
  uncertain: new EventCounter("txn_incomplete"),
};

/** See Transaction in client-api.ts, which types this. */
export class ClientTransaction {
  readonly #operations: Operation[] = [];
  readonly #waits: JsonObject[] = [];
  readonly #updates = new Map<ReplicaRow, JsonObject>();
  readonly #written: [RowState, number][] = [];
  readonly #comments: string[] = [];
  #rows = 0;
  #committed = false;
  incremented: number | undefined;

  constructor(readonly host: TransactionHost) {}

  #table(name: string): TableSchema {
    const table = this.host.replica.schema.tables.get(name);
    assert(table, `table ${name} is in the schema`);
    return table;
  }

  #column(table: TableSchema, name: string): ColumnSchema {
    const column = table.column(name);
    assert(column && column.index >= 0, `column ${name} is in table ${table.name}`);
    return column;
  }

  insert(tableName: string, values: Readonly<Record<string, unknown>>): NewRow<string> {
    const row = new PendingRow(tableName, `row${++this.#rows}`);
    this.#assignNew(row, values);
    this.#operations.push({
      json: { op: "insert", table: tableName, "uuid-name": row.uuidName, row: row.values },
      done: (result) => {
        row.uuid = (result.uuid as [string, string])[1];
      },
    });
    return row;
  }

  #assignNew(row: PendingRow, values: Readonly<Record<string, unknown>>): void {
    const table = this.#table(row.newTable);
    for (const [name, value] of Object.entries(values)) {
      const column = this.#column(table, name);
      const { json, datum } = encodeValue(value, column);
      const isDefault = datum && equalData(datum, defaultDatum(column.type));
      if (isDefault) delete row.values[name];
      else if (this.host.serverHas(table.name, name)) row.values[name] = json;
    }
  }

  update(row: ReplicaRow | NewRow<string>, values: Readonly<Record<string, unknown>>): void {
    if (row instanceof PendingRow) {
      this.#assignNew(row, values);
      return;
    }
    assert(row instanceof ReplicaRow, "row is of this client");
    const state = ReplicaRow.stateOf(row);
    for (const [name, value] of Object.entries(values)) {
      const column = this.#column(state.table, name);
      if (!this.host.serverHas(state.table.name, name)) continue;
      const { json, datum } = encodeValue(value, column);
      const same = datum && equalData(datum, state.data[column.index] as Datum);
      // While another transaction writes the column, the replica does not show what will be there.
      if (same && !state.inFlight.has(column.index)) {
        this.#forgetUpdate(row, name);
      } else {
        this.#updateOf(row)[name] = json;
        this.#written.push([state, column.index]);
      }
    }
  }

  #forgetUpdate(row: ReplicaRow, column: string): void {
    delete this.#updates.get(row)?.[column];
  }

  #updateOf(row: ReplicaRow): JsonObject {
    let values = this.#updates.get(row);
    if (!values) {
      values = {};
      this.#updates.set(row, values);
    }
    return values;
  }

  #mutate(row: ReplicaRow, columnName: string, mutator: string, argument: Json): void {
    const state = ReplicaRow.stateOf(row);
    this.#written.push([state, this.#column(state.table, columnName).index]);
    this.#operations.push({
      json: {
        op: "mutate",
        table: state.table.name,
        where: whereUuid(state.uuid),
        mutations: [[columnName, mutator, argument]],
      },
    });
  }

  add(row: ReplicaRow, columnName: string, values: unknown): void {
    const column = this.#column(ReplicaRow.stateOf(row).table, columnName);
    this.#mutate(row, columnName, "insert", encodeValue(values, column).json);
  }

  remove(row: ReplicaRow, columnName: string, values: Iterable<unknown>): void {
    const column = this.#column(ReplicaRow.stateOf(row).table, columnName);
    this.#mutate(row, columnName, "delete", encodeKeys(values, column));
  }

  increment(row: ReplicaRow, columnName: string, by = 1): void {
    this.#mutate(row, columnName, "+=", by);
    const { table, uuid } = ReplicaRow.stateOf(row);
    this.#operations.push({
      json: { op: "select", table: table.name, where: whereUuid(uuid), columns: [columnName] },
      done: (result) => {
        const [first] = result.rows as JsonObject[];
        this.incremented = Number(first?.[columnName]);
      },
    });
  }

  delete(row: ReplicaRow): void {
    const { table, uuid } = ReplicaRow.stateOf(row);
    this.#updates.delete(row);
    this.#operations.push({ json: { op: "delete", table: table.name, where: whereUuid(uuid) } });
  }

  verify(row: ReplicaRow, ...columns: string[]): void {
    const { table, uuid, data } = ReplicaRow.stateOf(row);
    const expected: JsonObject = {};
    for (const name of columns) {
      const column = this.#column(table, name);
      expected[name] = datumToJson(data[column.index] as Datum, column.type);
    }
    this.#waits.push({
      op: "wait",
      timeout: 0,
      table: table.name,
      where: whereUuid(uuid),
      columns,
      until: "==",
      rows: [expected],
    });
  }

  comment(text: string): void {
    this.#comments.push(text);
  }

  #assemble(options: CommitOptions): Operation[] {
    const { lockName } = this.host;
    const updates: Operation[] = [];
    for (const [row, values] of this.#updates) {
      if (Object.keys(values).length === 0) continue;
      const { table, uuid } = ReplicaRow.stateOf(row);
      updates.push({
        json: { op: "update", table: table.name, where: whereUuid(uuid), row: values },
      });
    }
    const work = [...this.#waits.map((json) => ({ json })), ...updates, ...this.#operations];
    if (work.length === 0) return [];
    const comment = this.#comments.join("\n");
    return [
      ...(lockName === undefined ? [] : [{ json: { op: "assert", lock: lockName } }]),
      ...work,
      ...(comment === "" ? [] : [{ json: { op: "comment", comment } }]),
      ...(options.durable ? [{ json: { op: "commit", durable: true } }] : []),
    ];
  }

  async commit(options: CommitOptions = {}): Promise<TransactionResult> {
    const result = await this.#commit(options);
    ENDINGS[result.status].count++;
    return result;
  }

  async #commit(options: CommitOptions): Promise<TransactionResult> {
    assert(!this.#committed, "a transaction is committed once");
    this.#committed = true;
    const operations = this.#assemble(options);
    if (operations.length === 0) return { status: "unchanged", results: [] };
    const { host } = this;
    if (host.lockName !== undefined && !host.hasLock) return { status: "not-locked", results: [] };
    if (!host.connected) return { status: "try-again", results: [] };
    this.#mark(1);
    try {
      const params = [host.replica.schema.name, ...operations.map((each) => each.json)];
      return this.#conclude(operations, (await host.request("transact", params)) as Json[]);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (!(error instanceof JsonRpcError)) return { status: "uncertain", results: [] };
      return { status: "error", error: error.message, results: [] };
    } finally {
      this.#mark(-1);
    }
  }

  /** Notes which columns are being written, or are not any more. */
  #mark(by: 1 | -1): void {
    for (const [{ inFlight }, index] of this.#written) {
      const count = (inFlight.get(index) ?? 0) + by;
      if (count > 0) inFlight.set(index, count);
      else inFlight.delete(index);
    }
  }

  #conclude(operations: readonly Operation[], results: Json[]): TransactionResult {
    const failed = results.find((result) => isJsonObject(result) && result.error !== undefined);
    if (isJsonObject(failed)) {
      const status = statusOf(failed);
      const details = typeof failed.details === "string" ? `: ${failed.details}` : "";
      return status === "error"
        ? { status, error: `${String(failed.error)}${details}`, results }
        : { status, results };
    }
    for (const [i, operation] of operations.entries()) operation.done?.(results[i] as JsonObject);
    return { status: "success", results };
  }
}

function statusOf(error: JsonObject): TransactionStatus {
  if (error.error === "timed out") return "try-again";
  return error.error === "not owner" ? "not-locked" : "error";
}

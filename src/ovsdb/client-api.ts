// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../lib/json.js";
import type { Datum } from "./datum.js";
import type { NewRow, Row, RowValues } from "./schema/rows.js";
import type { Tables } from "./schema/spec.js";

type Name<T extends Tables> = Extract<keyof T, string>;
type ColumnName<T extends Tables, N extends Name<T>> = Extract<keyof T[N]["columns"], string>;

/** The rows of one table in the replica. */
export interface TableView<T extends Tables, N extends Name<T>> extends Iterable<Row<T, N>> {
  readonly name: N;
  readonly size: number;
  get(uuid: string): Row<T, N> | undefined;
  /** The first row, in no order: for tables of one row, such as Open_vSwitch. */
  first(): Row<T, N> | undefined;
  /** The first row whose `column` (a plain string or integer) has this value. */
  find<C extends ColumnName<T, N>>(column: C, value: Row<T, N>[C]): Row<T, N> | undefined;
}

/** One row that changed. `columns` names what differs for "modify", every column otherwise. */
export interface RowChange<T extends Tables, N extends Name<T> = Name<T>> {
  readonly table: N;
  readonly type: "insert" | "modify" | "delete";
  readonly row: Row<T, N>;
  readonly columns: ReadonlySet<string>;
}

/** All that one update of the database changed. */
export interface ChangeSet<T extends Tables> {
  readonly changes: readonly RowChange<T>[];
  /** The changes of one table, typed. */
  of<N extends Name<T>>(table: N): RowChange<T, N>[];
  /** Whether the table changed at all or, with `columns`, in these (or by a row more or less). */
  touches(table: Name<T>, ...columns: string[]): boolean;
}

export type ClientState = "disconnected" | "connecting" | "syncing" | "ready";

/** Events of a client. */
export interface ClientEvents<T extends Tables> {
  /** The replica is complete for the first time, and after each reconnect. */
  ready: [];
  change: [ChangeSet<T>];
  /** A requested lock was granted or lost. */
  lock: [name: string, held: boolean];
  state: [ClientState];
}

/** How a transaction ended. */
export type TransactionStatus =
  | "success"
  /** There was nothing to do; nothing was sent. */
  | "unchanged"
  /** What a `verify` or `wait` expected is no longer so: look at the replica and decide anew. */
  | "try-again"
  /** The lock that the client relies on is held by another. */
  | "not-locked"
  /** The database refused; see `error`. */
  | "error"
  /** The connection broke before the answer came: it may or may not have happened. */
  | "uncertain";

export interface TransactionResult {
  readonly status: TransactionStatus;
  /** "constraint violation: …", for "error" only. */
  readonly error?: string;
  /** The reply's elements, one for each operation sent. */
  readonly results: readonly Json[];
}

export interface CommitOptions {
  /** Answer only when the change is on disk. */
  readonly durable?: boolean;
}

/**
 * Changes to be made all together or not at all. Nothing happens before `commit`; only columns
 * whose values differ from the replica's are sent.
 */
export interface Transaction<T extends Tables> {
  insert<N extends Name<T>>(table: N, values: RowValues<T, N>): NewRow<N>;
  /** Sets columns of a row, or of one that this transaction inserts. */
  update<N extends Name<T>>(row: Row<T, N> | NewRow<N>, values: RowValues<T, N>): void;
  /** Adds elements to a set or pairs to a map, whatever else is in it. */
  add<N extends Name<T>, C extends ColumnName<T, N>>(
    row: Row<T, N>,
    column: C,
    values: NonNullable<RowValues<T, N>[C]>,
  ): void;
  /** Removes elements of a set, or keys of a map. */
  remove<N extends Name<T>, C extends ColumnName<T, N>>(
    row: Row<T, N>,
    column: C,
    values: Iterable<unknown>,
  ): void;
  /** Adds to an integer column; the new value is in `incremented` after success. */
  increment<N extends Name<T>, C extends ColumnName<T, N>>(
    row: Row<T, N>,
    column: C,
    by?: number,
  ): void;
  readonly incremented: number | undefined;
  delete<N extends Name<T>>(row: Row<T, N>): void;
  /** Fails the transaction ("try-again") unless these columns are as the replica shows them. */
  verify<N extends Name<T>>(row: Row<T, N>, ...columns: ColumnName<T, N>[]): void;
  /** A line for the journal, which `ovsdb-tool show-log` shows. */
  comment(text: string): void;
  commit(options?: CommitOptions): Promise<TransactionResult>;
}

/**
 * A typed client with a replica of (parts of) a database, embedded or served by a stock
 * ovsdb-server; it reconnects and resynchronises by itself.
 *
 *     const client = openClient(openVSwitchDatabase, { remote: "unix:/run/…/db.sock" });
 *     client.on("change", (set) => { if (set.touches("Bridge", "ports")) … });
 *     for (const bridge of client.table("Bridge")) for (const port of bridge.ports) …
 *     const txn = client.transaction();
 *     txn.update(client.table("Open_vSwitch").first()!, { cur_cfg: 5 });
 *     const { status } = await txn.commit();
 */
export interface DatabaseClient<T extends Tables> {
  readonly state: ClientState;
  /** Resolves once the replica is complete; rejects if the database or its schema is unusable. */
  ready(): Promise<void>;
  table<N extends Name<T>>(name: N): TableView<T, N>;
  /** The exact value of a column (bigints beyond 2^53, references as UUIDs). */
  datum<N extends Name<T>>(row: Row<T, N>, column: ColumnName<T, N>): Datum;
  transaction(): Transaction<T>;
  /**
   * Asks for a lock, also after each reconnect; `lock` events tell when it is held. Transactions
   * assert it from then on.
   */
  lock(name: string): void;
  unlock(): void;
  readonly hasLock: boolean;
  /** A raw request, such as "get_schema" or "transact". */
  request(method: string, params: Json[]): Promise<Json>;
  on<E extends keyof ClientEvents<T>>(
    event: E,
    listener: (...args: ClientEvents<T>[E]) => void,
  ): this;
  off<E extends keyof ClientEvents<T>>(
    event: E,
    listener: (...args: ClientEvents<T>[E]) => void,
  ): this;
  close(): void;
}

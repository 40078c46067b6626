// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../lib/json.js";
import { generateUuid, parseUuid } from "./atom.js";
import { checkDatum } from "./column-type.js";
import { parseCondition, queryRows } from "./condition.js";
import type { Datum } from "./datum.js";
import { equalData } from "./datum.js";
import type { ColumnSchema } from "./db-schema.js";
import { mutateDatum, parseMutations } from "./mutation.js";
import type { ObjectParser } from "./object-parser.js";
import { OvsdbError, syntaxError } from "./ovsdb-error.js";
import {
  compareRows,
  type DbRow,
  defaultData,
  parseColumns,
  parsePartialRow,
  rowToJson,
} from "./row.js";
import type { Table } from "./table.js";
import type { DbTransaction } from "./transaction.js";
import type { NamedUuids } from "./value-parser.js";

/** The names given by "uuid-name" and used by ["named-uuid", …] within one transaction. */
export class UuidNames implements NamedUuids {
  readonly #uuids = new Map<string, string>();
  readonly #created = new Set<string>();

  resolve(name: string): string {
    let uuid = this.#uuids.get(name);
    if (uuid === undefined) {
      uuid = generateUuid();
      this.#uuids.set(name, uuid);
    }
    return uuid;
  }

  isCreated(name: string): boolean {
    return this.#created.has(name);
  }

  create(name: string, uuid: string): void {
    this.#created.add(name);
    this.#uuids.set(name, uuid);
  }
}

/** A `wait` is not satisfied and may be tried again until the timeout (RFC 7047 §5.2.6). */
export class BlockedTransaction extends Error {}

/** What operations work on. */
export interface ExecutionContext {
  readonly txn: DbTransaction;
  readonly names: UuidNames;
  /** Whether the session that asks owns a lock. */
  readonly ownsLock: (name: string) => boolean;
  /** Time since the transaction was first tried. */
  readonly elapsedMs: number;
  /** The smallest timeout of the waits seen so far. */
  timeoutMs: number;
  durable: boolean;
}

type Operation = (x: ExecutionContext, parser: ObjectParser) => JsonObject;

function parseTable(x: ExecutionContext, parser: ObjectParser): Table {
  const name = parser.required("table", "id");
  const table = x.txn.db.tables.get(name);
  if (!table) {
    parser.fail(`No table named ${name}.`);
    parser.check();
  }
  return table as Table;
}

function chooseUuid(
  x: ExecutionContext,
  table: Table,
  given: string | undefined,
): string | undefined {
  if (given === undefined) return undefined;
  const uuid = parseUuid(given);
  if (uuid === undefined) throw syntaxError(given, "bad uuid");
  if (!x.txn.mayCreate(table, uuid)) {
    throw syntaxError(
      given,
      "This UUID would duplicate a UUID already present within the table or deleted within the " +
        "same transaction.",
      "duplicate uuid",
    );
  }
  return uuid;
}

function nameRow(x: ExecutionContext, name: string, given: string | undefined): string {
  if (x.names.isCreated(name)) {
    const details = 'This "uuid-name" appeared on an earlier "insert" operation.';
    throw syntaxError(name, details, "duplicate uuid-name");
  }
  const uuid = given ?? x.names.resolve(name);
  x.names.create(name, uuid);
  return uuid;
}

/** RFC 7047 §5.2.1. */
const insert: Operation = (x, parser) => {
  const table = parseTable(x, parser);
  const uuidJson = parser.optional("uuid", "string");
  const name = parser.optional("uuid-name", "id");
  const rowJson = parser.required("row", "object");
  parser.finish();
  const given = chooseUuid(x, table, uuidJson);
  const uuid = name === undefined ? (given ?? generateUuid()) : nameRow(x, name, given);
  const partial = parsePartialRow(rowJson, table.schema, x.names);
  const data = defaultData(table.schema);
  partial.columns.forEach((column, i) => {
    if (column.index >= 0) data[column.index] = partial.data[i] as Datum;
  });
  // Defaults may break constraints; what the client gave was checked as it was parsed.
  for (const column of table.schema.columns) {
    const datum = data[column.index] as Datum;
    if (datum.keys.length === 1) checkDatum(datum, column.type);
  }
  x.txn.insert(table, uuid, data);
  return { uuid: ["uuid", uuid] };
};

/** Rows that differ in some of `columns`, each such row once. */
function distinctRows(rows: readonly DbRow[], columns: readonly ColumnSchema[]): DbRow[] {
  if (columns.some((column) => column.name === "_uuid")) return [...rows];
  const seen = new Map<string, DbRow>();
  for (const row of rows) {
    const key = JSON.stringify(rowKey(row, columns));
    if (!seen.has(key)) seen.set(key, row);
  }
  return [...seen.values()];
}

function rowKey(
  row: { get(column: ColumnSchema): Datum },
  columns: readonly ColumnSchema[],
): string[][][] {
  return columns.map((column) => {
    const { keys, values } = row.get(column);
    return [keys.map(String), (values ?? []).map(String)];
  });
}

/** RFC 7047 §5.2.2; "sort" is an extension of the stock server. */
const select: Operation = (x, parser) => {
  const table = parseTable(x, parser);
  const where = parser.required("where", "array");
  const columnsJson = parser.optional("columns", "array");
  const sortJson = parser.optional("sort", "array");
  parser.finish();
  const condition = parseCondition(where, table.schema, x.names);
  const columns = parseColumns(columnsJson, table.schema);
  const sort = sortJson ? parseColumns(sortJson, table.schema) : [];
  const rows = distinctRows(queryRows(table, condition), columns);
  if (sort.length > 0) rows.sort((a, b) => compareRows(a, b, sort));
  return { rows: rows.map((row) => rowToJson(row, columns)) };
};

/** RFC 7047 §5.2.3. */
const update: Operation = (x, parser) => {
  const table = parseTable(x, parser);
  const where = parser.required("where", "array");
  const rowJson = parser.required("row", "object");
  parser.finish();
  const { columns, data } = parsePartialRow(rowJson, table.schema, x.names);
  const fixed = columns.find((column) => !column.mutable);
  if (fixed) {
    const details = `Cannot update immutable column ${fixed.name} in table ${table.schema.name}.`;
    throw syntaxError(parser.json, details, "constraint violation");
  }
  const rows = queryRows(table, parseCondition(where, table.schema, x.names));
  for (const row of rows) {
    if (columns.every((c, i) => equalData(row.get(c), data[i] as Datum))) continue;
    const next = [...row.data];
    columns.forEach((column, i) => {
      next[column.index] = data[i] as Datum;
    });
    x.txn.modify(row, next);
  }
  return { count: rows.length };
};

/** RFC 7047 §5.2.4. */
const mutate: Operation = (x, parser) => {
  const table = parseTable(x, parser);
  const where = parser.required("where", "array");
  const mutationsJson = parser.required("mutations", "array");
  parser.finish();
  const mutations = parseMutations(mutationsJson, table.schema, x.names);
  const rows = queryRows(table, parseCondition(where, table.schema, x.names));
  for (const row of rows) {
    const next = [...row.data];
    for (const mutation of mutations) {
      const { index } = mutation.column;
      next[index] = mutateDatum(next[index] as Datum, mutation);
    }
    x.txn.modify(row, next);
  }
  return { count: rows.length };
};

/** RFC 7047 §5.2.5. */
const remove: Operation = (x, parser) => {
  const where = parser.required("where", "array");
  const table = parseTable(x, parser);
  parser.finish();
  const rows = queryRows(table, parseCondition(where, table.schema, x.names));
  for (const row of rows) x.txn.delete(row);
  return { count: rows.length };
};

/** Whether the rows that are there, seen through `columns`, are exactly those that were given. */
function sameRows(
  rows: readonly DbRow[],
  expected: readonly Json[],
  table: Table,
  columns: readonly ColumnSchema[],
  names: NamedUuids,
): boolean {
  const key = (row: { get(column: ColumnSchema): Datum }): string =>
    JSON.stringify(rowKey(row, columns));
  const wanted = new Set(
    expected.map((json) => {
      const partial = parsePartialRow(json, table.schema, names);
      const given = new Map(partial.columns.map((column, i) => [column, partial.data[i] as Datum]));
      const defaults = defaultData(table.schema);
      const zero: Datum = { keys: ["00000000-0000-0000-0000-000000000000"], values: undefined };
      return key({ get: (c) => given.get(c) ?? defaults[c.index] ?? zero });
    }),
  );
  const actual = new Set(rows.map(key));
  return actual.size === wanted.size && [...actual].every((row) => wanted.has(row));
}

/** RFC 7047 §5.2.6. */
const wait: Operation = (x, parser) => {
  const timeoutJson = parser.optional("timeout", "integer");
  const where = parser.required("where", "array");
  const columnsJson = parser.optional("columns", "array");
  const until = parser.required("until", "string");
  const rowsJson = parser.required("rows", "array");
  const table = parseTable(x, parser);
  parser.finish();
  const condition = parseCondition(where, table.schema, x.names);
  const columns = parseColumns(columnsJson, table.schema);
  const timeoutMs = timeoutJson === undefined ? Number.POSITIVE_INFINITY : Number(timeoutJson);
  if (timeoutMs < 0) throw syntaxError(timeoutJson, "timeout must be nonnegative");
  x.timeoutMs = Math.min(x.timeoutMs, timeoutMs);
  if (until !== "==" && until !== "!=") throw syntaxError(until, '"until" must be "==" or "!="');
  const equal = sameRows(queryRows(table, condition), rowsJson, table, columns, x.names);
  if (equal === (until === "==")) return {};
  if (x.elapsedMs < timeoutMs) throw new BlockedTransaction();
  const text =
    x.elapsedMs > 0 ? `"wait" timed out after ${x.elapsedMs} ms` : '"where" clause test failed';
  throw new OvsdbError("timed out", text);
};

/** RFC 7047 §5.2.7. */
const commit: Operation = (x, parser) => {
  if (parser.required("durable", "boolean")) x.durable = true;
  parser.finish();
  return {};
};

/** RFC 7047 §5.2.8. */
const abort: Operation = (_x, parser) => {
  parser.finish();
  throw new OvsdbError("aborted", "aborted by request");
};

/** RFC 7047 §5.2.9. */
const comment: Operation = (x, parser) => {
  const text = parser.required("comment", "string");
  parser.finish();
  x.txn.comments.push(text);
  return {};
};

/** RFC 7047 §5.2.10. */
const assertLock: Operation = (x, parser) => {
  const lock = parser.required("lock", "id");
  parser.finish();
  if (x.ownsLock(lock)) return {};
  throw new OvsdbError("not owner", `Asserted lock ${lock} not held.`);
};

/** The operations of RFC 7047 §5.2 by name, and whether each only reads. */
export const OPERATIONS: ReadonlyMap<
  string,
  { readonly run: Operation; readonly readOnly: boolean }
> = new Map([
  ["insert", { run: insert, readOnly: false }],
  ["select", { run: select, readOnly: true }],
  ["update", { run: update, readOnly: false }],
  ["mutate", { run: mutate, readOnly: false }],
  ["delete", { run: remove, readOnly: false }],
  ["wait", { run: wait, readOnly: true }],
  ["commit", { run: commit, readOnly: false }],
  ["abort", { run: abort, readOnly: true }],
  ["comment", { run: comment, readOnly: true }],
  ["assert", { run: assertLock, readOnly: true }],
]);

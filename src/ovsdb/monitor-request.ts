// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { type Condition, parseCondition } from "./condition.js";
import type { Database } from "./database.js";
import { type ColumnSchema, type TableSchema, UUID_INDEX } from "./db-schema.js";
import { ObjectParser } from "./object-parser.js";
import { syntaxError } from "./ovsdb-error.js";
import type { Table } from "./table.js";

/** What a monitor wants to hear of, RFC 7047 §4.1.5 <monitor-select>, as bits. */
export const SELECT = { initial: 1, insert: 2, delete: 4, modify: 8, all: 15 } as const;

/** What a monitor watches in one table. */
export interface MonitoredTable {
  readonly table: Table;
  /** Each with the kinds of change for which it is shown. */
  readonly columns: ReadonlyMap<ColumnSchema, number>;
  /** Kinds of change that matter for any column. */
  readonly select: number;
  /** Rows are shown while one of the clauses holds. */
  condition: Condition;
}

function parseSelect(json: JsonObject | undefined, table: TableSchema): number {
  if (!json) return SELECT.all;
  const parser = new ObjectParser(json, `table ${table.name} select`);
  let select = 0;
  for (const kind of ["initial", "insert", "delete", "modify"] as const) {
    if (parser.optional(kind, "boolean") ?? true) select |= SELECT[kind];
  }
  parser.finish();
  return select;
}

function requestColumns(json: Json | undefined, table: TableSchema): readonly ColumnSchema[] {
  if (json === undefined) return table.allColumns.filter((column) => column.index !== UUID_INDEX);
  if (!Array.isArray(json)) throw syntaxError(json, "array of column names expected");
  return json.map((name) => {
    if (typeof name !== "string") throw syntaxError(json, "array of column names expected");
    const column = table.column(name);
    if (!column) throw syntaxError(json, `${name} is not a valid column name`);
    return column;
  });
}

function parseRequest(
  json: Json,
  table: TableSchema,
  columns: Map<ColumnSchema, number>,
  conditional: boolean,
): { readonly select: number; readonly where: Json[] | undefined } {
  const parser = new ObjectParser(json, `table ${table.name}`);
  const where = conditional ? parser.optional("where", "array") : undefined;
  const columnsJson = parser.optional("columns", "array");
  const selectJson = parser.optional("select", "object");
  parser.finish();
  const select = parseSelect(selectJson, table);
  for (const column of requestColumns(columnsJson, table)) {
    if (columns.has(column))
      throw syntaxError(columnsJson, `column ${column.name} mentioned more than once`);
    columns.set(column, select);
  }
  return { select, where };
}

/** The clauses of a monitor_cond "where"; none at all shows every row. */
export function parseWhere(where: Json[] | undefined, table: TableSchema): Condition {
  return where && where.length > 0 ? parseCondition(where, table) : [true];
}

function parseTableRequests(json: Json, table: Table, conditional: boolean): MonitoredTable {
  const columns = new Map<ColumnSchema, number>();
  let select = 0;
  const condition: Condition[number][] = [];
  for (const request of Array.isArray(json) ? json : [json]) {
    const parsed = parseRequest(request, table.schema, columns, conditional);
    select |= parsed.select;
    condition.push(...parseWhere(parsed.where, table.schema));
  }
  return { table, columns, select, condition };
}

/** RFC 7047 §4.1.5 <monitor-requests>, or <monitor-cond-requests> when `conditional`. */
export function parseMonitorRequests(
  json: Json | undefined,
  db: Database,
  conditional: boolean,
): Map<string, MonitoredTable> {
  if (!isJsonObject(json)) throw syntaxError(json, "monitor-requests must be object");
  const tables = new Map<string, MonitoredTable>();
  for (const [name, requests] of Object.entries(json)) {
    const table = db.tables.get(name);
    if (!table) throw syntaxError(undefined, `no table named ${name}`);
    tables.set(name, parseTableRequests(requests, table, conditional));
  }
  return tables;
}

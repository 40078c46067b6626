// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../lib/json.js";
import { atomToText, generateUuid } from "./atom.js";
import { parseDatum } from "./column-type.js";
import { compareData, type Datum, datumToJson, defaultDatum, equalData } from "./datum.js";
import { type ColumnSchema, type TableSchema, UUID_INDEX } from "./db-schema.js";
import { syntaxError } from "./ovsdb-error.js";
import type { Table } from "./table.js";
import type { RowChange } from "./transaction.js";
import type { NamedUuids } from "./value-parser.js";

/** The columns' values of a row, by column index. Never modified: a change makes another array. */
export type RowData = readonly Datum[];

/** A row of the database: one object from insert to delete. */
export class DbRow {
  /** How many references from other rows keep this one alive. */
  strongRefs = 0;
  /** The rows that refer weakly to this one; how often does not matter. */
  readonly weakSources = new Set<DbRow>();
  /** What the running transaction did to this row, if anything. */
  change: RowChange | undefined;

  constructor(
    readonly table: Table,
    readonly uuid: string,
    public data: RowData,
    public version: string = generateUuid(),
  ) {}

  /** A column's value, _uuid and _version included. */
  get(column: ColumnSchema): Datum {
    if (column.index >= 0) return this.data[column.index] as Datum;
    const atom = column.index === UUID_INDEX ? this.uuid : this.version;
    return { keys: [atom], values: undefined };
  }
}

/** The data of a row in which nothing was set. */
export function defaultData(table: TableSchema): Datum[] {
  return table.columns.map((column) => defaultDatum(column.type));
}

/** Values that a client gave for some columns of a row. */
export interface PartialRow {
  readonly columns: readonly ColumnSchema[];
  /** In the order of `columns`. */
  readonly data: RowData;
}

/** RFC 7047 §5.1 <row>. Throws OvsdbError. */
export function parsePartialRow(json: Json, table: TableSchema, names?: NamedUuids): PartialRow {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw syntaxError(json, "row must be JSON object");
  }
  const columns: ColumnSchema[] = [];
  const data: Datum[] = [];
  for (const [name, value] of Object.entries(json)) {
    const column = table.column(name);
    if (!column) {
      throw syntaxError(json, `No column ${name} in table ${table.name}.`, "unknown column");
    }
    columns.push(column);
    data.push(parseDatum(value, column.type, names));
  }
  return { columns, data };
}

/** The columns that a client named, each at most once; all of them for undefined. */
export function parseColumns(
  json: Json[] | undefined,
  table: TableSchema,
): readonly ColumnSchema[] {
  if (json === undefined) return table.allColumns;
  const columns = new Set<ColumnSchema>();
  for (const name of json) {
    if (typeof name !== "string")
      throw syntaxError(json, "array of distinct column names expected");
    const column = table.column(name);
    if (!column) throw syntaxError(json, `${name} is not a valid column name`);
    if (columns.has(column)) throw syntaxError(json, "array of distinct column names expected");
    columns.add(column);
  }
  return [...columns];
}

/** A row as `select` and `monitor` show it. */
export function rowToJson(row: DbRow, columns: readonly ColumnSchema[]): JsonObject {
  const json: JsonObject = {};
  for (const column of columns) json[column.name] = datumToJson(row.get(column), column.type);
  return json;
}

export function equalColumns(a: RowData, b: RowData, columns: readonly ColumnSchema[]): boolean {
  return columns.every((c) => c.index < 0 || equalData(a[c.index] as Datum, b[c.index] as Datum));
}

export function compareRows(a: DbRow, b: DbRow, columns: readonly ColumnSchema[]): number {
  for (const column of columns) {
    const order = compareData(a.get(column), b.get(column));
    if (order !== 0) return order;
  }
  return 0;
}

/** A value as messages print it: 1, [a, b], {k=v}. */
export function datumText(datum: Datum, column: ColumnSchema): string {
  const { key, value, max } = column.type;
  const keys = datum.keys.map((atom) => atomToText(atom, key.type));
  if (value && datum.values) {
    const values = datum.values.map((atom) => atomToText(atom, value.type));
    return `{${keys.map((k, i) => `${k}=${values[i]}`).join(", ")}}`;
  }
  return max > 1 || keys.length === 0 ? `[${keys.join(", ")}]` : (keys[0] as string);
}

/** "a, b, and c". */
export function englishList(words: readonly string[]): string {
  if (words.length < 3) return words.join(" and ");
  return `${words.slice(0, -1).join(", ")}, and ${words.at(-1)}`;
}

/** The values of some columns, for messages. */
export function columnsText(data: RowData, columns: readonly ColumnSchema[]): string {
  return englishList(columns.map((column) => datumText(data[column.index] as Datum, column)));
}

// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { parseUuid } from "./atom.js";
import { type ColumnType, parseDatum } from "./column-type.js";
import type { Database } from "./database.js";
import { applyDiff, type Datum, datumToJson, defaultDatum, diffData, equalData } from "./datum.js";
import type { ColumnSchema } from "./db-schema.js";
import { syntaxError } from "./ovsdb-error.js";
import { type DbRow, defaultData, type RowData } from "./row.js";
import type { Table } from "./table.js";
import type { DbTransaction, RowChange } from "./transaction.js";

/** Columns of more than one element are stored, and sent by monitors, as differences. */
export function isComposite(type: ColumnType): boolean {
  return type.max > 1;
}

/** What to send or store for a column that changed from `before` to `after`. */
export function columnDiff(column: ColumnSchema, before: Datum, after: Datum): Json {
  const datum = isComposite(column.type) ? diffData(before, after) : after;
  return datumToJson(datum, column.type);
}

/** The columns of a row that differ from the defaults. */
export function freshRowJson(columns: readonly ColumnSchema[], data: RowData): JsonObject {
  const json: JsonObject = {};
  for (const column of columns) {
    const datum = data[column.index] as Datum;
    if (!equalData(datum, defaultDatum(column.type)))
      json[column.name] = datumToJson(datum, column.type);
  }
  return json;
}

function changedRowJson(
  columns: readonly ColumnSchema[],
  before: RowData,
  after: RowData,
): JsonObject {
  const json: JsonObject = {};
  for (const column of columns) {
    const [a, b] = [before[column.index] as Datum, after[column.index] as Datum];
    if (!equalData(a, b)) json[column.name] = columnDiff(column, a, b);
  }
  return json;
}

const persistent = (table: Table): ColumnSchema[] =>
  table.schema.columns.filter((c) => c.persistent);

function changeJson({ row, before, after }: RowChange): Json | undefined {
  if (!after) return before ? null : undefined;
  const columns = persistent(row.table);
  if (!before) return freshRowJson(columns, after);
  const json = changedRowJson(columns, before, after);
  return Object.keys(json).length > 0 ? json : undefined;
}

/**
 * The journal's record of a transaction, in the form that ovsdb(5) and ovsdb-tool know; undefined
 * when nothing on disk changes.
 */
export function encodeRecord(
  changes: Iterable<RowChange>,
  comments: readonly string[],
  wallMs: number,
): JsonObject | undefined {
  const tables: JsonObject = {};
  for (const change of changes) {
    const json = changeJson(change);
    if (json === undefined) continue;
    const name = change.row.table.schema.name;
    tables[name] ??= {};
    (tables[name] as JsonObject)[change.row.uuid] = json;
  }
  if (Object.keys(tables).length === 0) return undefined;
  return {
    _date: wallMs,
    ...(comments.length > 0 ? { _comment: comments.join("\n") } : {}),
    _is_diff: true,
    ...tables,
  };
}

/** One row of a snapshot, as text: `"<uuid>":{…}`. */
export function snapshotRow(row: DbRow, data: RowData): JsonObject {
  return freshRowJson(persistent(row.table), data);
}

function decodeRow(table: Table, json: Json, base: RowData, isDiff: boolean): RowData {
  if (!isJsonObject(json)) throw syntaxError(json, "row must be JSON object");
  const data = [...base];
  for (const [name, value] of Object.entries(json)) {
    const column = table.schema.column(name);
    // Columns that the schema has dropped are of no use any more.
    if (!column || column.index < 0) continue;
    if (isDiff && isComposite(column.type)) {
      const diff = parseDatum(value, { ...column.type, min: 0, max: Number.POSITIVE_INFINITY });
      data[column.index] = applyDiff(base[column.index] as Datum, diff);
    } else {
      data[column.index] = parseDatum(value, column.type);
    }
  }
  return data;
}

/** Makes a record's changes in `txn`. Throws OvsdbError for what does not fit the schema. */
export function applyRecord(db: Database, txn: DbTransaction, record: Json): void {
  if (!isJsonObject(record)) throw syntaxError(record, "object expected");
  const isDiff = record._is_diff === true;
  for (const [name, rows] of Object.entries(record)) {
    if (name.startsWith("_")) continue;
    const table = db.tables.get(name);
    if (!table) throw syntaxError(undefined, `No table named ${name}.`, "unknown table");
    if (!isJsonObject(rows)) throw syntaxError(rows, "object expected");
    for (const [key, json] of Object.entries(rows)) {
      const uuid = parseUuid(key);
      if (!uuid) throw syntaxError(rows, `"${key}" is not a valid UUID`);
      const row = table.rows.get(uuid);
      if (json === null) {
        if (row) txn.delete(row);
      } else if (row) {
        txn.modify(row, decodeRow(table, json, row.data, isDiff));
      } else {
        txn.insert(table, uuid, decodeRow(table, json, defaultData(table.schema), false));
      }
    }
  }
}

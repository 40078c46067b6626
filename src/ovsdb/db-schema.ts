// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../lib/json.js";
import { isId } from "./atom.js";
import { type ColumnType, columnTypeToJson, parseColumnType } from "./column-type.js";
import { ObjectParser } from "./object-parser.js";
import { syntaxError } from "./ovsdb-error.js";
import type { Column, Database } from "./schema/spec.js";

/** One column of a table, ready for use. */
export interface ColumnSchema {
  readonly name: string;
  /** Its place in a row's data; _uuid and _version have none (UUID_INDEX, VERSION_INDEX). */
  readonly index: number;
  readonly type: ColumnType;
  readonly mutable: boolean;
  /** Kept on disk. */
  readonly persistent: boolean;
}

export const UUID_INDEX = -1;
export const VERSION_INDEX = -2;

const UUID_TYPE: ColumnType = { key: { type: "uuid" }, value: undefined, min: 1, max: 1 };

const UUID_COLUMN: ColumnSchema = {
  name: "_uuid",
  index: UUID_INDEX,
  type: UUID_TYPE,
  mutable: false,
  persistent: true,
};

const VERSION_COLUMN: ColumnSchema = {
  name: "_version",
  index: VERSION_INDEX,
  type: UUID_TYPE,
  mutable: false,
  persistent: false,
};

export interface TableSchema {
  readonly name: string;
  /** In order of index. */
  readonly columns: readonly ColumnSchema[];
  readonly isRoot: boolean;
  /** Infinity for no limit. */
  readonly maxRows: number;
  readonly indexes: readonly (readonly ColumnSchema[])[];
  /** A column by name, _uuid and _version included. */
  column(name: string): ColumnSchema | undefined;
  /** All columns, _uuid and _version included. */
  readonly allColumns: readonly ColumnSchema[];
}

export interface DatabaseSchema {
  readonly name: string;
  readonly version: string;
  readonly cksum: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
  /** The schema as clients get it. */
  readonly json: JsonObject;
}

function parseColumn(name: string, index: number, json: Json): ColumnSchema {
  const parser = new ObjectParser(json, `schema for column ${name}`);
  const mutable = parser.optional("mutable", "boolean") ?? true;
  const ephemeral = parser.optional("ephemeral", "boolean") ?? false;
  const typeJson = parser.required("type", "string", "object");
  parser.finish();
  const type = parseColumnType(typeJson);
  // Columns that refer weakly change by themselves, so they cannot be immutable.
  const weak = type.key.refType === "weak" || type.value?.refType === "weak";
  return { name, index, type, mutable: mutable || weak, persistent: !ephemeral };
}

function parseIndex(json: Json, find: (name: string) => ColumnSchema | undefined): ColumnSchema[] {
  if (!Array.isArray(json)) throw syntaxError(json, "array of column names expected");
  return json.map((name) => {
    const column = typeof name === "string" ? find(name) : undefined;
    if (!column || column.index < 0)
      throw syntaxError(json, `${String(name)} is not a valid column name`);
    return column;
  });
}

function parseTable(name: string, json: Json): TableSchema {
  const parser = new ObjectParser(json, `table schema for table ${name}`);
  const columnsJson = parser.required("columns", "object");
  const maxRows = parser.optional("maxRows", "integer");
  const isRoot = parser.optional("isRoot", "boolean") ?? false;
  const indexesJson = parser.optional("indexes", "array") ?? [];
  parser.finish();
  if (maxRows !== undefined && maxRows <= 0) throw syntaxError(json, "maxRows must be at least 1");
  const names = Object.keys(columnsJson);
  if (names.length === 0) throw syntaxError(json, "table must have at least one column");
  const bad = names.find((column) => column.startsWith("_") || !isId(column));
  if (bad !== undefined) {
    const why = bad.startsWith("_")
      ? 'names beginning with "_" are reserved'
      : "name must be a valid id";
    throw syntaxError(json, why);
  }
  const columns = names.map((column, i) => parseColumn(column, i, columnsJson[column] as Json));
  const byName = new Map(columns.map((column) => [column.name, column]));
  byName.set("_uuid", UUID_COLUMN).set("_version", VERSION_COLUMN);
  const find = (column: string): ColumnSchema | undefined => byName.get(column);
  return {
    name,
    columns,
    isRoot,
    maxRows: maxRows === undefined ? Number.POSITIVE_INFINITY : Number(maxRows),
    indexes: indexesJson.map((index) => parseIndex(index, find)),
    column: find,
    allColumns: [UUID_COLUMN, VERSION_COLUMN, ...columns],
  };
}

function columnToJson(column: ColumnSchema): JsonObject {
  return {
    ...(column.mutable ? {} : { mutable: false }),
    ...(column.persistent ? {} : { ephemeral: true }),
    type: columnTypeToJson(column.type),
  };
}

function tableToJson(table: TableSchema): JsonObject {
  const columns = Object.fromEntries(table.columns.map((c) => [c.name, columnToJson(c)]));
  return {
    columns,
    ...(table.isRoot ? { isRoot: true } : {}),
    ...(table.maxRows === Number.POSITIVE_INFINITY ? {} : { maxRows: table.maxRows }),
    ...(table.indexes.length > 0
      ? { indexes: table.indexes.map((i) => i.map((c) => c.name)) }
      : {}),
  };
}

function checkReferences(tables: ReadonlyMap<string, TableSchema>): void {
  for (const table of tables.values()) {
    for (const column of table.columns) {
      for (const base of [column.type.key, column.type.value]) {
        if (base?.refTable === undefined || tables.has(base.refTable)) continue;
        throw syntaxError(
          undefined,
          `Column ${column.name} in table ${table.name} refers to undefined table ` +
            `${base.refTable}.`,
        );
      }
    }
  }
}

/** RFC 7047 §3.2 <database-schema>. Throws OvsdbError. */
export function parseDatabaseSchema(json: Json): DatabaseSchema {
  const parser = new ObjectParser(json, "database schema");
  const name = parser.required("name", "id");
  const version = parser.optional("version", "string") ?? "";
  const cksum = parser.optional("cksum", "string") ?? "";
  const tablesJson = parser.required("tables", "object");
  parser.finish();
  if (version !== "" && !/^[0-9]+\.[0-9]+\.[0-9]+$/.test(version)) {
    throw syntaxError(json, `schema version "${version}" not in format x.y.z`);
  }
  const tables = new Map<string, TableSchema>();
  for (const [table, tableJson] of Object.entries(tablesJson)) {
    if (table.startsWith("_")) throw syntaxError(json, 'names beginning with "_" are reserved');
    if (!isId(table)) throw syntaxError(json, "name must be a valid id");
    tables.set(table, parseTable(table, tableJson));
  }
  checkReferences(tables);
  const hasRoots = [...tables.values()].some((table) => table.isRoot);
  const roots = hasRoots ? tables : rootAll(tables);
  const clean: JsonObject = {
    name,
    version,
    ...(cksum === "" ? {} : { cksum }),
    tables: Object.fromEntries([...tables].map(([n, table]) => [n, tableToJson(table)])),
  };
  return { name, version, cksum, tables: roots, json: clean };
}

/** Schemas from before garbage collection have no root tables: then all are (RFC 7047 §3.2). */
function rootAll(tables: ReadonlyMap<string, TableSchema>): Map<string, TableSchema> {
  return new Map([...tables].map(([name, table]) => [name, { ...table, isRoot: true }]));
}

function specColumnJson(column: Column): JsonObject {
  const { key, value, min, max, flags } = column;
  const type: JsonObject = {
    key: key.json as unknown as Json,
    ...(value ? { value: value.json as unknown as Json } : {}),
    min,
    max,
  };
  return {
    type,
    ...(flags.immutable ? { mutable: false } : {}),
    ...(flags.ephemeral ? { ephemeral: true } : {}),
  };
}

/** The JSON schema of a database that is written down as typed tables. */
export function databaseJson(database: Database): JsonObject {
  const tables: JsonObject = {};
  for (const [name, table] of Object.entries(database.tables)) {
    const columns = Object.fromEntries(
      Object.entries(table.columns).map(([c, column]) => [c, specColumnJson(column)]),
    );
    tables[name] = {
      columns,
      ...(table.isRoot ? { isRoot: true } : {}),
      ...(table.maxRows === undefined ? {} : { maxRows: table.maxRows }),
      ...(table.indexes ? { indexes: table.indexes as unknown as Json } : {}),
    };
  }
  const { name, version, cksum } = database;
  return parseDatabaseSchema({ name, version, ...(cksum ? { cksum } : {}), tables }).json;
}

/** The schema of a database that is written down as typed tables, ready for use. */
export function schemaOf(database: Database): DatabaseSchema {
  return parseDatabaseSchema(databaseJson(database));
}

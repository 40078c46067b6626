// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { parseDatum } from "./column-type.js";
import { applyDiff, type Datum, defaultDatum, equalData } from "./datum.js";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./db-schema.js";
import { isComposite } from "./journal-record.js";
import { syntaxError } from "./ovsdb-error.js";
import { ReplicaRow, type RowState, rowClass } from "./replica-row.js";

/** One row that an update changed. */
export interface ReplicaChange {
  readonly table: string;
  readonly type: "insert" | "modify" | "delete";
  readonly row: ReplicaRow;
  readonly columns: ReadonlySet<string>;
}

/** The rows of one table. */
export class ReplicaTable {
  readonly rows = new Map<string, ReplicaRow>();
  readonly #rowClass: new (
    state: RowState,
  ) => ReplicaRow;

  constructor(
    readonly replica: Replica,
    readonly schema: TableSchema,
  ) {
    this.#rowClass = rowClass(schema);
  }

  make(uuid: string, data: Datum[]): ReplicaRow {
    const row = new this.#rowClass({
      replica: this.replica,
      table: this.schema,
      uuid,
      data,
      deleted: false,
      inFlight: new Map(),
      decoded: [],
    });
    this.rows.set(uuid, row);
    return row;
  }
}

function looseDatum(json: Json, column: ColumnSchema): Datum {
  // A server with a newer schema may allow more values; what it stores is not ours to judge.
  const { key, value, min } = column.type;
  const bare = {
    key: { type: key.type },
    value: value && { type: value.type },
    min,
    max: column.type.max,
  };
  return parseDatum(json, bare);
}

/**
 * A copy of (parts of) a database, kept up to date by the updates of a monitor in any of its three
 * notations. Rows keep their identity from insert to delete.
 */
export class Replica {
  readonly tables: ReadonlyMap<string, ReplicaTable>;
  /** Grows with every update: what was decoded from references before may lead elsewhere now. */
  generation = 0;

  constructor(readonly schema: DatabaseSchema) {
    this.tables = new Map(
      [...schema.tables].map(([name, table]) => [name, new ReplicaTable(this, table)]),
    );
  }

  row(table: string, uuid: string): ReplicaRow | undefined {
    return this.tables.get(table)?.rows.get(uuid);
  }

  /** Takes <table-updates> (RFC 7047 §4.1.6) or <table-updates2>; `whole`: all that there is. */
  apply(updates: Json, whole: boolean): ReplicaChange[] {
    if (!isJsonObject(updates)) throw syntaxError(updates, "<table-updates> must be object");
    this.generation++;
    const changes: ReplicaChange[] = [];
    for (const [name, rows] of Object.entries(updates)) {
      const table = this.tables.get(name);
      if (!table) continue;
      if (!isJsonObject(rows)) throw syntaxError(rows, "<table-update> must be object");
      for (const [uuid, update] of Object.entries(rows)) {
        if (!isJsonObject(update)) throw syntaxError(update, "<row-update> must be object");
        const change = this.#applyRow(table, uuid, update);
        if (change) changes.push(change);
      }
    }
    if (whole) this.#dropOthers(updates, changes);
    return changes;
  }

  #applyRow(table: ReplicaTable, uuid: string, update: JsonObject): ReplicaChange | undefined {
    const fresh = update.initial ?? update.insert;
    if (isJsonObject(fresh)) return this.#replace(table, uuid, fresh);
    if (isJsonObject(update.modify)) return this.#modify(table, uuid, update.modify);
    if (update.delete !== undefined) return this.#delete(table, uuid);
    // The notation of `monitor`: the new columns in full, or nothing new.
    if (isJsonObject(update.new)) return this.#replace(table, uuid, update.new);
    return this.#delete(table, uuid);
  }

  #replace(table: ReplicaTable, uuid: string, json: JsonObject): ReplicaChange {
    const data = table.schema.columns.map((column) => {
      const value = json[column.name];
      return value === undefined ? defaultDatum(column.type) : looseDatum(value, column);
    });
    const existing = table.rows.get(uuid);
    if (existing) return this.#assign(table, existing, data);
    const row = table.make(uuid, data);
    const columns = new Set(table.schema.columns.map((column) => column.name));
    return { table: table.schema.name, type: "insert", row, columns };
  }

  #modify(table: ReplicaTable, uuid: string, json: JsonObject): ReplicaChange | undefined {
    const row = table.rows.get(uuid);
    if (!row) return undefined;
    const data = [...ReplicaRow.stateOf(row).data];
    for (const [name, value] of Object.entries(json)) {
      const column = table.schema.column(name);
      if (!column || column.index < 0) continue;
      const datum = looseDatum(value, isComposite(column.type) ? diffColumn(column) : column);
      data[column.index] = isComposite(column.type)
        ? applyDiff(data[column.index] as Datum, datum)
        : datum;
    }
    return this.#assign(table, row, data);
  }

  #assign(table: ReplicaTable, row: ReplicaRow, data: Datum[]): ReplicaChange {
    const state = ReplicaRow.stateOf(row);
    const columns = new Set<string>();
    for (const column of table.schema.columns) {
      const { index } = column;
      if (equalData(state.data[index] as Datum, data[index] as Datum)) continue;
      columns.add(column.name);
      state.decoded[index] = undefined;
    }
    state.data = data;
    return { table: table.schema.name, type: "modify", row, columns };
  }

  #delete(table: ReplicaTable, uuid: string): ReplicaChange | undefined {
    const row = table.rows.get(uuid);
    if (!row) return undefined;
    table.rows.delete(uuid);
    ReplicaRow.stateOf(row).deleted = true;
    const columns = new Set(table.schema.columns.map((column) => column.name));
    return { table: table.schema.name, type: "delete", row, columns };
  }

  #dropOthers(updates: JsonObject, changes: ReplicaChange[]): void {
    for (const [name, table] of this.tables) {
      const present = updates[name];
      for (const uuid of [...table.rows.keys()]) {
        if (isJsonObject(present) && Object.hasOwn(present, uuid)) continue;
        const change = this.#delete(table, uuid);
        if (change) changes.push(change);
      }
    }
  }
}

/** A difference may have any number of elements. */
function diffColumn(column: ColumnSchema): ColumnSchema {
  return { ...column, type: { ...column.type, min: 0, max: Number.POSITIVE_INFINITY } };
}

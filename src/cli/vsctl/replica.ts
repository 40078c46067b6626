// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.js";
import { parseDatum } from "../../ovsdb/column-type.js";
import { applyDiff, type Datum, defaultDatum } from "../../ovsdb/datum.js";
import { StockOrder, stockMemberOrder, uuidHash } from "./stock-order.js";
import type { Column, DatabaseClass, TableClass } from "./table-class.js";

/** A row as the server last told it: column name → value, for the columns that are watched. */
export type ReplicaRow = ReadonlyMap<string, Datum>;

class ReplicaTable {
  readonly rows = new Map<string, ReplicaRow>();
  /** Also has rows that others refer to before they arrive. */
  readonly order = new StockOrder();

  mention(uuid: string): void {
    this.order.add(uuid, uuidHash(uuid));
  }
}

/** Table name → the columns that are watched. */
export type WatchedColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** The watched part of the database, kept up to date by the server's notifications. */
export class Replica {
  readonly #tables = new Map<string, ReplicaTable>();
  #version = 0;

  constructor(
    readonly classes: DatabaseClass,
    private readonly watched: WatchedColumns,
  ) {}

  /** Grows with every update that was applied. */
  get version(): number {
    return this.#version;
  }

  #table(name: string): ReplicaTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new ReplicaTable();
      this.#tables.set(name, table);
    }
    return table;
  }

  /** UUIDs and rows in the order in which they are to be listed. */
  *rows(name: string): Iterable<readonly [uuid: string, row: ReplicaRow]> {
    const { rows, order } = this.#table(name);
    for (const uuid of order) {
      const row = rows.get(uuid);
      if (row !== undefined) yield [uuid, row];
    }
  }

  /**
   * Applies a <table-updates> (RFC 7047 §4.1.6) or a <table-updates2>
   * (ovsdb-server(7) "Monitor Cond").
   */
  apply(updates: Json): void {
    if (!isJsonObject(updates)) return;
    for (const name of stockMemberOrder(Object.keys(updates))) {
      const table = this.classes.get(name);
      const rows = updates[name];
      if (table === undefined || !isJsonObject(rows)) continue;
      for (const uuid of stockMemberOrder(Object.keys(rows))) {
        const update = rows[uuid];
        if (isJsonObject(update)) this.#applyRow(table, uuid, update);
      }
    }
    this.#version++;
  }

  #applyRow(table: TableClass, uuid: string, update: JsonObject): void {
    const values = update.new ?? update.initial ?? update.insert;
    if (isJsonObject(values)) this.#setRow(table, uuid, values);
    else if (isJsonObject(update.modify)) this.#modifyRow(table, uuid, update.modify);
    else {
      const { rows, order } = this.#table(table.name);
      rows.delete(uuid);
      order.delete(uuid);
    }
  }

  /** Columns that `values` lacks keep their value, or have the default if the row is new. */
  #setRow(table: TableClass, uuid: string, values: JsonObject): void {
    const target = this.#table(table.name);
    target.mention(uuid);
    const old = target.rows.get(uuid);
    const row = new Map<string, Datum>();
    for (const name of this.#columns(table)) {
      const column = table.columns.get(name)!;
      const json = values[name];
      const absent = old?.get(name) ?? defaultDatum(column.type);
      const datum = json === undefined ? absent : parseDatum(json, column.type);
      row.set(name, datum);
      this.#mentionReferences(column, datum);
    }
    target.rows.set(uuid, row);
  }

  #modifyRow(table: TableClass, uuid: string, differences: JsonObject): void {
    const target = this.#table(table.name);
    const row = new Map<string, Datum>(target.rows.get(uuid));
    for (const [name, json] of Object.entries(differences)) {
      const column = table.columns.get(name);
      const old = row.get(name);
      if (column === undefined || old === undefined) continue;
      row.set(name, applyDifference(old, json, column));
      this.#mentionReferences(column, row.get(name)!);
    }
    target.rows.set(uuid, row);
  }

  #columns(table: TableClass): readonly string[] {
    return [...(this.watched.get(table.name) ?? [])].sort();
  }

  #mentionReferences({ type }: Column, datum: Datum): void {
    const keys = type.key.refTable;
    const values = type.value?.refTable;
    if (keys !== undefined) for (const uuid of datum.keys) this.#table(keys).mention(String(uuid));
    if (values === undefined) return;
    for (const uuid of datum.values ?? []) this.#table(values).mention(String(uuid));
  }
}

/** A value after a "modify": sets and maps come as the elements that differ, others whole. */
function applyDifference(old: Datum, json: Json, { type }: Column): Datum {
  const difference = parseDatum(json, { ...type, min: 0, max: Number.POSITIVE_INFINITY });
  return type.max === 1 && type.value === undefined ? difference : applyDiff(old, difference);
}

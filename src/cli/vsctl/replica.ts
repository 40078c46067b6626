// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.js";
import { parseDatum } from "../../ovsdb/column-type.js";
import type { Datum } from "../../ovsdb/datum.js";
import type { DatabaseClass, TableClass } from "./table-class.js";

/** A row as the server last told it: column name → value, for the columns that are watched. */
export type ReplicaRow = ReadonlyMap<string, Datum>;

/** The watched part of the database, kept up to date by the server's `update` notifications. */
export class Replica {
  readonly #tables = new Map<string, Map<string, ReplicaRow>>();
  #version = 0;

  constructor(readonly classes: DatabaseClass) {}

  /** Grows with every update that was applied. */
  get version(): number {
    return this.#version;
  }

  /** UUID → row. */
  rows(table: string): ReadonlyMap<string, ReplicaRow> {
    return this.#tables.get(table) ?? new Map();
  }

  /** Applies a <table-updates>, RFC 7047 §4.1.6. */
  apply(updates: Json): void {
    if (!isJsonObject(updates)) return;
    for (const [name, rows] of Object.entries(updates)) {
      const table = this.classes.get(name);
      if (table === undefined || !isJsonObject(rows)) continue;
      for (const [uuid, update] of Object.entries(rows)) {
        if (isJsonObject(update)) this.#applyRow(table, uuid, update);
      }
    }
    this.#version++;
  }

  #applyRow(table: TableClass, uuid: string, update: JsonObject): void {
    let rows = this.#tables.get(table.name);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table.name, rows);
    }
    if (!isJsonObject(update.new)) {
      rows.delete(uuid);
      return;
    }
    const row = new Map<string, Datum>(rows.get(uuid));
    for (const [name, json] of Object.entries(update.new)) {
      const column = table.columns.get(name);
      if (column !== undefined) row.set(name, parseDatum(json, column.type));
    }
    rows.set(uuid, row);
  }
}

// SPDX-License-Identifier: Apache-2.0
import { generateUuid } from "./atom.js";
import type { Database } from "./database.js";
import { type Datum, equalData } from "./datum.js";
import type { ColumnSchema } from "./db-schema.js";
import { checkIndexes } from "./index-check.js";
import { constraintViolation } from "./ovsdb-error.js";
import { assessWeakRefs, collectGarbage, forgetWeakSource, updateRefCounts } from "./references.js";
import { DbRow, type RowData } from "./row.js";
import type { Table } from "./table.js";

/** What a transaction did to one row. */
export interface RowChange {
  readonly row: DbRow;
  /** Undefined for a row that the transaction inserted. */
  readonly before: RowData | undefined;
  /** Undefined for a row that the transaction deleted. */
  after: RowData | undefined;
  readonly versionBefore: string;
  readonly strongRefsBefore: number;
}

/** The columns in which a modified row differs from what it was. */
export function changedColumns(change: RowChange): ColumnSchema[] {
  const { before, after } = change;
  const { columns } = change.row.table.schema;
  if (!before || !after) return [...columns];
  return columns.filter((c) => !equalData(before[c.index] as Datum, after[c.index] as Datum));
}

/**
 * Changes to a database that happen all together or not at all. They are made in place, so that
 * later operations of the transaction see them, and are undone by `abort`.
 */
export class DbTransaction {
  readonly #changes = new Map<DbRow, RowChange>();
  /** Weak references gained, by the referring row; recorded on commit only. */
  readonly weakAdded: [source: DbRow, target: DbRow][] = [];
  readonly comments: string[] = [];

  constructor(readonly db: Database) {}

  /** The rows touched so far, in order of first touch. More may join while iterating. */
  get changes(): Iterable<RowChange> {
    return this.#changes.values();
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** Enters a row into the transaction, without changing it yet. */
  touch(row: DbRow): RowChange {
    if (row.change) return row.change;
    const change: RowChange = {
      row,
      before: row.data,
      after: row.data,
      versionBefore: row.version,
      strongRefsBefore: row.strongRefs,
    };
    row.change = change;
    this.#changes.set(row, change);
    return change;
  }

  insert(table: Table, uuid: string, data: RowData): DbRow {
    const row = new DbRow(table, uuid, data);
    const change: RowChange = {
      row,
      before: undefined,
      after: data,
      versionBefore: row.version,
      strongRefsBefore: 0,
    };
    row.change = change;
    this.#changes.set(row, change);
    table.rows.set(uuid, row);
    return row;
  }

  /** Gives a row other data. */
  modify(row: DbRow, data: RowData): void {
    this.touch(row).after = data;
    row.data = data;
  }

  delete(row: DbRow): void {
    const change = this.touch(row);
    row.table.rows.delete(row.uuid);
    change.after = undefined;
    if (change.before === undefined) this.#forget(change);
  }

  /** Whether an insert may use this UUID: neither there nor deleted by this transaction. */
  mayCreate(table: Table, uuid: string): boolean {
    if (table.rows.has(uuid)) return false;
    for (const { row } of this.#changes.values()) {
      if (row.table === table && row.uuid === uuid) return false;
    }
    return true;
  }

  #forget(change: RowChange): void {
    change.row.change = undefined;
    this.#changes.delete(change.row);
  }

  /**
   * Checks that what the transaction made is consistent, drops what is unreferenced, and stamps
   * versions. Throws OvsdbError, after which only `abort` is allowed.
   */
  prepare(): void {
    for (const change of this.#changes.values()) this.#dropUnchanged(change);
    if (this.isEmpty) return;
    updateRefCounts(this);
    collectGarbage(this);
    this.#checkMaxRows();
    assessWeakRefs(this);
    checkIndexes(this);
    for (const change of this.#changes.values()) {
      const { before, after, row } = change;
      if (before && after && before !== after) row.version = generateUuid();
    }
  }

  #dropUnchanged(change: RowChange): void {
    const { before, after, row } = change;
    if (!before || !after) return;
    if (before.every((datum, i) => equalData(datum, after[i] as Datum))) {
      row.data = before;
      this.#forget(change);
    }
  }

  #checkMaxRows(): void {
    const tables = new Set([...this.#changes.values()].map((change) => change.row.table));
    for (const { rows, schema } of tables) {
      if (rows.size <= schema.maxRows) continue;
      throw constraintViolation(
        `transaction causes "${schema.name}" table to contain ${rows.size} rows, ` +
          `greater than the schema-defined limit of ${schema.maxRows} row(s)`,
      );
    }
  }

  /** Makes the prepared changes final. Returns those that really are changes. */
  commit(): RowChange[] {
    const done: RowChange[] = [];
    for (const [source, target] of this.weakAdded) target.weakSources.add(source);
    for (const change of this.#changes.values()) {
      const { row, before, after } = change;
      row.change = undefined;
      if (before === undefined && after === undefined) continue;
      if (before === after) continue;
      row.table.reindex(row, before, after);
      if (!after) forgetWeakSource(this.db, change);
      done.push(change);
    }
    this.#changes.clear();
    return done;
  }

  /** Puts everything back. */
  abort(): void {
    for (const { row, before, versionBefore, strongRefsBefore } of this.#changes.values()) {
      row.change = undefined;
      row.strongRefs = strongRefsBefore;
      row.version = versionBefore;
      if (before === undefined) {
        row.table.rows.delete(row.uuid);
      } else {
        row.data = before;
        row.table.rows.set(row.uuid, row);
      }
    }
    this.#changes.clear();
  }
}

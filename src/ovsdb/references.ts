// SPDX-License-Identifier: Apache-2.0
import { type Atom, ZERO_UUID } from "./atom.js";
import { type BaseType, isStrongRef, isWeakRef } from "./base-type.js";
import { hasStrongRefs, hasWeakRefs } from "./column-type.js";
import type { Database } from "./database.js";
import type { Datum } from "./datum.js";
import type { ColumnSchema } from "./db-schema.js";
import { constraintViolation, OvsdbError } from "./ovsdb-error.js";
import type { DbRow } from "./row.js";
import type { Table } from "./table.js";
import type { DbTransaction, RowChange } from "./transaction.js";

/** The table that a strong or weak reference leads to; a schema has no dangling ones. */
function targetTable(db: Database, base: BaseType): Table {
  return db.tables.get(base.refTable as string) as Table;
}

/** Keys that are in `a` and not in `b`; both sorted, as all data are. */
function missingFrom(a: readonly Atom[], b: readonly Atom[] | undefined): Iterable<Atom> {
  if (!b || b.length === 0) return a;
  const other = new Set(b);
  return a.filter((atom) => !other.has(atom));
}

type Visit = (table: Table, uuid: string, column: ColumnSchema) => void;

/**
 * Visits the strong references that are in `data` and not in `other`. Values of maps may repeat,
 * and each pair counts, so for them all pairs are visited on both sides of a change.
 */
function visitStrong(
  txn: DbTransaction,
  change: RowChange,
  data: readonly Datum[],
  other: readonly Datum[] | undefined,
  visit: Visit,
): void {
  const { row } = change;
  for (const column of row.table.schema.columns) {
    const { key, value } = column.type;
    const datum = data[column.index] as Datum;
    if (!hasStrongRefs(column.type) || datum === other?.[column.index]) continue;
    if (isStrongRef(key)) {
      for (const uuid of missingFrom(datum.keys, other?.[column.index]?.keys)) {
        if (uuid !== row.uuid) visit(targetTable(txn.db, key), uuid as string, column);
      }
    }
    if (value && isStrongRef(value)) {
      for (const uuid of datum.values ?? []) {
        if (uuid !== row.uuid) visit(targetTable(txn.db, value), uuid as string, column);
      }
    }
  }
}

/** The row of a reference, entered into the transaction; deleted ones count too. */
function touchTarget(
  txn: DbTransaction,
  deleted: ReadonlyMap<string, DbRow>,
  table: Table,
  uuid: string,
) {
  const row = table.rows.get(uuid) ?? deleted.get(`${table.schema.name} ${uuid}`);
  if (row) txn.touch(row);
  return row;
}

/**
 * Counts the strong references that the transaction adds and removes.
 * Throws when one leads nowhere, or when a deleted row is still referred to (RFC 7047 §3.2).
 */
export function updateRefCounts(txn: DbTransaction): void {
  const deleted = new Map<string, DbRow>();
  for (const { row, after } of txn.changes) {
    if (!after) deleted.set(`${row.table.schema.name} ${row.uuid}`, row);
  }
  for (const change of [...txn.changes]) {
    const { row, before, after } = change;
    if (before) {
      visitStrong(txn, change, before, after, (table, uuid) => {
        const target = touchTarget(txn, deleted, table, uuid);
        if (target) target.strongRefs--;
      });
    }
    if (!after) continue;
    visitStrong(txn, change, after, before, (table, uuid, column) => {
      const target = touchTarget(txn, deleted, table, uuid);
      if (target) target.strongRefs++;
      else throw danglingReference(row, uuid, table, column);
    });
  }
  for (const { row, after } of txn.changes) {
    if (after || row.strongRefs === 0) continue;
    throw new OvsdbError(
      "referential integrity violation",
      `cannot delete ${row.table.schema.name} row ${row.uuid} because of ` +
        `${row.strongRefs} remaining reference(s)`,
    );
  }
}

function danglingReference(
  row: DbRow,
  uuid: string,
  table: Table,
  column: ColumnSchema,
): OvsdbError {
  return new OvsdbError(
    "referential integrity violation",
    `Table ${row.table.schema.name} column ${column.name} row ${row.uuid} ` +
      `references nonexistent row ${uuid} in table ${table.schema.name}.`,
  );
}

/** Deletes touched rows of non-root tables to which nothing refers, and what that sets free. */
export function collectGarbage(txn: DbTransaction): void {
  const candidates = [...txn.changes];
  for (let change = candidates.pop(); change; change = candidates.pop()) {
    const { row, after } = change;
    if (!after || row.strongRefs > 0 || row.table.schema.isRoot) continue;
    visitStrong(txn, change, after, undefined, (table, uuid) => {
      const target = table.rows.get(uuid);
      if (!target) return;
      const touched = txn.touch(target);
      target.strongRefs--;
      candidates.push(touched);
    });
    txn.delete(row);
  }
}

/** The elements of a weak column whose rows exist, and whether one of the others was all zeros. */
function liveElements(txn: DbTransaction, datum: Datum, column: ColumnSchema) {
  const { key, value } = column.type;
  const keyTable = isWeakRef(key) ? targetTable(txn.db, key) : undefined;
  const valueTable = value && isWeakRef(value) ? targetTable(txn.db, value) : undefined;
  let zero = false;
  const live = datum.keys.map((_, i) => {
    const k = datum.keys[i] as string;
    const v = datum.values?.[i] as string;
    const dead =
      (keyTable && !keyTable.rows.has(k) ? k : undefined) ??
      (valueTable && !valueTable.rows.has(v) ? v : undefined);
    if (dead === ZERO_UUID) zero = true;
    return dead === undefined;
  });
  return { live, zero };
}

/** The rows to which a weak column leads. */
function* weakTargets(db: Database, datum: Datum, { type }: ColumnSchema): Generator<DbRow> {
  const sides = [
    [type.key, datum.keys],
    [type.value, datum.values ?? []],
  ] as const;
  for (const [base, atoms] of sides) {
    if (!base || !isWeakRef(base)) continue;
    const { rows } = targetTable(db, base);
    for (const uuid of atoms) {
      const target = rows.get(uuid as string);
      if (target) yield target;
    }
  }
}

/** A deleted row refers to nothing any more. */
export function forgetWeakSource(db: Database, change: RowChange): void {
  const { row, before } = change;
  for (const column of row.table.schema.columns) {
    if (!hasWeakRefs(column.type)) continue;
    const datum = before?.[column.index] as Datum;
    for (const target of weakTargets(db, datum, column)) target.weakSources.delete(row);
  }
}

function emptiedError(
  change: RowChange,
  column: ColumnSchema,
  lost: number,
  zero: boolean,
): OvsdbError {
  const { row, before } = change;
  const table = row.table.schema.name;
  if (zero && !before) {
    return constraintViolation(
      `Weak reference column "${column.name}" in "${table}" row ${row.uuid} ` +
        "(inserted within this transaction) contained all-zeros UUID (probably as the default " +
        "value for this column) but deleting this value caused a constraint volation because " +
        "this column is not allowed to be empty.",
    );
  }
  return constraintViolation(
    `Deletion of ${lost} weak reference(s) to deleted (or never-existing) rows from column ` +
      `"${column.name}" in "${table}" row ${row.uuid} ` +
      `${before ? "" : "(inserted within this transaction) "}caused this column to become empty, ` +
      "but constraints on this column disallow an empty column.",
  );
}

function reviseRow(txn: DbTransaction, change: RowChange): void {
  for (const column of change.row.table.schema.columns) {
    if (!hasWeakRefs(column.type) || !change.after) continue;
    const datum = change.after[column.index] as Datum;
    const { live, zero } = liveElements(txn, datum, column);
    const lost = live.filter((ok) => !ok).length;
    if (lost > 0) {
      const keys = datum.keys.filter((_, i) => live[i]);
      const values = datum.values?.filter((_, i) => live[i]);
      const data = [...change.after];
      data[column.index] = { keys, values };
      txn.modify(change.row, data);
      if (keys.length < column.type.min) throw emptiedError(change, column, lost, zero);
    }
    for (const target of weakTargets(txn.db, change.after[column.index] as Datum, column)) {
      if (target !== change.row) txn.weakAdded.push([change.row, target]);
    }
  }
}

/**
 * Removes weak references to rows that the transaction deleted (or that never existed), in every
 * row that has some. Throws when that empties a column that must not be empty.
 */
export function assessWeakRefs(txn: DbTransaction): void {
  for (const { row, after } of [...txn.changes]) {
    if (after) continue;
    for (const source of row.weakSources) {
      if (source.table.rows.get(source.uuid) === source) txn.touch(source);
    }
  }
  for (const change of txn.changes) reviseRow(txn, change);
}

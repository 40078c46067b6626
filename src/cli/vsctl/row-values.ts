// SPDX-License-Identifier: Apache-2.0
/** Plain values of a row's columns, for commands that know the schema. */
import type { Atom } from "../../ovsdb/atom.js";
import { EMPTY_MAP, EMPTY_SET, sortDatum } from "../../ovsdb/datum.js";
import type { Row, Transaction } from "./transaction.js";

/** The only value of a column, or undefined. */
export function textOf(row: Row, column: string): string | undefined {
  const value = row.read(column).keys[0];
  return value === undefined ? undefined : String(value);
}

export function numberOf(row: Row, column: string): number | undefined {
  const value = row.read(column).keys[0];
  return value === undefined ? undefined : Number(value);
}

export function flagOf(row: Row, column: string): boolean {
  return row.read(column).keys[0] === true;
}

/** The rows of `table` that a column refers to. */
export function referencesOf(txn: Transaction, row: Row, column: string, table: string): Row[] {
  return row
    .read(column)
    .keys.map((uuid) => txn.row(table, uuid as string))
    .filter((target) => target !== undefined);
}

/** A map of strings. */
export function mapOf(row: Row, column: string): Map<string, string> {
  const { keys, values } = row.read(column);
  return new Map(keys.map((key, i) => [String(key), String(values![i])]));
}

/** Writes a set in the order of the database; several equal values count once. */
export function writeSet(row: Row, column: string, ...values: readonly Atom[]): void {
  row.write(column, sortDatum([...new Set(values)], undefined).datum);
}

export function writeReferences(row: Row, column: string, targets: readonly Row[]): void {
  writeSet(row, column, ...targets.map((target) => target.uuid));
}

export function writeMap(row: Row, column: string, map: ReadonlyMap<Atom, Atom>): void {
  row.write(column, sortDatum([...map.keys()], [...map.values()]).datum);
}

/** Empties a set or map. */
export function writeEmpty(row: Row, column: string): void {
  const isMap = row.table.columns.get(column)!.type.value !== undefined;
  row.write(column, isMap ? EMPTY_MAP : EMPTY_SET);
}

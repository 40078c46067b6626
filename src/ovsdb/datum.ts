// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../lib/json.js";
import { type Atom, type AtomicType, atomToJson, compareAtoms, defaultAtom } from "./atom.js";

/**
 * The value of a column: a scalar is a set of one, an absent optional a set of none. Keys are in
 * order (compareAtoms) without duplicates; `values` belong to them pairwise, for maps only.
 * Never modified once made, so rows and replicas share it.
 */
export interface Datum {
  readonly keys: readonly Atom[];
  readonly values: readonly Atom[] | undefined;
}

/** The part of a column's type that says how its values look. */
export interface DatumType {
  readonly key: { readonly type: AtomicType };
  readonly value: { readonly type: AtomicType } | undefined;
  readonly min: number;
  /** Infinity for "unlimited". */
  readonly max: number;
}

export const EMPTY_SET: Datum = { keys: [], values: undefined };
export const EMPTY_MAP: Datum = { keys: [], values: [] };

export function isScalar(type: DatumType): boolean {
  return type.min === 1 && type.max === 1 && type.value === undefined;
}

export function isOptional(type: DatumType): boolean {
  return type.min === 0 && type.max === 1;
}

/** What a column holds when a row is inserted without a value for it (RFC 7047 §5.2.1). */
export function defaultDatum(type: DatumType): Datum {
  if (type.min === 0) return type.value ? EMPTY_MAP : EMPTY_SET;
  const keys = [defaultAtom(type.key.type)];
  return { keys, values: type.value ? [defaultAtom(type.value.type)] : undefined };
}

/** Three-way comparison in the order in which the stock server sorts rows. */
export function compareData(a: Datum, b: Datum): number {
  if (a.keys.length !== b.keys.length) return a.keys.length - b.keys.length;
  const keys = compareLists(a.keys, b.keys);
  if (keys !== 0 || !a.values || !b.values) return keys;
  return compareLists(a.values, b.values);
}

function compareLists(a: readonly Atom[], b: readonly Atom[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareAtoms(a[i] as Atom, b[i] as Atom);
    if (order !== 0) return order;
  }
  return 0;
}

function sameAtoms(a: readonly Atom[], b: readonly Atom[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function equalData(a: Datum, b: Datum): boolean {
  if (a === b) return true;
  if (!sameAtoms(a.keys, b.keys)) return false;
  return !a.values || !b.values ? a.values === b.values : sameAtoms(a.values, b.values);
}

/** Where `key` is among sorted `keys`, or -1. */
export function findKey(keys: readonly Atom[], key: Atom): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compareAtoms(keys[middle] as Atom, key);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Sorts keys (and the values with them); `duplicate` tells of equal keys. */
export function sortDatum(
  keys: readonly Atom[],
  values: readonly Atom[] | undefined,
): { readonly datum: Datum; readonly duplicate: boolean } {
  if (isSorted(keys)) return { datum: { keys, values }, duplicate: false };
  const order = keys.map((_, i) => i);
  order.sort((i, j) => compareAtoms(keys[i] as Atom, keys[j] as Atom));
  const sortedKeys = order.map((i) => keys[i] as Atom);
  const sortedValues = values ? order.map((i) => values[i] as Atom) : undefined;
  const duplicate = sortedKeys.some((key, i) => i > 0 && key === sortedKeys[i - 1]);
  return { datum: { keys: sortedKeys, values: sortedValues }, duplicate };
}

function isSorted(keys: readonly Atom[]): boolean {
  for (let i = 1; i < keys.length; i++) {
    if (compareAtoms(keys[i - 1] as Atom, keys[i] as Atom) >= 0) return false;
  }
  return true;
}

/** `a` plus what `b` has beyond it; for keys in both, `replace` takes b's value, else a's stays. */
export function unionData(a: Datum, b: Datum, replace: boolean): Datum {
  if (b.keys.length === 0) return a;
  const keys: Atom[] = [];
  const values: Atom[] | undefined = a.values ? [] : undefined;
  let i = 0;
  let j = 0;
  const take = (from: Datum, at: number): void => {
    keys.push(from.keys[at] as Atom);
    values?.push(from.values?.[at] as Atom);
  };
  while (i < a.keys.length || j < b.keys.length) {
    const order =
      i === a.keys.length
        ? 1
        : j === b.keys.length
          ? -1
          : compareAtoms(a.keys[i] as Atom, b.keys[j] as Atom);
    if (order === 0) take(replace ? b : a, replace ? j : i);
    else take(order < 0 ? a : b, order < 0 ? i : j);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return { keys, values };
}

/** `a` without the keys of `b`; where `b` has values too, only pairs that agree go. */
export function subtractData(a: Datum, b: Datum): Datum {
  const keys: Atom[] = [];
  const values: Atom[] | undefined = a.values ? [] : undefined;
  for (let i = 0; i < a.keys.length; i++) {
    const at = findKey(b.keys, a.keys[i] as Atom);
    if (at >= 0 && (!a.values || !b.values || a.values[i] === b.values[at])) continue;
    keys.push(a.keys[i] as Atom);
    values?.push(a.values?.[i] as Atom);
  }
  return keys.length === a.keys.length ? a : { keys, values };
}

/** Whether every element (pair) of `a` is in `b`. */
export function includesAll(a: Datum, b: Datum): boolean {
  return a.keys.every((key, i) => {
    const at = findKey(b.keys, key);
    return at >= 0 && (!a.values || a.values[i] === b.values?.[at]);
  });
}

/** Whether no element (pair) of `a` is in `b`. */
export function excludesAll(a: Datum, b: Datum): boolean {
  return a.keys.every((key, i) => {
    const at = findKey(b.keys, key);
    return at < 0 || (a.values !== undefined && a.values[i] !== b.values?.[at]);
  });
}

/**
 * The difference of two sets or maps as <update2> sends it: elements in only one of them; for
 * maps, pairs whose value changed carry the value of `to`, removed pairs the one of `from`.
 */
export function diffData(from: Datum, to: Datum): Datum {
  const gone = subtractData(from, { keys: to.keys, values: undefined });
  const fresh = subtractData(to, from);
  return unionData(gone, fresh, true);
}

/** Undoes diffData: what `from` becomes by `diff`. */
export function applyDiff(from: Datum, diff: Datum): Datum {
  const kept = subtractData(from, { keys: diff.keys, values: undefined });
  const fresh = subtractData(diff, from);
  return unionData(kept, fresh, true);
}

/** RFC 7047 §5.1 <value>: an atom, ["set", …] or ["map", …]. */
export function datumToJson(datum: Datum, type: DatumType): Json {
  const { keys, values } = datum;
  if (type.value && values) {
    const valueType = type.value.type;
    const pairs = keys.map((key, i) => [
      atomToJson(key, type.key.type),
      atomToJson(values[i] as Atom, valueType),
    ]);
    return ["map", pairs];
  }
  if (keys.length === 1) return atomToJson(keys[0] as Atom, type.key.type);
  return ["set", keys.map((key) => atomToJson(key, type.key.type))];
}

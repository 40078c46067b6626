// SPDX-License-Identifier: Apache-2.0
import { assert } from "../lib/errors.js";
import type { Json } from "../lib/json.js";
import { type Atom, atomToJson, canonicalInteger } from "./atom.js";
import type { BaseType } from "./base-type.js";
import { type Datum, datumToJson, sortDatum } from "./datum.js";
import type { ColumnSchema } from "./db-schema.js";
import { ReplicaRow } from "./replica-row.js";
import type { NewRow } from "./schema/rows.js";

/** A value ready to be sent. */
export interface EncodedValue {
  readonly json: Json;
  /** The same for comparing; undefined when rows that do not exist yet are in it. */
  readonly datum: Datum | undefined;
}

function isNewRow(value: unknown): value is NewRow<string> {
  return typeof value === "object" && value !== null && "uuidName" in value;
}

function encodeAtom(value: unknown, base: BaseType): Atom {
  if (value instanceof ReplicaRow) return value._uuid;
  if (base.type === "integer") {
    assert(typeof value === "bigint" || Number.isInteger(value), `${String(value)} is an integer`);
    return canonicalInteger(BigInt(value as number | bigint));
  }
  if (base.type === "uuid") return (value as string).toLowerCase();
  return value as Atom;
}

/** The elements of whatever may be written to a set or a map: [value] or [key, value]. */
function elements(value: unknown, column: ColumnSchema): unknown[][] {
  if (value === undefined || value === null) return [];
  if (column.type.value) {
    const isIterable = typeof (value as Iterable<unknown>)[Symbol.iterator] === "function";
    return isIterable ? [...(value as Iterable<unknown[]>)] : Object.entries(value as object);
  }
  return column.type.max === 1
    ? [[value]]
    : [...(value as Iterable<unknown>)].map((each) => [each]);
}

function elementJson(value: unknown, base: BaseType): Json {
  if (isNewRow(value)) return ["named-uuid", value.uuidName];
  return atomToJson(encodeAtom(value, base), base.type);
}

/** Encodes what a user gives for a column: plain values, rows, new rows, iterables, records. */
export function encodeValue(value: unknown, column: ColumnSchema): EncodedValue {
  const { key, value: valueType } = column.type;
  const list = elements(value, column);
  if (list.some((element) => element.some(isNewRow))) {
    const json = list.map(([k, v]) =>
      valueType ? [elementJson(k, key), elementJson(v, valueType)] : elementJson(k, key),
    );
    return { json: [valueType ? "map" : "set", json], datum: undefined };
  }
  const keys = list.map(([k]) => encodeAtom(k, key));
  const values = valueType && list.map(([, v]) => encodeAtom(v, valueType));
  const { datum, duplicate } = sortDatum(keys, values);
  const unique = duplicate ? withoutDuplicates(datum) : datum;
  return { json: datumToJson(unique, column.type), datum: unique };
}

function withoutDuplicates({ keys, values }: Datum): Datum {
  const isFirst = (_: Atom, i: number): boolean => i === 0 || keys[i] !== keys[i - 1];
  return { keys: keys.filter(isFirst), values: values?.filter((_, i) => isFirst(_, i)) };
}

/** Encodes elements to be removed: members of a set, or keys of a map. */
export function encodeKeys(keys: Iterable<unknown>, column: ColumnSchema): Json {
  return ["set", [...keys].map((key) => elementJson(key, column.type.key))];
}

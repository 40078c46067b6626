// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import type { Atom } from "./atom.js";
import {
  type BaseType,
  baseTypeToJson,
  checkAtom,
  isStrongRef,
  isWeakRef,
  parseBaseType,
} from "./base-type.js";
import { type Datum, EMPTY_MAP, EMPTY_SET, isScalar, sortDatum } from "./datum.js";
import { ObjectParser } from "./object-parser.js";
import { OvsdbError, syntaxError } from "./ovsdb-error.js";
import { isSetJson, type NamedUuids, parseAtomUnchecked, unwrapList } from "./value-parser.js";

/** The type of a column, RFC 7047 §3.2 <type>. */
export interface ColumnType {
  readonly key: BaseType;
  readonly value: BaseType | undefined;
  readonly min: number;
  /** Infinity for "unlimited". */
  readonly max: number;
}

const UINT_MAX = 4294967295;

function parseCount(json: Json | undefined, fallback: number): number {
  if (json === undefined) return fallback;
  if (typeof json === "number" && Number.isInteger(json) && json >= 0 && json < UINT_MAX)
    return json;
  throw syntaxError(json, "bad min or max value");
}

export function parseColumnType(json: Json): ColumnType {
  if (typeof json === "string")
    return { key: parseBaseType(json), value: undefined, min: 1, max: 1 };
  if (!isJsonObject(json)) throw syntaxError(json, "ovsdb type expected");
  const parser = new ObjectParser(json, "ovsdb type");
  const keyJson = parser.required("key", "string", "object");
  const valueJson = parser.optional("value", "string", "object");
  const minJson = parser.optional("min", "integer");
  const maxJson = parser.optional("max", "integer", "string");
  parser.finish();
  const key = parseBaseType(keyJson);
  const value = valueJson === undefined ? undefined : parseBaseType(valueJson);
  const min = parseCount(minJson, 1);
  const max = maxJson === "unlimited" ? Number.POSITIVE_INFINITY : parseCount(maxJson, 1);
  if (min > 1 || min > max) throw syntaxError(json, "ovsdb type fails constraint checks");
  return { key, value, min, max };
}

export function columnTypeToJson(type: ColumnType): Json {
  const key = baseTypeToJson(type.key);
  if (isScalar(type) && typeof key === "string") return key;
  const json: JsonObject = { key };
  if (type.value) json.value = baseTypeToJson(type.value);
  if (type.min !== 1) json.min = type.min;
  if (type.max === Number.POSITIVE_INFINITY) json.max = "unlimited";
  else if (type.max !== 1) json.max = type.max;
  return json;
}

/** The type in English, as messages name it: "set of up to 3 integers". */
export function columnTypeText(type: ColumnType): string {
  if (isScalar(type)) return type.key.type;
  const kind = type.value ? "map" : "set";
  const most = type.max === Number.POSITIVE_INFINITY;
  const count = most
    ? type.min > 0
      ? `of ${type.min} or more`
      : "of"
    : type.min > 0
      ? `of ${type.min} to ${type.max}`
      : `of up to ${type.max}`;
  const what = type.value ? `(${type.key.type}, ${type.value.type}) pairs` : `${type.key.type}s`;
  return `${kind} ${count} ${what}`;
}

export function hasStrongRefs(type: ColumnType): boolean {
  return isStrongRef(type.key) || isStrongRef(type.value);
}

export function hasWeakRefs(type: ColumnType): boolean {
  return isWeakRef(type.key) || isWeakRef(type.value);
}

function parseChecked(json: Json, base: BaseType, names: NamedUuids | undefined): Atom {
  const atom = parseAtomUnchecked(json, base.type, names);
  checkAtom(atom, base);
  return atom;
}

function checkCount(json: Json, type: ColumnType, count: number): void {
  if (count >= type.min && count <= type.max) return;
  const kind = type.value ? "map" : "set";
  if (type.min === 1 && type.max === 1) {
    throw syntaxError(json, `${kind} must have exactly one member but ${count} are present`);
  }
  const max = Math.min(type.max, UINT_MAX);
  throw syntaxError(
    json,
    `${kind} must have ${type.min} to ${max} members but ${count} are present`,
  );
}

/**
 * RFC 7047 §5.1 <value> of a column of this type, constraints included.
 * `names` allows ["named-uuid", …]. Throws OvsdbError.
 */
export function parseDatum(json: Json, type: ColumnType, names?: NamedUuids): Datum {
  if (type.value === undefined && !isSetJson(json)) {
    return { keys: [parseChecked(json, type.key, names)], values: undefined };
  }
  const list = unwrapList(json, type.value ? "map" : "set");
  checkCount(json, type, list.length);
  if (list.length === 0) return type.value ? EMPTY_MAP : EMPTY_SET;
  const keys: Atom[] = [];
  const values: Atom[] | undefined = type.value ? [] : undefined;
  for (const element of list) {
    if (type.value && values) {
      if (!Array.isArray(element) || element.length !== 2) {
        throw syntaxError(element, "expected 2-element array");
      }
      keys.push(parseChecked(element[0] as Json, type.key, names));
      values.push(parseChecked(element[1] as Json, type.value, names));
    } else {
      keys.push(parseChecked(element, type.key, names));
    }
  }
  const { datum, duplicate } = sortDatum(keys, values);
  if (duplicate) {
    const what = type.value ? "map contains duplicate key" : "set contains duplicate";
    throw new OvsdbError("ovsdb error", what);
  }
  return datum;
}

/** Throws unless every atom of the datum is allowed by the type. */
export function checkDatum(datum: Datum, type: ColumnType): void {
  for (const key of datum.keys) checkAtom(key, type.key);
  if (type.value && datum.values) for (const value of datum.values) checkAtom(value, type.value);
}

// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonObject, printReal } from "../lib/json.js";
import { ATOMIC_TYPES, type Atom, type AtomicType, atomToJson, atomToText } from "./atom.js";
import { ObjectParser } from "./object-parser.js";
import { constraintViolation, syntaxError } from "./ovsdb-error.js";
import { parseAtomUnchecked, parseSet } from "./value-parser.js";

/** A base type, RFC 7047 §3.2 <base-type>: an atomic type and what values of it are allowed. */
export interface BaseType {
  readonly type: AtomicType;
  /** In order. */
  readonly enum?: readonly Atom[];
  /** Limits of integers and reals. */
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  /** Lengths of strings, in characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly refTable?: string;
  readonly refType?: "strong" | "weak";
}

export function isStrongRef(base: BaseType | undefined): boolean {
  return base?.refTable !== undefined && base.refType !== "weak";
}

export function isWeakRef(base: BaseType | undefined): boolean {
  return base?.refTable !== undefined && base.refType === "weak";
}

const UINT_MAX = 4294967295;

function parseAtomicType(json: Json): AtomicType {
  const type = ATOMIC_TYPES.find((known) => known === json);
  if (type) return type;
  if (typeof json !== "string") throw syntaxError(json, "atomic-type expected");
  throw syntaxError(json, `"${json}" is not an atomic-type`, "unknown type");
}

function parseLength(parser: ObjectParser, name: string): number | undefined {
  const value = parser.optional(name, "integer");
  if (value !== undefined && (value < 0 || value > UINT_MAX)) {
    throw syntaxError(value, `${name} out of valid range 0 to ${UINT_MAX}`);
  }
  return value as number | undefined;
}

function parseLimits(parser: ObjectParser, type: AtomicType): Partial<BaseType> {
  if (type === "integer" || type === "real") {
    const suffix = type === "integer" ? "Integer" : "Real";
    const kind = type === "integer" ? "integer" : "number";
    const min = parser.optional(`min${suffix}`, kind);
    const max = parser.optional(`max${suffix}`, kind);
    if (min !== undefined && max !== undefined && min > max) {
      throw syntaxError(parser.json, `min${suffix} exceeds max${suffix}`);
    }
    return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  }
  if (type === "string") {
    const minLength = parseLength(parser, "minLength");
    const maxLength = parseLength(parser, "maxLength");
    if ((minLength ?? 0) > (maxLength ?? UINT_MAX)) {
      throw syntaxError(parser.json, "minLength exceeds maxLength");
    }
    return {
      ...(minLength === undefined ? {} : { minLength }),
      ...(maxLength === undefined ? {} : { maxLength }),
    };
  }
  return type === "uuid" ? parseReference(parser) : {};
}

function parseReference(parser: ObjectParser): Partial<BaseType> {
  const refTable = parser.optional("refTable", "id");
  if (refTable === undefined) return {};
  const refType = parser.optional("refType", "string");
  if (refType !== undefined && refType !== "strong" && refType !== "weak") {
    throw syntaxError(parser.json, `refType must be "strong" or "weak" (not "${refType}")`);
  }
  return refType === "weak" ? { refTable, refType } : { refTable };
}

export function parseBaseType(json: Json): BaseType {
  if (typeof json === "string") return { type: parseAtomicType(json) };
  const parser = new ObjectParser(json, "ovsdb type");
  const type = parseAtomicType(parser.required("type", "string"));
  const enumJson = parser.optional("enum", "any");
  if (enumJson !== undefined) {
    const values = parseSet(enumJson, (atom) => parseAtomUnchecked(atom, type));
    parser.finish();
    return { type, enum: values };
  }
  const limits = parseLimits(parser, type);
  parser.finish();
  return { type, ...limits };
}

export function baseTypeToJson(base: BaseType): Json {
  const { type, enum: values, min, max, minLength, maxLength, refTable, refType } = base;
  const json: JsonObject = { type };
  const suffix = type === "integer" ? "Integer" : "Real";
  if (values) {
    const atoms = values.map((atom) => atomToJson(atom, type));
    json.enum = atoms.length === 1 ? (atoms[0] as Json) : ["set", atoms];
  }
  if (min !== undefined) json[`min${suffix}`] = min;
  if (max !== undefined) json[`max${suffix}`] = max;
  if (minLength !== undefined) json.minLength = minLength;
  if (maxLength !== undefined) json.maxLength = maxLength;
  if (refTable !== undefined) json.refTable = refTable;
  if (refType === "weak") json.refType = refType;
  return Object.keys(json).length === 1 ? type : json;
}

function checkNumber(value: number | bigint, base: BaseType): void {
  const { min, max } = base;
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return;
  const print = (n: number | bigint): string =>
    base.type === "real" ? printReal(Number(n)) : String(n);
  if (min !== undefined && max !== undefined) {
    throw constraintViolation(
      `${print(value)} is not in the valid range ${print(min)} to ${print(max)} (inclusive)`,
    );
  }
  throw constraintViolation(
    min !== undefined
      ? `${print(value)} is less than minimum allowed value ${print(min)}`
      : `${print(value)} is greater than maximum allowed value ${print(max as number)}`,
  );
}

function checkLength(value: string, base: BaseType): void {
  const { minLength = 0, maxLength = UINT_MAX } = base;
  // Characters are at least half as many as UTF-16 units, so most values need no counting.
  if (value.length >= 2 * minLength && value.length <= maxLength) return;
  const length = [...value].length;
  if (length < minLength) {
    throw constraintViolation(
      `"${value}" length ${length} is less than minimum allowed length ${minLength}`,
    );
  }
  if (length > maxLength) {
    throw constraintViolation(
      `"${value}" length ${length} is greater than maximum allowed length ${maxLength}`,
    );
  }
}

/** Throws unless the base type allows the atom (which is of its atomic type). */
export function checkAtom(atom: Atom, base: BaseType): void {
  if (base.enum) {
    if (base.enum.includes(atom)) return;
    const allowed = base.enum.map((value) => atomToText(value, base.type)).join(", ");
    throw constraintViolation(
      `${atomToText(atom, base.type)} is not one of the allowed values ([${allowed}])`,
    );
  }
  if (base.type === "integer" || base.type === "real") checkNumber(atom as number | bigint, base);
  else if (base.type === "string") checkLength(atom as string, base);
}

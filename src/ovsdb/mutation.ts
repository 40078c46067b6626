// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../lib/json.js";
import { type Atom, canonicalInteger } from "./atom.js";
import { checkAtom } from "./base-type.js";
import { type ColumnType, columnTypeText, parseDatum } from "./column-type.js";
import { type Datum, isScalar, sortDatum, subtractData, unionData } from "./datum.js";
import type { ColumnSchema, TableSchema } from "./db-schema.js";
import { constraintViolation, OvsdbError, syntaxError } from "./ovsdb-error.js";
import type { NamedUuids } from "./value-parser.js";

/** RFC 7047 §5.1 <mutator>. */
const MUTATORS = ["+=", "-=", "*=", "/=", "%=", "insert", "delete"] as const;
type Mutator = (typeof MUTATORS)[number];

export interface Mutation {
  readonly column: ColumnSchema;
  readonly mutator: Mutator;
  readonly arg: Datum;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

function typeMismatch(json: Json, column: ColumnSchema, mutator: Mutator): OvsdbError {
  return syntaxError(
    json,
    `Type mismatch: "${mutator}" operator may not be applied to column ${column.name} ` +
      `of type ${columnTypeText(column.type)}.`,
  );
}

function parseElements(
  argument: Json,
  type: ColumnType,
  mutator: Mutator,
  names?: NamedUuids,
): Datum {
  const max = mutator === "delete" ? Number.POSITIVE_INFINITY : type.max;
  const loose = { ...type, min: 0, max };
  if (mutator === "insert" || !type.value) return parseDatum(argument, loose, names);
  try {
    return parseDatum(argument, loose, names);
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    // Pairs can be deleted by their keys alone.
    return parseDatum(argument, { ...loose, value: undefined }, names);
  }
}

function parseArgument(
  json: Json,
  argument: Json,
  column: ColumnSchema,
  mutator: Mutator,
  names?: NamedUuids,
): Datum {
  const { type } = column;
  if (mutator === "insert" || mutator === "delete") {
    if (isScalar(type)) throw typeMismatch(json, column, mutator);
    return parseElements(argument, type, mutator, names);
  }
  const atomic = type.key.type;
  const numeric = atomic === "integer" || (atomic === "real" && mutator !== "%=");
  if (type.value || !numeric) throw typeMismatch(json, column, mutator);
  return parseDatum(argument, { key: { type: atomic }, value: undefined, min: 1, max: 1 }, names);
}

function parseMutation(json: Json, table: TableSchema, names?: NamedUuids): Mutation {
  const [name, mutatorName, argument] = Array.isArray(json) && json.length === 3 ? json : [];
  if (typeof name !== "string" || typeof mutatorName !== "string") {
    throw syntaxError(json, "Parse error in mutation.");
  }
  const column = table.column(name);
  if (!column) {
    throw syntaxError(json, `No column ${name} in table ${table.name}.`, "unknown column");
  }
  if (!column.mutable) {
    const details = `Cannot mutate immutable column ${name} in table ${table.name}.`;
    throw syntaxError(json, details, "constraint violation");
  }
  const mutator = MUTATORS.find((known) => known === mutatorName);
  if (!mutator) throw syntaxError(undefined, `No mutator named ${mutatorName}.`, "unknown mutator");
  return { column, mutator, arg: parseArgument(json, argument as Json, column, mutator, names) };
}

/** RFC 7047 §5.1 <mutation>s. Throws OvsdbError. */
export function parseMutations(json: Json[], table: TableSchema, names?: NamedUuids): Mutation[] {
  return json.map((mutation) => parseMutation(mutation, table, names));
}

function divisionByZero(): OvsdbError {
  return new OvsdbError("domain error", "Division by zero.");
}

function outOfRange(mutator: Mutator): OvsdbError {
  return new OvsdbError("range error", `Result of "${mutator}" operation is out of range.`);
}

function mutateInteger(x: bigint, mutator: Mutator, y: bigint): bigint {
  switch (mutator) {
    case "+=":
      return x + y;
    case "-=":
      return x - y;
    case "*=":
      return x * y;
    default:
      if (y === 0n) throw divisionByZero();
      // The machine's division overflows for both, even though a remainder would be zero.
      if (x === INT64_MIN && y === -1n) throw outOfRange(mutator);
      return mutator === "/=" ? x / y : x % y;
  }
}

function mutateReal(x: number, mutator: Mutator, y: number): number {
  switch (mutator) {
    case "+=":
      return x + y;
    case "-=":
      return x - y;
    case "*=":
      return x * y;
    default:
      if (y === 0) throw divisionByZero();
      return x / y;
  }
}

function mutateAtom(atom: Atom, mutator: Mutator, arg: Atom, type: ColumnType): Atom {
  if (type.key.type === "real") {
    const result = mutateReal(atom as number, mutator, arg as number);
    if (!Number.isFinite(result)) throw outOfRange(mutator);
    return result;
  }
  const result = mutateInteger(BigInt(atom), mutator, BigInt(arg));
  if (result > INT64_MAX || result < INT64_MIN) throw outOfRange(mutator);
  return canonicalInteger(result);
}

function mutateAll(datum: Datum, { column, mutator, arg }: Mutation): Datum {
  const { type } = column;
  const keys = datum.keys.map((atom) => mutateAtom(atom, mutator, arg.keys[0] as Atom, type));
  for (const key of keys) checkAtom(key, type.key);
  const { datum: result, duplicate } = sortDatum(keys, undefined);
  if (duplicate) {
    throw constraintViolation(`Result of "${mutator}" operation contains duplicates.`);
  }
  return result;
}

/** What a column's value becomes by a mutation. Throws OvsdbError. */
export function mutateDatum(datum: Datum, mutation: Mutation): Datum {
  const { column, mutator, arg } = mutation;
  if (mutator !== "insert" && mutator !== "delete") return mutateAll(datum, mutation);
  const result = mutator === "insert" ? unionData(datum, arg, false) : subtractData(datum, arg);
  const count = result.keys.length;
  if (count < column.type.min || count > column.type.max) {
    const type = columnTypeText(column.type);
    throw constraintViolation(`Attempted to store ${count} elements in ${type}.`);
  }
  return result;
}

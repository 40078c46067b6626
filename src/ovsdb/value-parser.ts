// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../lib/json.js";
import { type Atom, type AtomicType, compareAtoms, isId, parseUuid } from "./atom.js";
import { syntaxError } from "./ovsdb-error.js";

/** The UUIDs that the operations of a transaction name, RFC 7047 §3.1 <named-uuid>. */
export interface NamedUuids {
  /** The UUID of a name; a name not seen before gets a new one. */
  resolve(name: string): string;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The inner value of ["name", value], or undefined when the JSON is not of that form. */
function unwrap(json: Json, name: string): Json | undefined {
  return Array.isArray(json) && json.length === 2 && json[0] === name ? json[1] : undefined;
}

function parseUuidAtom(json: Json, names: NamedUuids | undefined): string {
  const text = unwrap(json, "uuid");
  if (typeof text === "string") {
    const uuid = parseUuid(text);
    if (uuid) return uuid;
    throw syntaxError(json, `"${text}" is not a valid UUID`);
  }
  const name = names ? unwrap(json, "named-uuid") : undefined;
  if (typeof name === "string") {
    if (!isId(name)) throw syntaxError(json, "named-uuid string is not a valid <id>");
    return (names as NamedUuids).resolve(name);
  }
  throw syntaxError(json, 'expected ["uuid", <string>]');
}

function parseIntegerAtom(json: Json): number | bigint | undefined {
  if (typeof json === "bigint") return json;
  if (typeof json !== "number" || !Number.isInteger(json)) return undefined;
  if (Number.isSafeInteger(json)) return json === 0 ? 0 : json;
  const exact = BigInt(json);
  return exact >= INT64_MIN && exact <= INT64_MAX ? exact : undefined;
}

/** RFC 7047 §5.1 <atom> of a known type, without regard to constraints. */
export function parseAtomUnchecked(json: Json, type: AtomicType, names?: NamedUuids): Atom {
  switch (type) {
    case "uuid":
      return parseUuidAtom(json, names);
    case "integer": {
      const value = parseIntegerAtom(json);
      if (value !== undefined) return value;
      break;
    }
    case "real":
      if (typeof json === "number" || typeof json === "bigint") return Number(json);
      break;
    case "boolean":
      if (typeof json === "boolean") return json;
      break;
    case "string":
      if (typeof json === "string") return json;
      break;
  }
  throw syntaxError(json, `expected ${type}`);
}

export function isSetJson(json: Json): boolean {
  return Array.isArray(json) && json[0] === "set";
}

/** The elements of ["set", […]] or ["map", […]]. */
export function unwrapList(json: Json, name: "set" | "map"): Json[] {
  const list = unwrap(json, name);
  if (!Array.isArray(list)) throw syntaxError(json, `expected ["${name}", <array>]`);
  return list;
}

/** Atoms of a set, or of a single atom in its place, in order; duplicates are refused. */
export function parseSet(json: Json, parse: (json: Json) => Atom): Atom[] {
  const atoms = isSetJson(json) ? unwrapList(json, "set").map(parse) : [parse(json)];
  atoms.sort(compareAtoms);
  if (atoms.some((atom, i) => i > 0 && atom === atoms[i - 1])) {
    throw syntaxError(undefined, "set contains duplicate");
  }
  return atoms;
}

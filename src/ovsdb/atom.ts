// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { type Json, printReal } from "../lib/json.js";

/** The atomic types of RFC 7047 §3.1. */
export type AtomicType = "integer" | "real" | "boolean" | "string" | "uuid";

/**
 * An atomic value: integers are numbers, or bigints beyond ±2^53 (never both for one value);
 * UUIDs are lower-case strings.
 */
export type Atom = number | bigint | boolean | string;

export const ATOMIC_TYPES: readonly AtomicType[] = ["integer", "real", "boolean", "string", "uuid"];

export const ZERO_UUID = "00000000-0000-0000-0000-000000000000";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_ANY_CASE = new RegExp(UUID.source, "i");
const ID = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The canonical form of a UUID in text, or undefined. */
export function parseUuid(text: string): string | undefined {
  if (UUID.test(text)) return text;
  return UUID_ANY_CASE.test(text) ? text.toLowerCase() : undefined;
}

/** Whether `text` is an <id> of RFC 7047 §3.1. */
export function isId(text: string): boolean {
  return ID.test(text);
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
let pool = Buffer.alloc(0);
let poolAt = 0;

/** A random UUID (RFC 4122 §4.4); entropy is drawn in blocks because transactions need many. */
export function generateUuid(): string {
  if (poolAt + 16 > pool.length) {
    pool = randomBytes(4096);
    poolAt = 0;
  }
  const b = pool.subarray(poolAt, poolAt + 16);
  poolAt += 16;
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  let out = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) out += "-";
    out += HEX[b[i] as number];
  }
  return out;
}

export function defaultAtom(type: AtomicType): Atom {
  switch (type) {
    case "integer":
    case "real":
      return 0;
    case "boolean":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
  }
}

/**
 * Orders strings by their UTF-8 bytes, as the stock server does. UTF-16 code units order the same,
 * except that surrogates stand for characters above the rest of the range.
 */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** Negative, zero or positive as `a` sorts before, with or after `b`, two atoms of one type. */
export function compareAtoms(a: Atom, b: Atom): number {
  if (typeof a === "string") return compareStrings(a, b as string);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** An integer result in its canonical form. */
export function canonicalInteger(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

/** RFC 7047 §5.1 <atom>. */
export function atomToJson(atom: Atom, type: AtomicType): Json {
  return type === "uuid" ? ["uuid", atom as string] : atom;
}

/** Whether a string can stand unquoted in messages, as the stock tools print strings. */
function isBareWord(text: string): boolean {
  return (
    ID.test(text.replace(/[.-]/g, "_")) &&
    !UUID_ANY_CASE.test(text) &&
    text !== "true" &&
    text !== "false"
  );
}

/** The text form of an atom that messages (and `ovs-vsctl`) use. */
export function atomToText(atom: Atom, type: AtomicType): string {
  if (type === "string" && !isBareWord(atom as string)) return JSON.stringify(atom);
  if (type === "real") return printReal(atom as number);
  return String(atom);
}

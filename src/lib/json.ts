// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "./errors.js";
import { parseExactJson } from "./json-exact.js";

export type JsonObject = { [key: string]: Json };
/** A JSON value; integers beyond 2^53 that fit 64 bits are bigints, all others numbers. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;

/**
 * Text that JSON.parse would read inexactly: an integer of 16 digits or more, an exponent of three
 * digits, an escaped NUL. Such text is rare, so the fast parser reads nearly everything.
 */
const INEXACT = /[0-9]{16}|[0-9.][eE][+-]?[0-9]{3,}\s*(?:[,\]}]|$)|\\u0000/;

/**
 * Parses JSON text with 64-bit integers kept exact.
 * Throws OperatorError("syntax") that says where the text is wrong.
 */
export function parseJson(text: string): Json {
  if (!INEXACT.test(text)) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      // The exact parser finds the same fault and words it with line and column.
    }
  }
  return parseExactJson(text);
}

function isBigIntFailure(error: unknown): boolean {
  return error instanceof TypeError && /BigInt/.test(error.message);
}

/** Compact JSON text; bigints are printed as integers. */
export function printJson(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!isBigIntFailure(error)) throw error;
    return printExactJson(value);
  }
}

function printExactJson(value: Json): string {
  if (typeof value === "bigint") return String(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printExactJson).join(",")}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${printExactJson(v)}`).join(",")}}`;
}

/** JSON text over several lines; bigints are printed as integers. */
export function printPrettyJson(value: Json, indent = ""): string {
  if (value === null || typeof value !== "object") return printJson(value);
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => printPrettyJson(each, deeper))
    : Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${printPrettyJson(v, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
}

/** A number as printf("%.15g") has it, which is how the stock tools print reals. */
export function printReal(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const [mantissa = "", exponent] = toFifteenDigits(value).split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent === undefined) return short;
  const sign = exponent[0] === "-" ? "-" : "+";
  return `${short}e${sign}${exponent.replace(/^[+-]/, "").padStart(2, "0")}`;
}

/** The choice between plain and scientific notation is C's, which differs for small numbers. */
function toFifteenDigits(value: number): string {
  return Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential(14) : value.toPrecision(15);
}

/**
 * Compact JSON text with the members of objects in order of name, and reals with 15 digits, for
 * messages: the text that the stock server would print.
 */
export function printSortedJson(value: Json): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return printReal(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printSortedJson).join(",")}]`;
  const names = Object.keys(value).sort();
  const member = (name: string): string =>
    `${JSON.stringify(name)}:${printSortedJson(value[name] as Json)}`;
  return `{${names.map(member).join(",")}}`;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are the same, whatever the order of members. */
export function jsonEquals(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((v, i) => jsonEquals(v, b[i] as Json))
    );
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((k) => Object.hasOwn(b, k) && jsonEquals(a[k] as Json, b[k] as Json))
  );
}

/** A JSON syntax error, worded with the place. */
export function jsonSyntaxError(
  line: number,
  column: number,
  byte: number,
  what: string,
): OperatorError {
  return new OperatorError("syntax", `line ${line}, column ${column}, byte ${byte}: ${what}`);
}

// SPDX-License-Identifier: Apache-2.0
/** Numbers in flow text: C notation (0x…, 0…, decimal), with the limits and messages of the stock
 * tools. */
import { OperatorError } from "../../lib/errors.js";

/** An error in text that a person wrote; the message is what `ovs-ofctl` prints after its name. */
export function syntaxError(message: string): OperatorError {
  return new OperatorError("syntax", message);
}

export interface ScannedInteger {
  /** Modulo 2^64, as C's strtoull gives it. */
  value: bigint;
  /** What follows the number. */
  tail: string;
  /** It did not fit 64 bits. */
  overflows: boolean;
}

const U64 = (1n << 64n) - 1n;
const INTEGER = /^[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/;
const DECIMAL = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)/;

/** Reads an integer at the start of `s` in C notation (`base` 0) or decimal (10); null when there
 * is none. */
export function scanInteger(s: string, base: 0 | 10 = 0): ScannedInteger | null {
  const m = (base === 0 ? INTEGER : DECIMAL).exec(s);
  if (!m) return null;
  const digits = m[2];
  const isOctal = base === 0 && /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const overflows = magnitude > U64;
  const value = overflows ? U64 : BigInt.asUintN(64, m[1] === "-" ? -magnitude : magnitude);
  return { value, tail: s.slice(m[0].length), overflows };
}

/** The whole of `s` as an integer in [min, max]; null when it is not one. */
export function wholeInteger(s: string, min: bigint, max: bigint, base: 0 | 10 = 0): bigint | null {
  const scanned = scanInteger(s, base);
  if (scanned?.tail !== "" || scanned.overflows) return null;
  const isNegative = /^\s*-/.test(s);
  const value = isNegative ? BigInt.asIntN(64, scanned.value) : scanned.value;
  return value < min || value > max ? null : value;
}

function unsigned(s: string, name: string, max: bigint): number {
  const value = wholeInteger(s, 0n, max);
  if (value === null) throw syntaxError(`invalid ${name} "${s}"`);
  return Number(value);
}

/** An 8-bit number; `name` says what it is in the error. */
export function parseU8(s: string, name: string): number {
  return unsigned(s, name, 0xffn);
}

/** A 16-bit number; `name` says what it is in the error. */
export function parseU16(s: string, name: string): number {
  return unsigned(s, name, 0xffffn);
}

function numeric(s: string): bigint {
  if (s === "") throw syntaxError("missing required numeric argument");
  const scanned = scanInteger(s);
  if (scanned?.tail !== "" || scanned.overflows) {
    throw syntaxError(`invalid numeric format ${s}`);
  }
  return scanned.value;
}

/** A number cut to 32 bits. */
export function parseU32(s: string): number {
  return Number(BigInt.asUintN(32, numeric(s)));
}

/** A 64-bit number. */
export function parseU64(s: string): bigint {
  return numeric(s);
}

/** A value of `bytes` bytes at the start of `s`: hexadecimal of any width after 0x, else a 64-bit
 * C integer. Returns why not as `error`. */
export function scanBytes(
  s: string,
  bytes: number,
): { value: Uint8Array; tail: string } | { error: "range" | "syntax" } {
  if (/^0[xX]/.test(s)) return scanHex(s.slice(2), bytes);
  const scanned = scanInteger(s);
  if (!scanned) return { error: "syntax" };
  if (scanned.overflows) return { error: "range" };
  const value = new Uint8Array(bytes);
  let rest = scanned.value;
  for (let i = bytes - 1; i >= 0; i--, rest >>= 8n) value[i] = Number(rest & 0xffn);
  return rest ? { error: "range" } : { value, tail: scanned.tail };
}

function scanHex(
  s: string,
  bytes: number,
): { value: Uint8Array; tail: string } | { error: "range" } {
  const run = /^(?:[ \t\r\n]*[0-9a-fA-F])*[ \t\r\n]*/.exec(s)![0];
  const digits = run.replace(/\s/g, "").replace(/^0+/, "");
  if (digits.length > bytes * 2) return { error: "range" };
  const padded = digits.padStart(bytes * 2, "0");
  return { value: bytesFromHex(padded), tail: s.slice(run.length) };
}

/** Bytes of an even number of hex digits. */
export function bytesFromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Two digits per byte, no prefix. */
export function hexOfBytes(bytes: Uint8Array): string {
  let out = "";
  for (const b of bytes) out += b.toString(16).padStart(2, "0");
  return out;
}

/** `0x…` without leading zeros, `0` for zero: how wide values print. */
export function formatHexBytes(bytes: Uint8Array): string {
  const digits = hexOfBytes(bytes).replace(/^0+/, "");
  return digits === "" ? "0" : `0x${digits}`;
}

/** C's `%#x`: `0x…`, but `0` for zero. */
export function formatHex(value: number | bigint): string {
  return value ? `0x${value.toString(16)}` : "0";
}

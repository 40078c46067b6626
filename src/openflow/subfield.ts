// SPDX-License-Identifier: Apache-2.0
/** Parts of fields: `NXM_OF_ETH_SRC[0..15]`. Text, reading and writing, checks. */
import { OfpError } from "./errors.js";
import { bytesToBigint, fieldValue, getField, matchField, setField } from "./field-access.js";
import { fieldByHeaderName, fieldByName, headerFor, type MfField, prereqsOk } from "./fields.js";
import type { Flow } from "./flow.js";
import type { Match } from "./match.js";
import type { Subfield } from "./ofp-actions.js";
import { syntaxError } from "./text/numbers.js";

/** The whole of a field. */
export function wholeField(field: MfField): Subfield {
  return { field, start: 0, bits: field.bits };
}

/** A field by wire header name or by name; null when unknown. */
export function fieldByAnyName(name: string): MfField | null {
  const header = name.length > 2 && name.endsWith("_W") ? name.slice(0, -2) : name;
  return fieldByHeaderName(header) ?? fieldByName(name);
}

/** Reads `field`, `field[]`, `field[bit]` or `field[first..last]` at the start of `s`. */
export function scanSubfield(s: string): { subfield: Subfield; tail: string } {
  const name = /^[^[-]*/.exec(s)![0];
  const field = fieldByAnyName(name);
  if (!field) throw syntaxError(`${s}: unknown field \`${name}'`);
  let tail = s.slice(name.length);
  let start = 0;
  let end = field.bits - 1;
  if (tail.startsWith("[")) {
    const range = /^\[\s*([+-]?\d+)(?:\.\.\s*([+-]?\d+))?\]/.exec(tail);
    if (range) {
      start = Number(range[1]);
      end = Number(range[2] ?? range[1]);
    } else if (!tail.startsWith("[]")) {
      throw syntaxError(`${s}: syntax error expecting [] or [<bit>] or [<start>..<end>]`);
    }
    tail = tail.slice(tail.indexOf("]") + 1);
  }
  checkRange(s, field, start, end);
  return { subfield: { field, start, bits: end - start + 1 }, tail };
}

function checkRange(s: string, field: MfField, start: number, end: number): void {
  if (start > end) {
    throw syntaxError(`${s}: starting bit ${start} is after ending bit ${end}`);
  }
  const width = `is not valid because field is only ${field.bits} bits wide`;
  if (start >= field.bits) throw syntaxError(`${s}: starting bit ${start} ${width}`);
  if (end >= field.bits) throw syntaxError(`${s}: ending bit ${end} ${width}`);
}

/** Reads a subfield that is all of `s`. */
export function parseSubfield(s: string): Subfield {
  const { subfield, tail } = scanSubfield(s);
  if (tail !== "") throw syntaxError("unexpected input following field syntax");
  return subfield;
}

/** `NXM_OF_ETH_SRC[]`, `NXM_NX_REG0[0..15]`, `vlan_vid[3]` for fields without a wire header. */
export function formatSubfield(sf: Subfield): string {
  const name = headerFor(sf.field, 0)?.name ?? sf.field.name;
  if (sf.start === 0 && sf.bits === sf.field.bits) return `${name}[]`;
  const last = sf.start + sf.bits - 1;
  return sf.bits === 1 ? `${name}[${sf.start}]` : `${name}[${sf.start}..${last}]`;
}

/** The subfield's value in a flow. */
export function readSubfield(sf: Subfield, flow: Flow): bigint {
  const value = bytesToBigint(getField(flow, sf.field)) >> BigInt(sf.start);
  return BigInt.asUintN(sf.bits, value);
}

/** Writes the low `sf.bits` bits of `value` into the flow, as an action does. */
export function writeSubfield(sf: Subfield, value: bigint, flow: Flow): void {
  const start = BigInt(sf.start);
  const hole = ((1n << BigInt(sf.bits)) - 1n) << start;
  const old = bytesToBigint(getField(flow, sf.field));
  setField(flow, sf.field, (old & ~hole) | (BigInt.asUintN(sf.bits, value) << start));
}

/** Makes `match` match the subfield with `value`, beside what it matches of the field already. */
export function matchSubfield(match: Match, sf: Subfield, value: bigint): void {
  const { field, start } = sf;
  const bits = subfieldMask(sf);
  const mask = getField(match.mask, field).map((b, i) => b | bits[i]);
  const added = fieldValue(field, BigInt.asUintN(sf.bits, value) << BigInt(start));
  const old = getField(match.flow, field);
  matchField(
    match,
    field,
    old.map((b, i) => (b & ~bits[i]) | added[i]),
    mask,
  );
}

/** The mask that covers the subfield, `field.bytes` long. */
export function subfieldMask(sf: Subfield): Uint8Array {
  const mask = new Uint8Array(sf.field.bytes);
  for (let bit = sf.start; bit < sf.start + sf.bits; bit++) {
    mask[mask.length - 1 - (bit >> 3)] |= 1 << (bit & 7);
  }
  return mask;
}

/** Throws the OpenFlow error for a subfield that cannot be read under `match` (null: any). */
export function checkSource(sf: Subfield, match: Match | null): void {
  if (sf.bits === 0 || sf.start + sf.bits > sf.field.bits) {
    throw new OfpError("OFPBAC_BAD_SET_LEN", `bits of ${sf.field.name}`);
  }
  if (match && !prereqsOk(sf.field, match.flow, match.mask)) {
    throw new OfpError("OFPBAC_MATCH_INCONSISTENT", `${sf.field.name} lacks its prerequisites`);
  }
}

/** Like checkSource, for a subfield that is written. */
export function checkDestination(sf: Subfield, match: Match | null): void {
  checkSource(sf, match);
  if (!sf.field.writable) {
    throw new OfpError("OFPBAC_BAD_SET_ARGUMENT", `${sf.field.name} is not writable`);
  }
}

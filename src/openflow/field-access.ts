// SPDX-License-Identifier: Apache-2.0
/**
 * Reading and writing fields of a Flow. A value is `field.bytes` bytes in network order, right
 * aligned, as in a set_field action; short ones can be passed as numbers.
 */
import type { Flow } from "./flow.js";
import type { Match } from "./match.js";
import type { MfField } from "./mf-field.js";

/** `OFP_VLAN_NONE` of OpenFlow 1.0: matches packets without a tag. */
export const OFP10_VLAN_NONE = 0xffff;
const CFI = 0x1000;
const VID = 0x0fff;
const PCP = 0xe000;
const TPID_8021Q = 0x8100;

/** A value as bytes. Numbers and bigints are truncated to `field.bytes`. */
export function fieldValue(field: MfField, value: Uint8Array | number | bigint): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const out = new Uint8Array(field.bytes);
  let rest = BigInt(value);
  for (let i = field.bytes - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn);
  return out;
}

/** Bytes (big-endian) as a number; at most 6 bytes are exact. */
export function bytesToNumber(bytes: Uint8Array): number {
  let n = 0;
  for (const b of bytes) n = n * 256 + b;
  return n;
}

/** Bytes (big-endian) as a bigint. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  let n = 0n;
  for (const b of bytes) n = (n << 8n) | BigInt(b);
  return n;
}

/** All bytes 0xff. */
export function isAllOnes(bytes: Uint8Array): boolean {
  return bytes.every((b) => b === 0xff);
}

/** All bytes 0. */
export function isAllZeros(bytes: Uint8Array): boolean {
  return bytes.every((b) => b === 0);
}

function readStored(flow: Flow, field: MfField): number {
  if (field.storage === 1) return flow.view.getUint8(field.offset);
  if (field.storage === 2) return flow.view.getUint16(field.offset);
  return flow.view.getUint32(field.offset);
}

function writeStored(flow: Flow, field: MfField, stored: number): void {
  if (field.storage === 1) flow.view.setUint8(field.offset, stored);
  else if (field.storage === 2) flow.view.setUint16(field.offset, stored);
  else flow.view.setUint32(field.offset, stored);
}

/** A field of at most 4 bytes as a number. */
export function fieldNumber(flow: Flow, field: MfField): number {
  const stored = readStored(flow, field);
  // A 32-bit reserved port ends in the 16 bits of its OpenFlow 1.0 twin.
  if (field.format === "ofport") return stored & 0xffff;
  return ((stored >>> field.shift) & field.storedMask) >>> 0;
}

/** A field of any width as a bigint. */
export function fieldBigint(flow: Flow, field: MfField): bigint {
  return bytesToBigint(getField(flow, field));
}

/** A copy of the field's value. `flow` must meet the prerequisites for it to mean anything. */
export function getField(flow: Flow, field: MfField): Uint8Array {
  if (field.storage > 4) return flow.bytes.slice(field.offset, field.offset + field.bytes);
  return field.bytes > 4
    ? flow.bytes.slice(field.offset, field.offset + field.bytes)
    : fieldValue(field, fieldNumber(flow, field));
}

/** 16-bit port (OpenFlow 1.0) to the 32-bit form kept in a Flow. */
export function portFromOf10(port: number): number {
  return port >= 0xff00 ? port + 0xffff0000 : port;
}

/** Writes a value as an action does: VLAN fields bring the tag-present bit with them
 * (`ovs-fields(7)`, "VLAN Fields"); neighbours that share the bytes stay. */
export function setField(flow: Flow, field: MfField, value: Uint8Array | number | bigint): void {
  if (field.storage > 4) {
    flow.bytes.set(fieldValue(field, value), field.offset);
    return;
  }
  const v = bytesToNumber(fieldValue(field, value));
  const old = readStored(flow, field);
  if (field.format === "ofport") {
    writeStored(flow, field, portFromOf10(v));
    return;
  }
  let stored = storedBits(field, v) | (old & ~storedBits(field, 0xffffffff));
  if (field.name === "dl_vlan") {
    stored = v === OFP10_VLAN_NONE ? 0 : (old & ~VID) | CFI | (v & VID);
  } else if (field.name === "vlan_pcp" || field.name === "dl_vlan_pcp") {
    stored |= CFI;
  }
  writeStored(flow, field, stored >>> 0);
  fixTpid(flow, field);
}

function storedBits(field: MfField, value: number): number {
  return ((value & field.storedMask) << field.shift) >>> 0;
}

/** A tag that appears where there was none is an 802.1Q one. */
function fixTpid(flow: Flow, field: MfField): void {
  const isVlan = field.name.includes("vlan");
  if (isVlan && readStored(flow, field) && !flow.view.getUint16(field.offset + 2)) {
    flow.view.setUint16(field.offset + 2, TPID_8021Q);
  }
}

/** Writes the bits of `value` that are set in `mask`. */
export function setFieldMasked(
  flow: Flow,
  field: MfField,
  value: Uint8Array,
  mask: Uint8Array,
): void {
  const merged = getField(flow, field);
  for (let i = 0; i < merged.length; i++) {
    merged[i] = (value[i] & mask[i]) | (merged[i] & ~mask[i]);
  }
  setField(flow, field, merged);
}

/** True when `mask` has no bit of the field. */
export function isAllWild(mask: Flow, field: MfField): boolean {
  if (field.name === "dl_vlan") return !(readStored(mask, field) & VID);
  if (field.bytes <= 4 && field.storage <= 4) return fieldNumber(mask, field) === 0;
  for (let i = 0; i < field.bytes; i++) if (mask.bytes[field.offset + i]) return false;
  return true;
}

function put(match: Match, field: MfField, value: Uint8Array, mask: Uint8Array): void {
  if (field.storage > 4) {
    for (let i = 0; i < field.bytes; i++) match.flow.bytes[field.offset + i] = value[i] & mask[i];
    match.mask.bytes.set(mask, field.offset);
    return;
  }
  const m = bytesToNumber(mask);
  const v = (bytesToNumber(value) & m) >>> 0;
  const keep = ~storedBits(field, 0xffffffff);
  writeStored(
    match.flow,
    field,
    ((readStored(match.flow, field) & keep) | storedBits(field, v)) >>> 0,
  );
  writeStored(
    match.mask,
    field,
    ((readStored(match.mask, field) & keep) | storedBits(field, m)) >>> 0,
  );
}

/** VLAN fields set exactly: they share the TCI and imply "a tag is here". */
function matchVlan(match: Match, field: MfField, value: number): void {
  const flowTci = readStored(match.flow, field);
  const maskTci = readStored(match.mask, field);
  if (field.name === "dl_vlan") {
    const none = value === OFP10_VLAN_NONE;
    writeStored(match.flow, field, none ? 0 : (flowTci & ~VID) | CFI | (value & VID));
    writeStored(match.mask, field, none ? 0xffff : maskTci | VID | CFI);
  } else {
    writeStored(match.flow, field, (flowTci & ~PCP) | (value << 13) | CFI);
    writeStored(match.mask, field, maskTci | CFI | PCP);
  }
}

/** Removes a VLAN field; the tag-present bit goes with the last of them. */
function wildVlan(match: Match, field: MfField): void {
  const isPcp = field.shift > 0;
  const other = isPcp ? VID : PCP;
  const maskTci = readStored(match.mask, field);
  const keep = maskTci & other ? ~(isPcp ? PCP : VID) : 0;
  writeStored(match.flow, field, readStored(match.flow, field) & keep);
  writeStored(match.mask, field, maskTci & keep);
}

/**
 * Makes `match` match `field` with `value` under `mask` (null or all ones: exactly; all zeros: the
 * field becomes wild). The mask must be valid for the field (isMaskValid); prerequisites are the
 * caller's business.
 */
export function matchField(
  match: Match,
  field: MfField,
  value: Uint8Array | number | bigint,
  mask: Uint8Array | null = null,
): void {
  const bytes = fieldValue(field, value);
  const isExact = !mask || isAllOnes(mask);
  const isVlanPart = field.name.includes("vlan") && field.name !== "vlan_tci";
  if (isVlanPart && mask && isAllZeros(mask)) {
    wildVlan(match, field);
  } else if (isVlanPart && field.name !== "vlan_vid") {
    matchVlan(match, field, bytesToNumber(bytes));
  } else if (field.format === "ofport" && isExact) {
    writeStored(match.flow, field, portFromOf10(bytesToNumber(bytes)));
    writeStored(match.mask, field, 0xffffffff);
  } else if (isExact && field.storage <= 4) {
    putExact(match, field, bytesToNumber(bytes));
  } else {
    put(match, field, bytes, mask ?? new Uint8Array(field.bytes).fill(0xff));
  }
}

/** All that is stored: an ICMP type fills two bytes of mask. */
function putExact(match: Match, field: MfField, value: number): void {
  const bits = storedBits(field, 0xffffffff);
  const v = storedBits(field, value);
  writeStored(match.flow, field, ((readStored(match.flow, field) & ~bits) | v) >>> 0);
  writeStored(match.mask, field, (readStored(match.mask, field) | bits) >>> 0);
}

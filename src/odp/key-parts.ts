// SPDX-License-Identifier: Apache-2.0
/**
 * The text of one part of a datapath flow attribute, as `src=…` in `ipv4(src=…)`: how each kind of
 * value is written and read, with its mask. Values and masks are bytes of the flow key.
 */
import { FRAG_ANY, FRAG_LATER, type KeyField } from "../../pmd/shm/flow-key.js";
import { hex, ipv4Text, ipv6Text, macText } from "./text.js";

export type PartKind =
  | "eth"
  | "ipv4"
  | "ipv6"
  | "decimal"
  | "hex"
  /** 20 bits of 32. */
  | "label"
  /** `no`, `first`, `later`: no partial masks. */
  | "frag"
  /** An ICMP type or code: 8 bits of 16. */
  | "icmp"
  /** An ARP opcode: in the key 8 bits, in text 16. */
  | "arp_op";

export interface Part {
  readonly name: string;
  readonly place: KeyField;
  readonly kind: PartKind;
}

const FRAG_TEXT = new Map([
  [0, "no"],
  [FRAG_ANY, "first"],
  [FRAG_ANY | FRAG_LATER, "later"],
]);

function numberAt(bytes: Uint8Array, { offset, bytes: length }: KeyField): number {
  let value = 0;
  for (let i = offset; i < offset + length; i++) value = value * 256 + bytes[i];
  return value;
}

/** The mask of `part` that matches all of it. */
export function fullMask(part: Part): Uint8Array {
  const mask = new Uint8Array(part.place.bytes).fill(0xff);
  if (part.kind === "label") mask.set([0, 0x0f]);
  if (part.kind === "icmp") mask[0] = 0;
  if (part.kind === "frag") mask[0] = FRAG_ANY | FRAG_LATER;
  return mask;
}

export function isEmptyMask(part: Part, mask: Uint8Array): boolean {
  const { offset, bytes } = part.place;
  return mask.subarray(offset, offset + bytes).every((byte) => byte === 0);
}

export function isFullMask(part: Part, mask: Uint8Array): boolean {
  const { offset } = part.place;
  return fullMask(part).every((byte, i) => (mask[offset + i] & byte) === byte);
}

function valueText(part: Part, bytes: Uint8Array): string {
  const { place } = part;
  switch (part.kind) {
    case "eth":
      return macText(bytes, place.offset);
    case "ipv4":
      return ipv4Text(bytes, place.offset);
    case "ipv6":
      return ipv6Text(bytes, place.offset);
    case "frag":
      return FRAG_TEXT.get(bytes[place.offset]) ?? "<error>";
    case "hex":
    case "label":
      return hex(numberAt(bytes, place));
    default:
      return String(numberAt(bytes, place));
  }
}

function maskText(part: Part, mask: Uint8Array): string {
  const isAddress = part.kind === "eth" || part.kind === "ipv4" || part.kind === "ipv6";
  return isAddress ? valueText(part, mask) : hex(numberAt(mask, part.place));
}

/** `name=value`, with `/mask` when only some bits are matched; empty when none are, unless
 * `verbose`. */
export function formatPart(
  part: Part,
  key: Uint8Array,
  mask: Uint8Array,
  verbose: boolean,
): string {
  const isEmpty = isEmptyMask(part, mask);
  if (isEmpty && (!verbose || part.kind === "frag")) return "";
  const text = `${part.name}=${valueText(part, key)}`;
  if (part.kind === "frag" || isFullMask(part, mask)) return text;
  return `${text}/${maskText(part, mask)}`;
}

/** Reads `value` or `value/mask` of `part` into `key` and `mask`. Returns false when it is not
 * one. */
export function parsePart(part: Part, text: string, key: Uint8Array, mask: Uint8Array): boolean {
  const { offset } = part.place;
  const slash = text.indexOf("/");
  const value = parseValue(part, slash < 0 ? text : text.slice(0, slash));
  if (!value) return false;
  key.set(value, offset);
  const bits = slash < 0 ? fullMask(part) : parseValue(part, text.slice(slash + 1));
  if (!bits) return false;
  mask.set(bits, offset);
  return true;
}

function parseValue(part: Part, text: string): Uint8Array | null {
  switch (part.kind) {
    case "eth":
      return parseMac(text);
    case "ipv4":
      return parseIpv4(text);
    case "ipv6":
      return parseIpv6(text);
    case "frag": {
      const found = [...FRAG_TEXT].find(([, name]) => name === text);
      return found ? Uint8Array.of(found[0]) : null;
    }
    case "arp_op": {
      const op = parseNumber(text, 2);
      return op && Uint8Array.of(op[0] === 0 || (op[0] & op[1]) === 0xff ? op[1] : 0);
    }
    default:
      return parseNumber(text, part.place.bytes);
  }
}

/** A decimal, `0x` or octal number of at most `bytes` (≤ 8) bytes. */
export function parseNumber(text: string, bytes: number): Uint8Array | null {
  if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(text)) return null;
  const isOctal = /^0[0-7]+$/.test(text);
  let rest = BigInt(isOctal ? `0o${text.slice(1)}` : text);
  if (rest >> BigInt(8 * bytes)) return null;
  const value = new Uint8Array(bytes);
  for (let i = bytes - 1; i >= 0; i--, rest >>= 8n) value[i] = Number(rest & 0xffn);
  return value;
}

function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) return null;
  return Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16));
}

function parseIpv4(text: string): Uint8Array | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : null;
}

function parseIpv6(text: string): Uint8Array | null {
  let plain = text;
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = parseIpv4(dotted[1]);
    if (!v4) return null;
    const groups = [(v4[0] << 8) | v4[1], (v4[2] << 8) | v4[3]];
    plain = text.slice(0, dotted.index) + groups.map((group) => group.toString(16)).join(":");
  }
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...(tail ? Array<string>(missing).fill("0") : []), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  for (let i = 0; i < 8; i++) view.setUint16(2 * i, Number.parseInt(groups[i], 16));
  return value;
}

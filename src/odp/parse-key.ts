// SPDX-License-Identifier: Apache-2.0
/** Reads datapath flows as `ovs-dpctl(8)` prints them. */
import { ETH_TYPE_NONE, KEY_FIELDS as K, KEY_BYTES, VLAN_CFI } from "../../pmd/shm/flow-key.js";
import {
  HEX_ATTRIBUTES,
  type HexAttribute,
  PART_ATTRIBUTES,
  type PartAttribute,
} from "./key-attributes.js";
import { type Part, parseNumber, parsePart } from "./key-parts.js";
import { parseMpls } from "./parse-mpls.js";
import { CT_STATE_NAMES, type PortNames, TCP_FLAG_NAMES } from "./text.js";

export interface ParsedFlowKey {
  /** KEY_BYTES each. A field that was given without a mask is matched whole. */
  key: Uint8Array;
  mask: Uint8Array;
}

interface Target extends ParsedFlowKey {
  readonly keyView: DataView;
  readonly maskView: DataView;
  readonly names: PortNames | null;
  /** Tags seen so far. */
  tags: number;
  hasType: boolean;
}

/** Parses `in_port(1),eth(…),eth_type(0x0800),…`; a leading `ufid:…` is skipped. An error is the
 * stock daemon's text. */
export function parseFlowKey(
  text: string,
  names: PortNames | null = null,
): ParsedFlowKey | { error: string } {
  const key = new Uint8Array(KEY_BYTES);
  const mask = new Uint8Array(KEY_BYTES);
  const target: Target = {
    ...{ key, mask, names, tags: 0, hasType: false },
    keyView: new DataView(key.buffer),
    maskView: new DataView(mask.buffer),
  };
  const flow = text.replace(/^[\s,]*ufid:[0-9a-f-]+[\s,]*/i, "");
  const rest = parseAttributes(flow, target);
  if (rest !== null) return { error: `syntax error at ${rest}` };
  if (!target.hasType) target.keyView.setUint16(K.eth_type.offset, ETH_TYPE_NONE);
  return { key, mask };
}

/** Returns what could not be parsed, from the start of the bad attribute, or null. */
function parseAttributes(text: string, target: Target): string | null {
  let rest = text.replace(/^[\s,]+/, "");
  while (rest !== "") {
    const end = attributeEnd(rest);
    const name = /^\w+(?=\()/.exec(rest)?.[0];
    if (end < 0 || name === undefined) return rest;
    if (!parseAttribute(name, rest.slice(name.length + 1, end - 1), target)) return rest;
    rest = rest.slice(end).replace(/^[\s,]+/, "");
  }
  return null;
}

/** Index behind the closing parenthesis of the attribute that `text` starts with, or -1. */
export function attributeEnd(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth <= 0) return depth === 0 ? i + 1 : -1;
    else if (depth === 0 && !/\w/.test(text[i])) return -1;
  }
  return -1;
}

function parseAttribute(name: string, args: string, target: Target): boolean {
  switch (name) {
    case "encap":
      return parseAttributes(args, target) === null;
    case "in_port":
      return parseInPort(args, target);
    case "packet_type":
      return parsePacketType(args, target);
    case "eth_type":
      return parseType(args, target);
    case "vlan":
      return parseVlan(args, target);
    case "mpls":
      return parseMpls(args, target.keyView, target.maskView);
    case "tcp_flags":
      return parseFlags(args, TCP_FLAG_NAMES, 0xfff, (flags, mask) => {
        target.keyView.setUint16(K.tcp_flags.offset, flags);
        target.maskView.setUint16(K.tcp_flags.offset, mask);
      });
    case "ct_state":
      return parseFlags(args, CT_STATE_NAMES, 0xff, (flags, mask) => {
        target.key[K.ct_state.offset] = flags;
        target.mask[K.ct_state.offset] = mask;
      });
  }
  if (Object.hasOwn(HEX_ATTRIBUTES, name)) return parseHex(name as HexAttribute, args, target);
  if (!Object.hasOwn(PART_ATTRIBUTES, name)) return false;
  return parseParts(name as PartAttribute, args, target);
}

/** `part=value/mask,…` in any order. */
export function parseParts(name: PartAttribute, args: string, into: ParsedFlowKey): boolean {
  const parts: readonly Part[] = PART_ATTRIBUTES[name];
  return splitArguments(args).every(([partName, value]) => {
    const part = parts.find((candidate) => candidate.name === partName);
    return part !== undefined && parsePart(part, value, into.key, into.mask);
  });
}

function splitArguments(args: string): [name: string, value: string][] {
  const items = args.split(",").filter((item) => item.trim() !== "");
  return items.map((item) => {
    const equals = item.indexOf("=");
    return [item.slice(0, Math.max(equals, 0)).trim(), item.slice(equals + 1).trim()];
  });
}

function parseHex(name: HexAttribute, args: string, { key, mask }: Target): boolean {
  const { offset, bytes } = HEX_ATTRIBUTES[name];
  const [value, bits] = args.split("/");
  const parsed = parseNumber(value, bytes);
  const parsedMask = bits === undefined ? new Uint8Array(bytes).fill(0xff) : null;
  const finalMask = parsedMask ?? parseNumber(bits, bytes);
  if (!parsed || !finalMask) return false;
  key.set(parsed, offset);
  mask.set(finalMask, offset);
  return true;
}

function parseInPort(args: string, { key, mask, names }: Target): boolean {
  const [value, bits] = args.split("/");
  const number = names?.numberOf(value);
  const bytes = number === undefined ? parseNumber(value, 4) : parseNumber(String(number), 4);
  const maskBytes = bits === undefined ? new Uint8Array(4).fill(0xff) : parseNumber(bits, 4);
  if (!bytes || !maskBytes) return false;
  key.set(bytes, K.in_port.offset);
  mask.set(maskBytes, K.in_port.offset);
  return true;
}

function parsePacketType(args: string, { keyView, maskView }: Target): boolean {
  const match = /^ns=(\d+),id=(0x[0-9a-f]+|\d+)$/i.exec(args);
  if (!match) return false;
  keyView.setUint16(K.packet_type.offset, Number(match[1]));
  keyView.setUint16(K.packet_type.offset + 2, Number(match[2]));
  maskView.setUint32(K.packet_type.offset, 0xffffffff);
  return true;
}

/** The type of the frame, or the TPID when a `vlan` follows. */
function parseType(args: string, target: Target): boolean {
  const [value, bits] = args.split("/").map((item) => parseNumber(item, 2));
  if (!value || bits === null) return false;
  target.key.set(value, K.eth_type.offset);
  target.mask.set(bits ?? [0xff, 0xff], K.eth_type.offset);
  target.hasType = value[0] !== 0 || value[1] !== 0;
  return true;
}

function parseVlan(args: string, target: Target): boolean {
  if (target.tags === 2) return false;
  let tci = VLAN_CFI;
  let mask = VLAN_CFI;
  for (const [name, text] of splitArguments(args)) {
    const shift = { vid: 0, pcp: 13, cfi: 12 }[name];
    const [value, bits] = text.split("/").map(Number);
    const full = { vid: 0xfff, pcp: 7, cfi: 1 }[name];
    if (shift === undefined || full === undefined) return false;
    if (!Number.isInteger(value) || value > full || Number.isNaN(bits)) return false;
    tci = (tci & ~(full << shift)) | (value << shift);
    mask |= (bits ?? full) << shift;
  }
  const { offset } = target.tags === 0 ? K.vlan_tci0 : K.vlan_tci1;
  target.keyView.setUint16(offset, tci);
  target.maskView.setUint16(offset, mask);
  // The type that came before was the tag's.
  target.keyView.setUint16(offset + 2, target.keyView.getUint16(K.eth_type.offset));
  target.maskView.setUint16(offset + 2, 0xffff);
  target.keyView.setUint16(K.eth_type.offset, 0);
  target.hasType = false;
  target.tags++;
  return true;
}

/** `syn|ack`, `+syn-ack`, `0x2/0xff` or `0`. */
function parseFlags(
  args: string,
  names: readonly string[],
  all: number,
  set: (flags: number, mask: number) => void,
): boolean {
  const numbers = args.split("/").map((item) => parseNumber(item, 2));
  if (numbers.every((number) => number !== null)) {
    const [flags, mask] = numbers.map((number) => (number[0] << 8) | number[1]);
    set(flags, mask ?? all);
    return true;
  }
  let flags = 0;
  let mask = 0;
  const isMasked = /^[+-]/.test(args);
  const items = isMasked ? (args.match(/[+-][^+-]+/g) ?? []) : args.split("|");
  for (const item of items) {
    const bit = names.indexOf(isMasked ? item.slice(1) : item);
    if (bit < 0) return false;
    mask |= 1 << bit;
    if (!item.startsWith("-")) flags |= 1 << bit;
  }
  set(flags, isMasked ? mask : all);
  return true;
}

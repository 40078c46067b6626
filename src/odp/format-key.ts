// SPDX-License-Identifier: Apache-2.0
/** Datapath flows as text, as `dpctl/dump-flows` prints them. */
import {
  ETH_TYPE_NONE,
  FRAG_LATER,
  KEY_FIELDS as K,
  KEY_BYTES,
  KEY_OVERLAYS,
  type KeyField,
  VLAN_CFI,
} from "../../pmd/shm/flow-key.js";
import { formatMpls, nshText } from "./format-encap.js";
import {
  HEX_ATTRIBUTES,
  type HexAttribute,
  PART_ATTRIBUTES,
  type PartAttribute,
} from "./key-attributes.js";
import { formatPart, isEmptyMask, type Part } from "./key-parts.js";
import {
  CT_STATE_NAMES,
  flagsText,
  hex,
  hex4,
  hexBytes,
  maskedFlagsText,
  type PortNames,
  TCP_FLAG_NAMES,
} from "./text.js";

export interface FlowTextOptions {
  /** Print in_port by name. */
  names?: PortNames | null;
  /** Print what is not matched too (`dpctl/dump-flows -m`). */
  verbose?: boolean;
  /** Tags to print; what follows is a payload of type 0x8100 or 0x88a8. Default 1. */
  vlanLimit?: number;
}

/** A flow being printed: key and mask, padded to KEY_BYTES. */
interface Source {
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
  readonly keyView: DataView;
  readonly maskView: DataView;
  readonly verbose: boolean;
}

/** The text of `key` under `mask` (null: all of it is matched): `recirc_id(0),in_port(1),…`. */
export function formatFlowKey(
  key: Uint8Array,
  mask: Uint8Array | null,
  options: FlowTextOptions = {},
): string {
  const source = sourceOf(key, mask, options.verbose ?? false);
  const out: string[] = [];
  for (const name of ["skb_priority", "skb_mark"] as const) push(out, hexAttribute(source, name));
  push(out, ctState(source));
  for (const name of ["ct_zone", "ct_mark", "ct_label"] as const) {
    push(out, hexAttribute(source, name));
  }
  if (source.key[K.ct_nw_proto.offset] && u16(source, K.eth_type) === ETH_IPV4) {
    push(out, partAttribute(source, "ct_tuple4"));
  }
  for (const name of ["recirc_id", "dp_hash"] as const) push(out, hexAttribute(source, name));
  const inPort = source.keyView.getUint32(K.in_port.offset);
  out.push(`in_port(${options.names?.nameOf(inPort) ?? inPort})`);
  out.push(packetType(source));
  push(out, partAttribute(source, "eth"));
  out.push(...linkTexts(source, 0, options.vlanLimit ?? 1));
  return out.join(",");
}

const ALL = new Uint8Array(KEY_BYTES).fill(0xff);
const ETH_IPV4 = 0x0800;
const ETH_IPV6 = 0x86dd;

function push(out: string[], text: string | null): void {
  if (text !== null) out.push(text);
}

function sourceOf(key: Uint8Array, mask: Uint8Array | null, verbose: boolean): Source {
  const padded = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(KEY_BYTES);
    copy.set(bytes.subarray(0, KEY_BYTES));
    return copy;
  };
  const fullKey = padded(key);
  const fullMask = mask ? padded(mask) : new Uint8Array(KEY_BYTES).fill(0xff);
  return {
    key: fullKey,
    mask: fullMask,
    keyView: new DataView(fullKey.buffer),
    maskView: new DataView(fullMask.buffer),
    verbose,
  };
}

function u16({ keyView }: Source, place: KeyField): number {
  return keyView.getUint16(place.offset);
}

function hexAttribute(source: Source, name: HexAttribute): string | null {
  const place = HEX_ATTRIBUTES[name];
  const end = place.offset + place.bytes;
  const mask = source.mask.subarray(place.offset, end);
  if (!source.verbose && mask.every((byte) => byte === 0)) return null;
  const isExact = mask.every((byte) => byte === 0xff);
  const value = hexBytes(source.key.subarray(place.offset, end));
  return `${name}(${value}${isExact ? "" : `/${hexBytes(mask)}`})`;
}

function ctState(source: Source): string | null {
  const state = source.key[K.ct_state.offset];
  const mask = source.mask[K.ct_state.offset];
  if (source.verbose) return `ct_state(${hex(state)}${mask === 0xff ? "" : `/${hex(mask)}`})`;
  if (mask === 0) return null;
  return `ct_state(${maskedFlagsText(CT_STATE_NAMES, state, mask)})`;
}

function packetType({ keyView }: Source): string {
  const type = keyView.getUint32(K.packet_type.offset);
  return `packet_type(ns=${type >>> 16},id=${hex(type & 0xffff)})`;
}

/** `name(part=…)`; null when no part is matched. */
function partAttribute(source: Source, name: PartAttribute): string | null {
  const text = formatParts(name, source.key, source.mask, source.verbose);
  const parts: readonly Part[] = PART_ATTRIBUTES[name];
  if (!source.verbose && parts.every((part) => isEmptyMask(part, source.mask))) return null;
  return text;
}

/** `name(part=…,…)` of the parts that `mask` matches, or of all when `verbose`. */
export function formatParts(
  name: PartAttribute,
  key: Uint8Array,
  mask: Uint8Array,
  verbose: boolean,
): string {
  const parts: readonly Part[] = PART_ATTRIBUTES[name];
  const texts = parts.map((part) => formatPart(part, key, mask, verbose));
  return `${name}(${texts.filter((text) => text !== "").join(",")})`;
}

/** The tags from the `depth`th on, the type and what is above it. */
function linkTexts(source: Source, depth: number, vlanLimit: number): string[] {
  const { keyView, maskView, verbose } = source;
  const tag = depth === 0 ? K.vlan_tci0 : K.vlan_tci1;
  const tci = depth < 2 ? keyView.getUint16(tag.offset) : 0;
  if (tci !== 0) {
    const tpid = `eth_type(${hex4(keyView.getUint16(tag.offset + 2))})`;
    if (depth >= vlanLimit) return [tpid];
    const mask = maskView.getUint16(tag.offset);
    const vlan = verbose || mask !== 0 ? [`vlan(${tciText(tci, mask, verbose)})`] : [];
    return [tpid, ...vlan, `encap(${linkTexts(source, depth + 1, vlanLimit).join(",")})`];
  }
  const type = u16(source, K.eth_type);
  const typeMask = maskView.getUint16(K.eth_type.offset);
  if (type >= 0x600) {
    const exact = typeMask === 0xffff ? "" : `/${hex4(typeMask)}`;
    return [`eth_type(${hex4(type)}${exact})`, ...networkTexts(source, type)];
  }
  return type === ETH_TYPE_NONE && depth === 0 ? ["eth_type(0/0xffff)"] : [];
}

/** `vid=5,pcp=2`: what is matched, or set. */
export function tciText(tci: number, mask: number, verbose: boolean): string {
  const parts: string[] = [];
  const add = (name: string, value: number, bits: number, full: number): void => {
    if (!verbose && value === 0 && bits === 0) return;
    parts.push(`${name}=${value}${bits === full ? "" : `/0x${bits.toString(16)}`}`);
  };
  add("vid", tci & 0xfff, mask & 0xfff, 0xfff);
  add("pcp", tci >> 13, mask >> 13, 7);
  if (!(tci & VLAN_CFI)) parts.push("cfi=0");
  return parts.join(",");
}

function networkTexts(source: Source, type: number): string[] {
  const texts: (string | null)[] = [];
  if (type === ETH_IPV4) texts.push(partAttribute(source, "ipv4"));
  else if (type === ETH_IPV6) texts.push(partAttribute(source, "ipv6"));
  else if (type === 0x0806 || type === 0x8035) texts.push(partAttribute(source, "arp"));
  else if (type === 0x8847 || type === 0x8848) texts.push(formatMpls(source));
  else if (type === 0x894f) texts.push(nshText(source.key, source.verbose ? ALL : source.mask));
  const isIp = type === ETH_IPV4 || type === ETH_IPV6;
  if (isIp && !(source.key[K.nw_frag.offset] & FRAG_LATER)) {
    for (const name of transportOf(source, type)) {
      texts.push(name === "tcp_flags" ? tcpFlags(source) : partAttribute(source, name));
    }
  }
  return texts.filter((text) => text !== null);
}

/** The attributes above IP. */
function transportOf(source: Source, type: number): (PartAttribute | "tcp_flags")[] {
  switch (source.key[K.nw_proto.offset]) {
    case 6:
      return ["tcp", "tcp_flags"];
    case 17:
      return ["udp"];
    case 132:
      return ["sctp"];
    case 1:
      return type === ETH_IPV4 ? ["icmp"] : [];
    case 58:
      if (type !== ETH_IPV6) return [];
      if (!hasNd(source)) return ["icmpv6"];
      return hasNdExtensions(source) ? ["icmpv6", "nd", "nd_ext"] : ["icmpv6", "nd"];
    default:
      return [];
  }
}

/** Neighbour solicitations and advertisements, when type and code are matched. */
function hasNd({ key, mask, verbose }: Source): boolean {
  const type = key[K.tp_src.offset + 1];
  const isNd = (type === 135 || type === 136) && key[K.tp_dst.offset + 1] === 0;
  const isMatched = mask[K.tp_src.offset + 1] === 0xff && mask[K.tp_dst.offset + 1] === 0xff;
  return isNd && (isMatched || verbose);
}

/** Their values decide, matched or not. */
function hasNdExtensions({ key }: Source): boolean {
  const { nd_reserved: reserved, nd_options_type: type } = KEY_OVERLAYS;
  const value = key.subarray(reserved.offset, reserved.offset + reserved.bytes);
  return key[type.offset] !== 0 || value.some((byte) => byte !== 0);
}

function tcpFlags(source: Source): string | null {
  const flags = u16(source, K.tcp_flags);
  const mask = source.maskView.getUint16(K.tcp_flags.offset) & 0xfff;
  if (flags === 0 && mask === 0) return null;
  if (mask === 0 && !source.verbose) return null;
  if (mask === 0xfff) return `tcp_flags(${flagsText(TCP_FLAG_NAMES, flags)})`;
  return `tcp_flags(${maskedFlagsText(TCP_FLAG_NAMES, flags, mask)})`;
}

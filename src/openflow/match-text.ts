// SPDX-License-Identifier: Apache-2.0
/** Matches in text, as `ovs-ofctl dump-flows` prints them: fixed order, prerequisites as one word
 * (`tcp`, `arp` …) where there is one. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { ETH_TYPE, etherType, IP_PROTO } from "./field-prereqs.js";
import { formatField } from "./field-text.js";
import { field, fieldNumber, getField, type MfField } from "./fields.js";
import type { Match } from "./match.js";
import { formatIpv4Masked, formatIpv6Masked, formatMacMasked } from "./text/addresses.js";
import {
  CT_STATE_NAMES,
  formatFlagsMasked,
  TCP_FLAG_NAMES,
  TUNNEL_FLAG_NAMES,
} from "./text/flags.js";
import { formatHex, formatHexBytes } from "./text/numbers.js";
import { formatPort, type PortNames } from "./text/ports.js";

/** Priority that is not printed. */
export const DEFAULT_PRIORITY = 0x8000;

/** One word or `name=value` each, in order. */
type Parts = string[];

interface Context {
  match: Match;
  parts: Parts;
  ports?: PortNames;
}

const numbers = (c: Context, f: MfField): [value: number, mask: number] => [
  fieldNumber(c.match.flow, f),
  fieldNumber(c.match.mask, f),
];

/** `0x…[/0x…]`, zero as `0`. */
function hex32(c: Context, name: string): void {
  const [value, mask] = numbers(c, field(name));
  if (!mask) return;
  const suffix = mask === 0xffffffff ? "" : `/${formatHex(mask)}`;
  c.parts.push(`${name}=${formatHex(value)}${suffix}`);
}

/** Decimal, or `0x…/0x…` under a partial mask. */
function decimal16(c: Context, name: string, label = name): void {
  const [value, mask] = numbers(c, field(name));
  if (mask === 0xffff) c.parts.push(`${label}=${value}`);
  else if (mask) c.parts.push(`${label}=0x${value.toString(16)}/0x${mask.toString(16)}`);
}

/** Decimal when matched at all. */
function decimal(c: Context, name: string, label = name): void {
  const [value, mask] = numbers(c, field(name));
  if (mask) c.parts.push(`${label}=${value}`);
}

function wide(c: Context, f: MfField): { value: Uint8Array; mask: Uint8Array } | null {
  const mask = getField(c.match.mask, f);
  return mask.some((b) => b !== 0) ? { value: getField(c.match.flow, f), mask } : null;
}

function address(
  c: Context,
  name: string,
  format: (value: Uint8Array, mask: Uint8Array) => string,
  label = name,
): void {
  const both = wide(c, field(name));
  if (both) c.parts.push(`${label}=${format(both.value, both.mask)}`);
}

function hexWide(c: Context, name: string): void {
  address(c, name, (value, mask) => {
    const suffix = mask.every((b) => b === 0xff) ? "" : `/${formatHexBytes(mask)}`;
    return `${formatHexBytes(value)}${suffix}`;
  });
}

function putMetadata(c: Context): void {
  hex32(c, "pkt_mark");
  hex32(c, "recirc_id");
  hex32(c, "dp_hash");
  decimal(c, "conj_id");
  const [priority, priorityMask] = numbers(c, field("skb_priority"));
  if (priorityMask) c.parts.push(`skb_priority=${formatHex(priority)}`);
  const [output, outputMask] = numbers(c, field("actset_output"));
  if (outputMask) c.parts.push(`actset_output=${formatPort(output, c.ports)}`);
}

function putConntrack(c: Context): void {
  const [state, stateMask] = numbers(c, field("ct_state"));
  if (stateMask) {
    c.parts.push(`ct_state=${formatFlagsMasked(CT_STATE_NAMES, state, stateMask, 0xff)}`);
  }
  decimal16(c, "ct_zone");
  hex32(c, "ct_mark");
  hexWide(c, "ct_label");
  address(c, "ct_nw_src", formatIpv4Masked);
  address(c, "ct_ipv6_src", formatIpv6Masked);
  address(c, "ct_nw_dst", formatIpv4Masked);
  address(c, "ct_ipv6_dst", formatIpv6Masked);
  if (numbers(c, field("ct_nw_proto"))[1]) {
    decimal(c, "ct_nw_proto");
    decimal16(c, "ct_tp_src");
    decimal16(c, "ct_tp_dst");
  }
}

const IP_WORDS: Record<number, string> = {
  [IP_PROTO.TCP]: "tcp",
  [IP_PROTO.UDP]: "udp",
  [IP_PROTO.SCTP]: "sctp",
};
const TYPE_WORDS: Record<number, string> = {
  [ETH_TYPE.ARP]: "arp",
  [ETH_TYPE.RARP]: "rarp",
  [ETH_TYPE.MPLS]: "mpls",
  [ETH_TYPE.MPLS_MCAST]: "mplsm",
};

/** The word for the EtherType and protocol, and which of them it leaves to be said. */
function protocolWord(c: Context, type: number): { word?: string; saysProto: boolean } {
  if (type !== ETH_TYPE.IP && type !== ETH_TYPE.IPV6) {
    return { word: TYPE_WORDS[type], saysProto: false };
  }
  const isV4 = type === ETH_TYPE.IP;
  const [proto, protoMask] = numbers(c, field("nw_proto"));
  const icmp = isV4 ? IP_PROTO.ICMP : IP_PROTO.ICMPV6;
  const name = proto === icmp ? "icmp" : IP_WORDS[proto];
  if (protoMask && name) return { word: isV4 ? name : `${name}6`, saysProto: true };
  return { word: isV4 ? "ip" : "ipv6", saysProto: false };
}

function putTunnel(c: Context): void {
  hexWide(c, "tun_id");
  address(c, "tun_src", formatIpv4Masked);
  address(c, "tun_dst", formatIpv4Masked);
  address(c, "tun_ipv6_src", formatIpv6Masked);
  address(c, "tun_ipv6_dst", formatIpv6Masked);
  decimal16(c, "tun_gbp_id");
  const hexIf = (name: string, format: (n: number) => string, label = name): void => {
    const [value, mask] = numbers(c, field(name));
    if (mask) c.parts.push(`${label}=${format(value)}`);
  };
  hexIf("tun_gbp_flags", formatHex);
  hexIf("tun_tos", (n) => n.toString(16));
  hexIf("tun_ttl", String);
  hexIf("tun_erspan_ver", String);
  const [erspan] = numbers(c, field("tun_erspan_ver"));
  if (erspan === 1) hexIf("tun_erspan_idx", formatHex);
  if (erspan === 2) {
    hexIf("tun_erspan_dir", String);
    hexIf("tun_erspan_hwid", formatHex);
  }
  hexIf("tun_gtpu_flags", formatHex, "gtpu_flags");
  hexIf("tun_gtpu_msgtype", String, "gtpu_msgtype");
  const [flags, flagsMask] = numbers(c, field("tun_flags"));
  if (flagsMask) {
    const text = formatFlagsMasked(TUNNEL_FLAG_NAMES, flags, flagsMask, 0xf);
    c.parts.push(`tun_flags=${text}`);
  }
}

const CFI = 0x1000;
const VID = 0x0fff;
const PCP = 0xe000;

/** One tag; `suffix` is empty for the outer one. */
function putTag(c: Context, tci: number, mask: number, suffix: string): void {
  const vid = mask & VID;
  const pcp = mask & PCP;
  const isPlain = mask & CFI && tci & CFI && (!vid || vid === VID) && (!pcp || pcp === PCP);
  const hex4 = (n: number): string => `0x${n.toString(16).padStart(4, "0")}`;
  if (isPlain && (vid || pcp)) {
    if (vid) c.parts.push(`dl_vlan${suffix}=${tci & VID}`);
    if (pcp) c.parts.push(`dl_vlan_pcp${suffix}=${tci >> 13}`);
  } else {
    const maskText = mask === 0xffff ? "" : `/${hex4(mask)}`;
    c.parts.push(`vlan_tci${suffix}=${hex4(tci)}${maskText}`);
  }
}

function putVlans(c: Context): void {
  const { flow, mask } = c.match;
  const places = [KEY_FIELDS.vlan_tci0, KEY_FIELDS.vlan_tci1];
  for (const [i, place] of places.entries()) {
    const tciMask = mask.view.getUint16(place.offset);
    if (!tciMask) break;
    putTag(c, flow.view.getUint16(place.offset), tciMask, i ? String(i) : "");
  }
}

/** `value`, or `value/mask` under a partial mask, in decimal and in hexadecimal. */
function masked8(c: Context, name: string): void {
  const [value, mask] = numbers(c, field(name));
  if (mask === 0xff) c.parts.push(`${name}=${value}`);
  else if (mask) c.parts.push(`${name}=0x${hexDigits(value, 2)}/0x${hexDigits(mask, 2)}`);
}

const hexDigits = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");

function masked32(c: Context, name: string, whole: number): void {
  const [value, mask] = numbers(c, field(name));
  const suffix = mask === whole ? "" : `/0x${mask.toString(16)}`;
  if (mask) c.parts.push(`${name}=0x${value.toString(16)}${suffix}`);
}

function putNsh(c: Context): void {
  for (const name of ["nsh_flags", "nsh_ttl", "nsh_mdtype", "nsh_np"]) masked8(c, name);
  masked32(c, "nsh_spi", 0xffffff);
  masked8(c, "nsh_si");
  const [mdType, mask] = numbers(c, field("nsh_mdtype"));
  if (mask !== 0xff || mdType !== 1) return;
  for (let n = 1; n <= 4; n++) masked32(c, `nsh_c${n}`, 0xffffffff);
}

function putAddresses(c: Context, type: number): void {
  if (type === ETH_TYPE.IPV6) {
    address(c, "ipv6_src", formatIpv6Masked);
    address(c, "ipv6_dst", formatIpv6Masked);
    const [label, mask] = numbers(c, field("ipv6_label"));
    const hex5 = (n: number): string => `0x${n.toString(16).padStart(5, "0")}`;
    if (mask) {
      c.parts.push(`ipv6_label=${hex5(label)}${mask === 0xffffffff ? "" : `/${hex5(mask)}`}`);
    }
    return;
  }
  if (type === ETH_TYPE.NSH) {
    putNsh(c);
    return;
  }
  const isArp = type === ETH_TYPE.ARP || type === ETH_TYPE.RARP;
  address(c, "ip_src", formatIpv4Masked, isArp ? "arp_spa" : "nw_src");
  address(c, "ip_dst", formatIpv4Masked, isArp ? "arp_tpa" : "nw_dst");
}

/** Labels below the outermost, which only megaflows match. */
function lowerLabel(c: Context, name: "mpls_lse1" | "mpls_lse2"): void {
  const { offset } = KEY_FIELDS[name];
  const value = c.match.flow.view.getUint32(offset);
  const mask = c.match.mask.view.getUint32(offset);
  if (mask === 0xffffffff) c.parts.push(`${name}=${value}`);
  else if (mask) c.parts.push(`${name}=0x${hexDigits(value, 8)}/0x${hexDigits(mask, 8)}`);
}

function putIpRest(c: Context, isArp: boolean, saysProto: boolean): void {
  if (!saysProto) decimal(c, "nw_proto", isArp ? "arp_op" : "nw_proto");
  if (isArp) {
    address(c, "arp_sha", formatMacMasked);
    address(c, "arp_tha", formatMacMasked);
  }
  decimal(c, "nw_tos");
  decimal(c, "nw_ecn");
  decimal(c, "nw_ttl");
  decimal(c, "mpls_label");
  decimal(c, "mpls_tc");
  decimal(c, "mpls_ttl");
  decimal(c, "mpls_bos");
  lowerLabel(c, "mpls_lse1");
  lowerLabel(c, "mpls_lse2");
  const frag = field("ip_frag");
  const [value, mask] = numbers(c, frag);
  if (mask) {
    const text = formatField(frag, Uint8Array.of(value), Uint8Array.of(mask));
    c.parts.push(`nw_frag=${text}`);
  }
}

function putTransport(c: Context, type: number): void {
  const proto = fieldNumber(c.match.flow, field("nw_proto"));
  const isIcmp = type === ETH_TYPE.IP && proto === IP_PROTO.ICMP;
  const isIcmp6 = type === ETH_TYPE.IPV6 && proto === IP_PROTO.ICMPV6;
  decimal16(c, "tcp_src", isIcmp || isIcmp6 ? "icmp_type" : "tp_src");
  decimal16(c, "tcp_dst", isIcmp || isIcmp6 ? "icmp_code" : "tp_dst");
  if (isIcmp6) {
    address(c, "nd_target", formatIpv6Masked);
    address(c, "nd_sll", formatMacMasked);
    address(c, "nd_tll", formatMacMasked);
    decimal(c, "nd_reserved");
    decimal(c, "nd_options_type");
  }
  const isIp = type === ETH_TYPE.IP || type === ETH_TYPE.IPV6;
  const [flags, mask] = numbers(c, field("tcp_flags"));
  if (isIp && proto === IP_PROTO.TCP && mask) {
    const text = formatFlagsMasked(TCP_FLAG_NAMES, flags, mask & 0xfff, 0xfff);
    c.parts.push(`tcp_flags=${text}`);
  }
}

/**
 * The match as text; empty when it matches everything. `priority` is printed first unless it is
 * the default (pass DEFAULT_PRIORITY to leave it out).
 */
export function formatMatch(
  match: Match,
  priority: number = DEFAULT_PRIORITY,
  ports?: PortNames,
): string {
  const c: Context = { match, parts: [], ports };
  const type = etherType(match.flow);
  if (priority !== DEFAULT_PRIORITY) c.parts.push(`priority=${priority}`);
  putMetadata(c);
  putConntrack(c);
  const packetType = wide(c, field("packet_type"));
  if (packetType) {
    c.parts.push(formatField(field("packet_type"), packetType.value, packetType.mask));
  }
  const typeMask = numbers(c, field("eth_type"))[1];
  const { word, saysProto } = typeMask ? protocolWord(c, type) : { saysProto: false };
  if (word) c.parts.push(word);
  for (let n = 0; n < 16; n++) hex32(c, `reg${n}`);
  putTunnel(c);
  hexWide(c, "metadata");
  const [inPort, inPortMask] = numbers(c, field("in_port_oxm"));
  if (inPortMask) c.parts.push(`in_port=${formatPort(inPort, ports)}`);
  putVlans(c);
  address(c, "eth_src", formatMacMasked, "dl_src");
  address(c, "eth_dst", formatMacMasked, "dl_dst");
  if (typeMask && !word) c.parts.push(`dl_type=0x${type.toString(16).padStart(4, "0")}`);
  putAddresses(c, type);
  putIpRest(c, type === ETH_TYPE.ARP || type === ETH_TYPE.RARP, saysProto);
  putTransport(c, type);
  return c.parts.join(",");
}

// SPDX-License-Identifier: Apache-2.0
/** The match part of a flow in text: `ovs-fields(7)`. */
import { bytesToBigint, getField, isAllOnes, isAllZeros } from "./field-access.js";
import { ETH_TYPE, IP_PROTO } from "./field-prereqs.js";
import { formatField, parseField } from "./field-text.js";
import { field, fieldByName, fieldNumber, fieldValue, type MfField, matchField } from "./fields.js";
import type { Match } from "./match.js";
import { keepEthernetImplicit } from "./nxm-match.js";
import { PROTOCOLS, protocolsForField } from "./protocols.js";
import { parseSubfield, subfieldMask } from "./subfield.js";
import { scanBytes, syntaxError } from "./text/numbers.js";
import type { PortNames } from "./text/ports.js";

/** Words that stand for an EtherType and a protocol. */
const WORDS: Readonly<Record<string, readonly [type: number, proto: number]>> = {
  ip: [ETH_TYPE.IP, 0],
  ipv4: [ETH_TYPE.IP, 0],
  ip4: [ETH_TYPE.IP, 0],
  arp: [ETH_TYPE.ARP, 0],
  icmp: [ETH_TYPE.IP, IP_PROTO.ICMP],
  tcp: [ETH_TYPE.IP, IP_PROTO.TCP],
  udp: [ETH_TYPE.IP, IP_PROTO.UDP],
  sctp: [ETH_TYPE.IP, IP_PROTO.SCTP],
  ipv6: [ETH_TYPE.IPV6, 0],
  ip6: [ETH_TYPE.IPV6, 0],
  icmp6: [ETH_TYPE.IPV6, IP_PROTO.ICMPV6],
  tcp6: [ETH_TYPE.IPV6, IP_PROTO.TCP],
  udp6: [ETH_TYPE.IPV6, IP_PROTO.UDP],
  sctp6: [ETH_TYPE.IPV6, IP_PROTO.SCTP],
  rarp: [ETH_TYPE.RARP, 0],
  mpls: [ETH_TYPE.MPLS, 0],
  mplsm: [ETH_TYPE.MPLS_MCAST, 0],
};
const F = {
  type: field("eth_type"),
  proto: field("nw_proto"),
  tos: field("nw_tos"),
  ecn: field("nw_ecn"),
  tpSrc: field("tcp_src"),
  tpDst: field("tcp_dst"),
};

/** A match being read, and the flow formats (PROTOCOL bits) that can still carry it. */
export interface MatchDraft {
  readonly match: Match;
  usable: number;
}

function restrict(draft: MatchDraft, f: MfField, mask: Uint8Array): void {
  if (isAllZeros(mask)) return;
  draft.usable &= protocolsForField(f, isAllOnes(mask) ? null : mask);
}

/** Takes a word such as `tcp`; false when `name` is none. */
export function takeProtocolWord(draft: MatchDraft, name: string): boolean {
  // Every packet has an Ethernet header here.
  if (name === "eth") return true;
  if (!Object.hasOwn(WORDS, name)) return false;
  const [type, proto] = WORDS[name];
  matchField(draft.match, F.type, type);
  if (proto) matchField(draft.match, F.proto, proto);
  return true;
}

/** Takes `field=value`; false when `name` is no field. Prerequisites are not checked: a switch
 * does that. Throws the stock tools' message. */
export function takeField(
  draft: MatchDraft,
  name: string,
  text: string,
  ports?: PortNames,
): boolean {
  const f = fieldByName(name);
  if (!f) return false;
  const { value, mask } = parseField(f, text === "" ? "0/0" : text, ports);
  restrict(draft, f, mask);
  matchField(draft.match, f, value, mask);
  keepEthernetImplicit(draft.match, f);
  return true;
}

/** Takes `field[first..last]=value`. Throws the stock tools' message. */
export function takeSubfield(draft: MatchDraft, name: string, text: string): void {
  const sf = parseSubfield(name);
  const scanned = scanBytes(text, sf.field.bytes);
  if ("error" in scanned || scanned.tail !== "") {
    throw syntaxError(`${name}: cannot parse integer value: ${text}`);
  }
  const number = bytesToBigint(scanned.value);
  if (number >> BigInt(sf.bits)) {
    const shown = formatField(sf.field, scanned.value);
    throw syntaxError(`${name}: value ${shown} does not fit into ${sf.bits} bits`);
  }
  const bits = subfieldMask(sf);
  const mask = getField(draft.match.mask, sf.field).map((b, i) => b | bits[i]);
  const added = fieldValue(sf.field, number << BigInt(sf.start));
  const value = getField(draft.match.flow, sf.field).map((b, i) => (b & ~bits[i]) | added[i]);
  restrict(draft, sf.field, mask);
  matchField(draft.match, sf.field, value, mask);
}

/** Formats that know no IPv6 cannot carry matches on what is inside it. Call when all is read. */
export function restrictIpv6(draft: MatchDraft): void {
  const { flow, mask } = draft.match;
  if (fieldNumber(flow, F.type) !== ETH_TYPE.IPV6) return;
  const inner = [F.proto, F.tos, F.ecn, F.tpSrc, F.tpDst];
  if (inner.some((f) => fieldNumber(mask, f))) draft.usable &= PROTOCOLS.NXM_OXM;
}

// SPDX-License-Identifier: Apache-2.0
/** The match part of a flow in text; ovs-fields(7). */

import { getField, isAllWild } from "../../openflow/field-access.js";
import { ETH_TYPE, IP_PROTO } from "../../openflow/field-prereqs.js";
import { parseField } from "../../openflow/field-text.js";
import { field, fieldByName, isValueValid, matchField } from "../../openflow/fields.js";
import type { Match } from "../../openflow/match.js";
import { PROTOCOLS, protocolsForField } from "../../openflow/protocols.js";
import { parseSubfield, subfieldMask } from "../../openflow/subfield.js";
import { parseU64 } from "../../openflow/text/numbers.js";
import type { PortNames } from "../../openflow/text/ports.js";
import { CliError } from "../invocation.js";

/** Words that stand for an EtherType and a protocol. */
const SHORTHANDS: Readonly<Record<string, readonly [type: number, proto?: number]>> = {
  ip: [ETH_TYPE.IP],
  ipv4: [ETH_TYPE.IP],
  ip4: [ETH_TYPE.IP],
  arp: [ETH_TYPE.ARP],
  icmp: [ETH_TYPE.IP, IP_PROTO.ICMP],
  tcp: [ETH_TYPE.IP, IP_PROTO.TCP],
  udp: [ETH_TYPE.IP, IP_PROTO.UDP],
  sctp: [ETH_TYPE.IP, IP_PROTO.SCTP],
  ipv6: [ETH_TYPE.IPV6],
  ip6: [ETH_TYPE.IPV6],
  icmp6: [ETH_TYPE.IPV6, IP_PROTO.ICMPV6],
  tcp6: [ETH_TYPE.IPV6, IP_PROTO.TCP],
  udp6: [ETH_TYPE.IPV6, IP_PROTO.UDP],
  sctp6: [ETH_TYPE.IPV6, IP_PROTO.SCTP],
  rarp: [ETH_TYPE.RARP],
  mpls: [ETH_TYPE.MPLS],
  mplsm: [ETH_TYPE.MPLS_MCAST],
};

/** A match under construction, and the flow formats (PROTOCOL bits) that can carry it. */
export interface MatchDraft {
  readonly match: Match;
  usable: number;
}

/** Takes a word such as `tcp`; false when `name` is none. */
export function applyShorthand(draft: MatchDraft, name: string): boolean {
  // Every packet here has an Ethernet header.
  if (name === "eth") return true;
  const found = SHORTHANDS[name];
  if (found === undefined) return false;
  const [type, proto] = found;
  matchField(draft.match, field("eth_type"), type);
  if (proto !== undefined) matchField(draft.match, field("nw_proto"), proto);
  return true;
}

/** Takes `name=value` when `name` is a field; false when it is none. Throws CliError. */
export function applyField(
  draft: MatchDraft,
  name: string,
  text: string,
  ports: PortNames | undefined,
): boolean {
  const found = fieldByName(name);
  if (found === null) return false;
  if (text === "") return true;
  const { value, mask } = parseField(found, text, ports);
  const exact = mask.every((byte) => byte === 0xff);
  draft.usable &= protocolsForField(found, exact ? null : mask);
  matchField(draft.match, found, value, mask);
  return true;
}

/** Takes `field[first..last]=value`. Throws CliError. */
export function applySubfield(draft: MatchDraft, name: string, text: string): void {
  const subfield = parseSubfield(name);
  const number = parseU64(text);
  if (subfield.bits < 64 && number >> BigInt(subfield.bits) !== 0n) {
    const value = `0x${number.toString(16)}`;
    throw new CliError(`${name}: value ${value} does not fit into ${subfield.bits} bits`);
  }
  const bits = subfieldMask(subfield);
  const mask = getField(draft.match.mask, subfield.field).map((byte, i) => byte | bits[i]!);
  const value = getField(draft.match.flow, subfield.field);
  let rest = number << BigInt(subfield.start);
  for (let i = value.length - 1; i >= 0; i--) {
    value[i] = (value[i]! & ~bits[i]!) | (Number(rest & 0xffn) & bits[i]!);
    rest >>= 8n;
  }
  if (!isValueValid(subfield.field, value)) throw new CliError(`${text}: invalid value`);
  const exact = mask.every((byte) => byte === 0xff);
  draft.usable &= protocolsForField(subfield.field, exact ? null : mask);
  matchField(draft.match, subfield.field, value, mask);
}

const ABOVE_IPV6 = ["nw_proto", "nw_tos", "tcp_src", "tcp_dst"];

/** What is above IPv6, only NXM and OXM can match. */
export function restrictByEtherType(draft: MatchDraft): void {
  const { flow, mask } = draft.match;
  if (flow.view.getUint16(field("eth_type").offset) !== ETH_TYPE.IPV6) return;
  if (ABOVE_IPV6.some((name) => !isAllWild(mask, field(name)))) draft.usable &= PROTOCOLS.NXM_OXM;
}

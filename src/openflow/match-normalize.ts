// SPDX-License-Identifier: Apache-2.0
/** Dropping from a match what its EtherType and protocol make meaningless. */
import { KEY_FIELDS, type KeyFieldName } from "../../pmd/shm/flow-key.js";
import { ETH_TYPE, etherType, IP_PROTO } from "./field-prereqs.js";
import type { Match } from "./match.js";

const NW_ADDRESS: KeyFieldName[] = ["nw_src", "nw_dst"];
const TP_ADDRESS: KeyFieldName[] = ["tp_src", "tp_dst"];
const IP_ANY: KeyFieldName[] = ["nw_tos", "nw_ttl"];
const IPV6: KeyFieldName[] = ["ipv6_src", "ipv6_dst", "ipv6_label"];
const MPLS: KeyFieldName[] = ["mpls_lse0", "mpls_lse1", "mpls_lse2"];
const ALL: KeyFieldName[] = [
  ...NW_ADDRESS,
  ...TP_ADDRESS,
  "nw_proto",
  ...IP_ANY,
  "arp_sha",
  "arp_tha",
  ...IPV6,
  "nd_target",
  ...MPLS,
];

const PORT_PROTOCOLS: number[] = [IP_PROTO.TCP, IP_PROTO.UDP, IP_PROTO.SCTP];
const ND_SOLICIT = 135;
const ND_ADVERT = 136;

function meaningful(match: Match): KeyFieldName[] {
  const { view } = match.flow;
  const proto = view.getUint8(KEY_FIELDS.nw_proto.offset);
  const hasPorts = PORT_PROTOCOLS.includes(proto);
  switch (etherType(match.flow)) {
    case ETH_TYPE.IP: {
      const ports = hasPorts || proto === IP_PROTO.ICMP ? TP_ADDRESS : [];
      return ["nw_proto", ...IP_ANY, ...NW_ADDRESS, ...ports];
    }
    case ETH_TYPE.IPV6: {
      const fields: KeyFieldName[] = ["nw_proto", ...IP_ANY, ...IPV6];
      if (hasPorts || proto === IP_PROTO.ICMPV6) fields.push(...TP_ADDRESS);
      if (proto !== IP_PROTO.ICMPV6) return fields;
      const type = view.getUint16(KEY_FIELDS.tp_src.offset);
      // nd_reserved lies where IPv4 has its source (KEY_OVERLAYS of pmd/shm/flow-key.ts).
      if (type === ND_SOLICIT) fields.push("nd_target", "arp_sha", "nw_src");
      if (type === ND_ADVERT) fields.push("nd_target", "arp_tha", "nw_src");
      return fields;
    }
    case ETH_TYPE.ARP:
    case ETH_TYPE.RARP:
      return ["nw_proto", ...NW_ADDRESS, "arp_sha", "arp_tha"];
    case ETH_TYPE.MPLS:
    case ETH_TYPE.MPLS_MCAST:
      return MPLS;
    case ETH_TYPE.NSH:
      // The NSH lies where IPv6 has its addresses.
      return ["ipv6_src", "ipv6_dst"];
    default:
      return [];
  }
}

/** Makes wild, in place, what cannot be matched under the match's EtherType and protocol (a
 * switch does so with every flow-mod). True if anything changed. */
export function normalizeMatch(match: Match): boolean {
  const keep = new Set(meaningful(match));
  let changed = false;
  for (const name of ALL) {
    if (keep.has(name)) continue;
    const { offset, bytes } = KEY_FIELDS[name];
    const mask = match.mask.bytes.subarray(offset, offset + bytes);
    if (!mask.some((b) => b !== 0)) continue;
    mask.fill(0);
    match.flow.bytes.fill(0, offset, offset + bytes);
    changed = true;
  }
  return changed;
}

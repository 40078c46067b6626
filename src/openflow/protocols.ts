// SPDX-License-Identifier: Apache-2.0
/**
 * Flow formats: OpenFlow versions and, within 1.0, with or without NXM and with or without table
 * numbers in flow-mods. Text is read into the set of formats that can carry it
 * (`ovs-ofctl(8)`, `-F`).
 */

import type { MfField } from "./mf-field.js";
import { ipMaskPrefix } from "./text/addresses.js";

export const PROTOCOL = {
  OF10_STD: 1 << 0,
  OF10_STD_TID: 1 << 1,
  OF10_NXM: 1 << 2,
  OF10_NXM_TID: 1 << 3,
  OF11: 1 << 4,
  OF12: 1 << 5,
  OF13: 1 << 6,
  OF14: 1 << 7,
  OF15: 1 << 8,
} as const;

const P = PROTOCOL;
const OF10_NXM_ANY = P.OF10_NXM | P.OF10_NXM_TID;
const OF10_STD_ANY = P.OF10_STD | P.OF10_STD_TID;
const OXM = P.OF12 | P.OF13 | P.OF14 | P.OF15;

/** Unions of PROTOCOL bits. */
export const PROTOCOLS = {
  NONE: 0,
  ANY: 0x1ff,
  OF10: OF10_STD_ANY | OF10_NXM_ANY,
  NXM_OXM: OF10_NXM_ANY | OXM,
  NXM_OF11_UP: OF10_NXM_ANY | P.OF11 | OXM,
  OF11_UP: P.OF11 | OXM,
  OF13_UP: P.OF13 | P.OF14 | P.OF15,
  OF15_UP: P.OF15,
  /** Can name a table. */
  TID: P.OF10_STD_TID | P.OF10_NXM_TID | P.OF11 | OXM,
} as const;

const words = (text: string): Set<string> => new Set(text.split(" "));
/** Fields of the fixed matches of OpenFlow 1.0 and 1.1, by how they can be masked there. */
const OF10_EXACT = words(
  "in_port eth_src eth_dst eth_type vlan_tci dl_vlan vlan_vid dl_vlan_pcp vlan_pcp nw_proto " +
    "nw_tos ip_dscp arp_op tcp_src tcp_dst udp_src udp_dst icmp_type icmp_code",
);
const OF10_CIDR = words("ip_src ip_dst arp_spa arp_tpa");
const OF11_EXACT = words(
  "in_port in_port_oxm eth_type vlan_tci dl_vlan vlan_vid dl_vlan_pcp vlan_pcp mpls_label " +
    "mpls_tc nw_proto nw_tos ip_dscp nw_ecn arp_op tcp_src tcp_dst udp_src udp_dst sctp_src " +
    "sctp_dst icmp_type icmp_code",
);
const OF11_BITWISE = words("metadata eth_src eth_dst ip_src ip_dst arp_spa arp_tpa");
/** No wire header, but every version has another way to say it. */
const SAID_OTHERWISE = words("dl_vlan dl_vlan_pcp");

/** Formats that can match `field`: exactly (`mask` null), or under the mask. */
export function protocolsForField(field: MfField, mask: Uint8Array | null): number {
  const { name } = field;
  let protocols = field.headers.length || SAID_OTHERWISE.has(name) ? PROTOCOLS.NXM_OXM : 0;
  const isCidr = mask !== null && mask.length === 4 && ipMaskPrefix(mask) >= 0;
  if (mask === null ? OF10_EXACT.has(name) || OF10_CIDR.has(name) : OF10_CIDR.has(name) && isCidr) {
    protocols |= OF10_STD_ANY;
  }
  if (OF11_BITWISE.has(name) || (mask === null && OF11_EXACT.has(name))) protocols |= P.OF11;
  return protocols;
}

/** Names that `-F` takes and messages use, in the order in which a set is described. */
const NAMES: readonly (readonly [name: string, bits: number])[] = [
  ["any", PROTOCOLS.ANY],
  ["OpenFlow10", OF10_STD_ANY],
  ["NXM", OF10_NXM_ANY],
  ["OXM", OXM],
  ["OpenFlow10-table_id", P.OF10_STD],
  ["OpenFlow10+table_id", P.OF10_STD_TID],
  ["NXM-table_id", P.OF10_NXM],
  ["NXM+table_id", P.OF10_NXM_TID],
  ["OpenFlow11", P.OF11],
  ["OXM-OpenFlow12", P.OF12],
  ["OXM-OpenFlow13", P.OF13],
  ["OXM-OpenFlow14", P.OF14],
  ["OXM-OpenFlow15", P.OF15],
];

/** A set of formats in words: `OpenFlow10,OXM`; `none` when empty. */
export function formatProtocols(protocols: number): string {
  const found: string[] = [];
  let rest = protocols;
  for (const [name, bits] of NAMES) {
    if ((rest & bits) !== bits) continue;
    found.push(name);
    rest &= ~bits;
  }
  return found.join(",") || "none";
}

/** The formats that a name of `-F` means, in any case; 0 when it is none. */
export function protocolsByName(name: string): number {
  return NAMES.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1] ?? 0;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The attributes of a datapath flow (`ovs-dpctl(8)`): names, parts and places in the flow key.
 * One table serves formatting, parsing and the `set` action.
 */
import { KEY_FIELDS as K, type KeyField, KEY_OVERLAYS as O } from "../../pmd/shm/flow-key.js";
import type { Part, PartKind } from "./key-parts.js";

const part = (name: string, place: KeyField, kind: PartKind): Part => ({ name, place, kind });

const ports = [part("src", K.tp_src, "decimal"), part("dst", K.tp_dst, "decimal")];
const icmp = [part("type", K.tp_src, "icmp"), part("code", K.tp_dst, "icmp")];

/** Attributes of the form `name(part=…,part=…)`. */
export const PART_ATTRIBUTES = {
  eth: [part("src", K.eth_src, "eth"), part("dst", K.eth_dst, "eth")],
  ipv4: [
    part("src", K.nw_src, "ipv4"),
    part("dst", K.nw_dst, "ipv4"),
    part("proto", K.nw_proto, "decimal"),
    part("tos", K.nw_tos, "hex"),
    part("ttl", K.nw_ttl, "decimal"),
    part("frag", K.nw_frag, "frag"),
  ],
  ipv6: [
    part("src", K.ipv6_src, "ipv6"),
    part("dst", K.ipv6_dst, "ipv6"),
    part("label", K.ipv6_label, "label"),
    part("proto", K.nw_proto, "decimal"),
    part("tclass", K.nw_tos, "hex"),
    part("hlimit", K.nw_ttl, "decimal"),
    part("frag", K.nw_frag, "frag"),
  ],
  arp: [
    part("sip", K.nw_src, "ipv4"),
    part("tip", K.nw_dst, "ipv4"),
    part("op", K.nw_proto, "arp_op"),
    part("sha", K.arp_sha, "eth"),
    part("tha", K.arp_tha, "eth"),
  ],
  tcp: ports,
  udp: ports,
  sctp: ports,
  icmp,
  icmpv6: icmp,
  nd: [
    part("target", K.nd_target, "ipv6"),
    part("sll", K.arp_sha, "eth"),
    part("tll", K.arp_tha, "eth"),
  ],
  nd_ext: [
    part("nd_reserved", O.nd_reserved, "hex"),
    part("nd_options_type", O.nd_options_type, "decimal"),
  ],
  ct_tuple4: [
    part("src", K.ct_nw_src, "ipv4"),
    part("dst", K.ct_nw_dst, "ipv4"),
    part("proto", K.ct_nw_proto, "decimal"),
    part("tp_src", K.ct_tp_src, "decimal"),
    part("tp_dst", K.ct_tp_dst, "decimal"),
  ],
} as const satisfies Record<string, readonly Part[]>;

export type PartAttribute = keyof typeof PART_ATTRIBUTES;

/** Attributes of the form `name(0x…/0x…)`. */
export const HEX_ATTRIBUTES = {
  skb_priority: K.skb_priority,
  skb_mark: K.pkt_mark,
  ct_zone: K.ct_zone,
  ct_mark: K.ct_mark,
  ct_label: K.ct_label,
  recirc_id: K.recirc_id,
  dp_hash: K.dp_hash,
} as const satisfies Record<string, KeyField>;

export type HexAttribute = keyof typeof HEX_ATTRIBUTES;

// SPDX-License-Identifier: Apache-2.0
/** What must hold before a field may be matched or set, and which values make sense:
 * `ovs-fields(7)`, "Prerequisites" and each field's text. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { bytesToNumber, isAllOnes, isAllZeros } from "./field-access.js";
import type { Flow } from "./flow.js";
import type { MfField, MfPrereq } from "./mf-field.js";

const K = KEY_FIELDS;
export const ETH_TYPE = {
  IP: 0x0800,
  ARP: 0x0806,
  RARP: 0x8035,
  VLAN: 0x8100,
  QINQ: 0x88a8,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  MPLS_MCAST: 0x8848,
  NSH: 0x894f,
} as const;
export const IP_PROTO = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132 } as const;
const ND_SOLICIT = 135;
const ND_ADVERT = 136;
const FRAG_LATER = 2;
const CT = { NEW: 1, EST: 2, REL: 4, RPL: 8, INV: 16, TRK: 32, SNAT: 64, DNAT: 128 } as const;
const CT_IMPLIES_VALID = CT.NEW | CT.EST | CT.REL | CT.RPL | CT.SNAT | CT.DNAT;

/** Packet types (`ovs-fields(7)`, packet_type): namespace << 16 | type. */
const PT_ETH = 0;
const PT_NS_ETHERTYPE = 1;

function u8(flow: Flow, place: { offset: number }): number {
  return flow.view.getUint8(place.offset);
}
function u16(flow: Flow, place: { offset: number }): number {
  return flow.view.getUint16(place.offset);
}

/** The EtherType, also of packets that have no Ethernet header. */
export function etherType(flow: Flow): number {
  const packetType = flow.view.getUint32(K.packet_type.offset);
  if (packetType === PT_ETH) return u16(flow, K.eth_type);
  return packetType >>> 16 === PT_NS_ETHERTYPE ? packetType & 0xffff : 0;
}

const isEthernet = (flow: Flow): boolean => flow.view.getUint32(K.packet_type.offset) === PT_ETH;
const isIp = (flow: Flow): boolean => {
  const type = etherType(flow);
  return type === ETH_TYPE.IP || type === ETH_TYPE.IPV6;
};
const isL4 = (flow: Flow, proto: number): boolean =>
  isIp(flow) && u8(flow, K.nw_proto) === proto && !(u8(flow, K.nw_frag) & FRAG_LATER);
const isIcmpv6 = (flow: Flow): boolean =>
  etherType(flow) === ETH_TYPE.IPV6 && u8(flow, K.nw_proto) === IP_PROTO.ICMPV6;
const isNd = (flow: Flow, ...types: number[]): boolean =>
  isIcmpv6(flow) && u16(flow, K.tp_dst) === 0 && types.includes(u16(flow, K.tp_src));

function isCtValid(flow: Flow, mask: Flow | undefined): boolean {
  const state = u8(flow, K.ct_state);
  if (!mask) return (state & (CT.NEW | CT.EST | CT.RPL)) !== 0;
  const excludesInvalid =
    (state & CT.TRK) !== 0 && (u8(mask, K.ct_state) & CT.INV) !== 0 && !(state & CT.INV);
  return (state & CT_IMPLIES_VALID) !== 0 || excludesInvalid;
}

const CHECKS: Record<MfPrereq, (flow: Flow, mask?: Flow) => boolean> = {
  none: () => true,
  ethernet: isEthernet,
  arp: (f) => etherType(f) === ETH_TYPE.ARP || etherType(f) === ETH_TYPE.RARP,
  vlan: (f) => isEthernet(f) && (u16(f, K.vlan_tci0) & 0x1000) !== 0,
  ipv4: (f) => etherType(f) === ETH_TYPE.IP,
  ipv6: (f) => etherType(f) === ETH_TYPE.IPV6,
  ip: isIp,
  mpls: (f) => etherType(f) === ETH_TYPE.MPLS || etherType(f) === ETH_TYPE.MPLS_MCAST,
  nsh: (f) => etherType(f) === ETH_TYPE.NSH,
  ct: isCtValid,
  tcp: (f) => isL4(f, IP_PROTO.TCP),
  udp: (f) => isL4(f, IP_PROTO.UDP),
  sctp: (f) => isL4(f, IP_PROTO.SCTP),
  icmpv4: (f) => etherType(f) === ETH_TYPE.IP && u8(f, K.nw_proto) === IP_PROTO.ICMP,
  icmpv6: isIcmpv6,
  nd: (f) => isNd(f, ND_SOLICIT, ND_ADVERT),
  nd_solicit: (f) => isNd(f, ND_SOLICIT),
  nd_advert: (f) => isNd(f, ND_ADVERT),
};

/** True if `flow` meets the field's prerequisites. With `mask`, `flow` is a match, in which
 * conntrack validity is judged by what is matched; without, a packet. */
export function prereqsOk(field: MfField, flow: Flow, mask?: Flow): boolean {
  return CHECKS[field.prereq](flow, mask);
}

/** Whether the field allows this mask: maskable ones any, the others none or all. */
export function isMaskValid(field: MfField, mask: Uint8Array): boolean {
  return field.maskable || isAllOnes(mask) || isAllZeros(mask);
}

/** Value bits that can ever be set, where not all can. */
const VALID_BITS: Record<string, number> = {
  nw_tos: 0xfc,
  ip_dscp: 0x3f,
  nw_ecn: 0x03,
  ip_frag: 0x03,
  tcp_flags: 0x0fff,
  arp_op: 0x00ff,
  dl_vlan: 0x0fff,
  vlan_vid: 0x1fff,
  dl_vlan_pcp: 0x07,
  vlan_pcp: 0x07,
  ipv6_label: 0xfffff,
  mpls_label: 0xfffff,
  mpls_tc: 0x07,
  mpls_bos: 0x01,
  tun_flags: 0x0001,
  ct_state: 0xff,
};

/** False for values that no packet can have, e.g. a 4-bit PCP or a port between the 16-bit range
 * and the reserved ports. */
export function isValueValid(field: MfField, value: Uint8Array): boolean {
  if (field.format === "ofport32") return isPort32Valid(bytesToNumber(value));
  const bits = VALID_BITS[field.name];
  return bits === undefined || !(bytesToNumber(value) & ~bits);
}

/** OpenFlow 1.1+ port numbers that have an OpenFlow 1.0 twin; others are OFPBAC_BAD_OUT_PORT. */
export function isPort32Valid(port: number): boolean {
  return port < 0xff00 || port >= 0xffffff00;
}

const PIPELINE = /^(tun_(?!ttl|tos)|metadata$|in_port|x{0,2}reg\d|packet_type$)/;

/** Fields that a packet-out of OpenFlow 1.5 may carry (pipeline fields). */
export function isPipelineField(field: MfField): boolean {
  return PIPELINE.test(field.name);
}

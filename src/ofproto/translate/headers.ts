// SPDX-License-Identifier: Apache-2.0
/** Reading and writing the headers of a Flow by their place in the key, without a field table. */
import { FRAG_LATER, KEY_FIELDS, VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import { FLOW_FIELDS, type Flow } from "../../openflow/flow.js";

export const ETH_TYPE = {
  IPV4: 0x0800,
  ARP: 0x0806,
  RARP: 0x8035,
  VLAN_8021Q: 0x8100,
  VLAN_8021AD: 0x88a8,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  MPLS_MCAST: 0x8848,
  NSH: 0x894f,
} as const;

export const IP_PROTO = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132 } as const;

/** Offsets into a Flow. */
export const AT = {
  dpInPort: KEY_FIELDS.in_port.offset,
  recircId: KEY_FIELDS.recirc_id.offset,
  ethDst: KEY_FIELDS.eth_dst.offset,
  ethSrc: KEY_FIELDS.eth_src.offset,
  ethType: KEY_FIELDS.eth_type.offset,
  vlan0: KEY_FIELDS.vlan_tci0.offset,
  vlan1: KEY_FIELDS.vlan_tci1.offset,
  nwFrag: KEY_FIELDS.nw_frag.offset,
  nwProto: KEY_FIELDS.nw_proto.offset,
  nwSrc: KEY_FIELDS.nw_src.offset,
  nwDst: KEY_FIELDS.nw_dst.offset,
  nwTos: KEY_FIELDS.nw_tos.offset,
  nwTtl: KEY_FIELDS.nw_ttl.offset,
  tpSrc: KEY_FIELDS.tp_src.offset,
  tpDst: KEY_FIELDS.tp_dst.offset,
  skbPriority: KEY_FIELDS.skb_priority.offset,
  dpHash: KEY_FIELDS.dp_hash.offset,
  packetType: KEY_FIELDS.packet_type.offset,
  /** Three label stack entries. */
  mpls: KEY_FIELDS.mpls_lse0.offset,
  /** The tunnel's fields are together. */
  tunId: KEY_FIELDS.tun_id.offset,
  tunnelEnd: KEY_FIELDS.tun_erspan_idx.offset + KEY_FIELDS.tun_erspan_idx.bytes,
  tunDst: KEY_FIELDS.tun_dst.offset,
  tunIpv6Dst: KEY_FIELDS.tun_ipv6_dst.offset,
  /** ct_state and ct_zone. */
  ctState: KEY_FIELDS.ct_state.offset,
  /** ct_mark and the original tuple. */
  ctMark: KEY_FIELDS.ct_mark.offset,
  ctTupleEnd: KEY_FIELDS.ct_nw_dst.offset + KEY_FIELDS.ct_nw_dst.bytes,
  ctLabel: KEY_FIELDS.ct_label.offset,
  ipv6Src: KEY_FIELDS.ipv6_src.offset,
  ipv6LabelEnd: KEY_FIELDS.ipv6_label.offset + KEY_FIELDS.ipv6_label.bytes,
  inPort: FLOW_FIELDS.in_port.offset,
  actsetOutput: FLOW_FIELDS.actset_output.offset,
  metadata: FLOW_FIELDS.metadata.offset,
} as const;

export const VLAN_VID_MASK = 0x0fff;
export const VLAN_PCP_MASK = 0xe000;

export function ethType(flow: Flow): number {
  return flow.view.getUint16(AT.ethType);
}

export function isIp(flow: Flow): boolean {
  const type = ethType(flow);
  return type === ETH_TYPE.IPV4 || type === ETH_TYPE.IPV6;
}

export function isIcmp(flow: Flow): boolean {
  return ethType(flow) === ETH_TYPE.IPV4 && flow.bytes[AT.nwProto] === IP_PROTO.ICMP;
}

export function isIcmpv6(flow: Flow): boolean {
  return ethType(flow) === ETH_TYPE.IPV6 && flow.bytes[AT.nwProto] === IP_PROTO.ICMPV6;
}

export function isLaterFragment(flow: Flow): boolean {
  return (flow.bytes[AT.nwFrag] & FRAG_LATER) !== 0;
}

export function isVlanType(type: number): boolean {
  return type === ETH_TYPE.VLAN_8021Q || type === ETH_TYPE.VLAN_8021AD;
}

/** TCI of tag `i` (0 is the outer one), 0 when it is not there. */
export function vlanTci(flow: Flow, i: number): number {
  return flow.view.getUint16(AT.vlan0 + 4 * i);
}

export function vlanTpid(flow: Flow, i: number): number {
  return flow.view.getUint16(AT.vlan0 + 4 * i + 2);
}

export function setVlan(flow: Flow, i: number, tci: number, tpid: number): void {
  flow.view.setUint16(AT.vlan0 + 4 * i, tci);
  flow.view.setUint16(AT.vlan0 + 4 * i + 2, tpid);
}

/** Marks bits of the TCI of tag `i`. */
export function markTci(wc: Flow, i: number, bits: number): void {
  setVlan(wc, i, vlanTci(wc, i) | bits, vlanTpid(wc, i));
}

/** Number of tags, 0 … 2. */
export function vlanCount(flow: Flow): number {
  if (!(vlanTci(flow, 0) & VLAN_CFI)) return 0;
  return vlanTci(flow, 1) & VLAN_CFI ? 2 : 1;
}

/** The OpenFlow in_port. */
export function inPort(flow: Flow): number {
  return flow.view.getUint32(AT.inPort);
}

export function setInPort(flow: Flow, ofpPort: number): void {
  flow.view.setUint32(AT.inPort, ofpPort);
}

/** Marks `length` whole bytes of `wc`. */
export function mark(wc: Flow, offset: number, length: number): void {
  for (let i = offset; i < offset + length; i++) wc.bytes[i] = 0xff;
}

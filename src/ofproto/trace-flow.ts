// SPDX-License-Identifier: Apache-2.0
/** Flows of single packets as text: read without wildcards, printed with what the packet has. */
import { FRAG_LATER, KEY_FIELDS as K, KEY_OVERLAYS } from "../../pmd/shm/flow-key.js";
import { OperatorError } from "../lib/errors.js";
import { parseFieldExact } from "../openflow/field-text.js";
import { fieldByName, getField, type MfField, prereqsOk, setField } from "../openflow/fields.js";
import { FLOW_FIELDS, Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { OFPP } from "../openflow/ofp-actions.js";
import { keyValues } from "../openflow/text/key-value.js";
import type { PortNames } from "../openflow/text/ports.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  IP_PROTO,
  inPort,
  isIcmpv6,
  isIp,
  mark,
  setInPort,
  vlanTci,
} from "./translate/headers.js";

/** Words that stand for an EtherType and a protocol. */
const PROTOCOLS: Record<string, readonly [type: number, proto: number]> = {
  eth: [0, 0],
  ip: [ETH_TYPE.IPV4, 0],
  ipv4: [ETH_TYPE.IPV4, 0],
  ip4: [ETH_TYPE.IPV4, 0],
  arp: [ETH_TYPE.ARP, 0],
  rarp: [ETH_TYPE.RARP, 0],
  icmp: [ETH_TYPE.IPV4, IP_PROTO.ICMP],
  tcp: [ETH_TYPE.IPV4, IP_PROTO.TCP],
  udp: [ETH_TYPE.IPV4, IP_PROTO.UDP],
  sctp: [ETH_TYPE.IPV4, IP_PROTO.SCTP],
  ipv6: [ETH_TYPE.IPV6, 0],
  ip6: [ETH_TYPE.IPV6, 0],
  icmp6: [ETH_TYPE.IPV6, IP_PROTO.ICMPV6],
  tcp6: [ETH_TYPE.IPV6, IP_PROTO.TCP],
  udp6: [ETH_TYPE.IPV6, IP_PROTO.UDP],
  sctp6: [ETH_TYPE.IPV6, IP_PROTO.SCTP],
  mpls: [ETH_TYPE.MPLS, 0],
  mplsm: [ETH_TYPE.MPLS_MCAST, 0],
};

/** Reads a flow as `ovs-ofctl(8)` writes matches, but without masks: `in_port=1,tcp,tp_dst=80`.
 * The fields marked in `mask`, if it is given, are those that were named. An error is the stock
 * daemon's text. */
export function parseExactFlow(
  text: string,
  ports?: PortNames,
  mask?: Flow,
): Flow | { error: string } {
  const flow = new Flow();
  for (const { key, value } of keyValues(text)) {
    const problem =
      key in PROTOCOLS
        ? setProtocol(flow, PROTOCOLS[key], mask)
        : setNamed(flow, key, value, ports, mask);
    if (problem !== null) return { error: `${text}: ${problem}` };
  }
  if (inPort(flow) === 0) setInPort(flow, OFPP.NONE);
  return flow;
}

function setProtocol(
  flow: Flow,
  [type, proto]: readonly [number, number],
  mask?: Flow,
): string | null {
  if (ethType(flow) !== 0) return "Ethernet type set multiple times";
  flow.view.setUint16(AT.ethType, type);
  if (mask) mark(mask, AT.ethType, 2);
  if (proto === 0) return null;
  if (flow.bytes[AT.nwProto] !== 0) return "network protocol set multiple times";
  flow.bytes[AT.nwProto] = proto;
  if (mask) mark(mask, AT.nwProto, 1);
  return null;
}

function setNamed(
  flow: Flow,
  name: string,
  text: string,
  ports?: PortNames,
  mask?: Flow,
): string | null {
  const field = fieldByName(name);
  if (!field) return `unknown field ${name}`;
  if (!prereqsOk(field, flow)) return `prerequisites not met for setting ${name}`;
  if (isSet(flow, field)) return `field ${name} set multiple times`;
  try {
    setField(flow, field, parseFieldExact(field, text, ports));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return `bad value for ${name} (${error.message})`;
  }
  if (mask) setField(mask, field, new Uint8Array(field.bytes).fill(0xff));
  return null;
}

function isSet(flow: Flow, field: MfField): boolean {
  return getField(flow, field).some((byte) => byte !== 0);
}

/** A packet's flow as a match on everything that the packet has; metadata that is 0 is left out.
 * What `formatMatch` makes of it is how packets are shown. */
export function matchOfPacket(flow: Flow): Match {
  const mask = new Flow();
  markMetadata(flow, mask);
  if (flow.view.getUint32(AT.packetType) !== 0) {
    mark(mask, AT.packetType, 4);
  } else {
    mark(mask, AT.ethDst, 14);
    mark(mask, AT.vlan0, 4);
    if (vlanTci(flow, 0) !== 0) mark(mask, AT.vlan1, 4);
  }
  markNetwork(flow, mask);
  const shown = new Flow();
  for (let i = 0; i < shown.words.length; i++) shown.words[i] = flow.words[i] & mask.words[i];
  return { flow: shown, mask };
}

/** Metadata that is shown unless it is 0. */
const METADATA = [
  FLOW_FIELDS.in_port,
  FLOW_FIELDS.metadata,
  K.skb_priority,
  K.pkt_mark,
  K.recirc_id,
  K.dp_hash,
  K.ct_state,
  K.ct_zone,
  K.ct_mark,
  K.ct_label,
  K.tun_id,
  ...Array.from({ length: 16 }, (_, i) => ({ offset: FLOW_FIELDS.regs.offset + 4 * i, bytes: 4 })),
];

function markMetadata(flow: Flow, mask: Flow): void {
  for (const { offset, bytes } of METADATA) {
    const value = flow.bytes.subarray(offset, offset + bytes);
    if (value.some((byte) => byte !== 0)) mark(mask, offset, bytes);
  }
  const isConnection = flow.bytes[K.ct_nw_proto.offset] !== 0 && isIp(flow);
  if (isConnection && flow.bytes[K.ct_state.offset] & 0x0f) {
    mark(mask, K.ct_nw_proto.offset, 1);
    mark(mask, K.ct_tp_src.offset, 4);
    if (ethType(flow) === ETH_TYPE.IPV4) mark(mask, K.ct_nw_src.offset, 8);
  }
}

const BOTTOM_OF_STACK = 0x100;
const HAS_PORTS: readonly number[] = [...Object.values(IP_PROTO), 2];

function markNetwork(flow: Flow, mask: Flow): void {
  const type = ethType(flow);
  if (type === ETH_TYPE.ARP || type === ETH_TYPE.RARP) {
    mark(mask, AT.nwProto, 9);
    mark(mask, K.arp_sha.offset, 12);
    return;
  }
  if (type === ETH_TYPE.MPLS || type === ETH_TYPE.MPLS_MCAST) {
    for (const { offset } of [K.mpls_lse0, K.mpls_lse1, K.mpls_lse2]) {
      mark(mask, offset, 4);
      if (flow.view.getUint32(offset) & BOTTOM_OF_STACK) return;
    }
    return;
  }
  if (type === ETH_TYPE.NSH) {
    mark(mask, KEY_OVERLAYS.nsh_flags.offset, 24);
    // The stock switch shows fields of IP that are not there, too.
    mark(mask, AT.nwFrag, 2);
    mark(mask, AT.nwTos, 2);
    return;
  }
  if (!isIp(flow)) return;
  if (type === ETH_TYPE.IPV4) mark(mask, AT.nwSrc, 8);
  else mark(mask, AT.ipv6Src, 32);
  if (type === ETH_TYPE.IPV6) mark(mask, K.ipv6_label.offset, 4);
  mark(mask, AT.nwFrag, 2);
  mark(mask, AT.nwTos, 2);
  if (isIcmpv6(flow)) {
    mark(mask, AT.tpDst, 2);
    if (flow.view.getUint16(AT.tpDst) === 0) mark(mask, AT.tpSrc, 2);
  }
  if (isNeighbour(flow)) {
    mark(mask, K.nd_target.offset, 16);
    mark(mask, K.arp_sha.offset, 12);
  }
  if (flow.bytes[AT.nwFrag] & FRAG_LATER || !HAS_PORTS.includes(flow.bytes[AT.nwProto])) return;
  mark(mask, AT.tpSrc, 4);
  if (flow.bytes[AT.nwProto] === IP_PROTO.TCP) mark(mask, K.tcp_flags.offset, 2);
}

function isNeighbour(flow: Flow): boolean {
  const type = flow.view.getUint16(AT.tpSrc);
  return isIcmpv6(flow) && flow.view.getUint16(AT.tpDst) === 0 && (type === 135 || type === 136);
}

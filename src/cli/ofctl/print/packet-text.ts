// SPDX-License-Identifier: Apache-2.0
/** Packets in text: the headers as a flow, then the checksum of the transport header. */
import { FRAG_LATER, KEY_FIELDS as K, KEY_BYTES } from "../../../../pmd/shm/flow-key.js";
import { extractKey } from "../../../odp/extract-key.js";
import { ETH_TYPE, IP_PROTO } from "../../../openflow/field-prereqs.js";
import { Flow } from "../../../openflow/flow.js";
import { formatMatch } from "../../../openflow/match-text.js";

type Field = keyof typeof K;

const IP_FIELDS: readonly Field[] = ["nw_proto", "nw_tos", "nw_ttl", "nw_frag"];
const PROTOCOLS_WITH_PORTS: readonly number[] = [
  IP_PROTO.TCP,
  IP_PROTO.UDP,
  IP_PROTO.SCTP,
  IP_PROTO.ICMP,
  IP_PROTO.ICMPV6,
  IP_PROTO.IGMP,
];

function transportFields(flow: Flow, type: number): Field[] {
  const proto = flow.view.getUint8(K.nw_proto.offset);
  const later = flow.view.getUint8(K.nw_frag.offset) & FRAG_LATER;
  if (later || !PROTOCOLS_WITH_PORTS.includes(proto)) return [];
  const fields: Field[] = ["tp_src", "tp_dst"];
  if (proto === IP_PROTO.TCP) fields.push("tcp_flags");
  const icmpType = flow.view.getUint16(K.tp_src.offset);
  const isNeighbour = icmpType === 135 || icmpType === 136;
  if (type === ETH_TYPE.IPV6 && proto === IP_PROTO.ICMPV6 && isNeighbour) {
    fields.push("nd_target", "arp_sha", "arp_tha");
  }
  return fields;
}

/** The fields that a packet of this kind has. */
function fieldsOf(flow: Flow): Field[] {
  const fields: Field[] = ["eth_dst", "eth_src", "eth_type", "vlan_tci0"];
  if (flow.view.getUint16(K.vlan_tci0.offset) !== 0) fields.push("vlan_tci1");
  const type = flow.view.getUint16(K.eth_type.offset);
  if (type === ETH_TYPE.IP) {
    return [...fields, "nw_src", "nw_dst", ...IP_FIELDS, ...transportFields(flow, type)];
  }
  if (type === ETH_TYPE.IPV6) {
    const addresses: Field[] = ["ipv6_src", "ipv6_dst", "ipv6_label"];
    return [...fields, ...addresses, ...IP_FIELDS, ...transportFields(flow, type)];
  }
  if (type === ETH_TYPE.ARP || type === ETH_TYPE.RARP) {
    fields.push("nw_src", "nw_dst", "nw_proto", "arp_sha", "arp_tha");
  }
  return fields;
}

/** Offset of the network header of an Ethernet frame. */
function networkOffset(packet: Uint8Array): number {
  let at = 12;
  const type = (): number => (packet[at]! << 8) | packet[at + 1]!;
  while (type() === 0x8100 || type() === 0x88a8) at += 4;
  return at + 2;
}

const CHECKSUMS: Readonly<Record<number, readonly [name: string, offset: number, bytes: number]>> =
  {
    [IP_PROTO.TCP]: ["tcp_csum", 16, 2],
    [IP_PROTO.UDP]: ["udp_csum", 6, 2],
    [IP_PROTO.SCTP]: ["sctp_csum", 8, 4],
    [IP_PROTO.ICMP]: ["icmp_csum", 2, 2],
    [IP_PROTO.ICMPV6]: ["icmp6_csum", 2, 2],
  };

/** ` tcp_csum:1a2b`, or nothing when the packet has no whole transport header. */
function checksumText(packet: Uint8Array, flow: Flow): string {
  const type = flow.view.getUint16(K.eth_type.offset);
  const found = CHECKSUMS[flow.view.getUint8(K.nw_proto.offset)];
  if (found === undefined) return "";
  const network = networkOffset(packet);
  const header =
    type === ETH_TYPE.IP ? (packet[network]! & 15) * 4 : type === ETH_TYPE.IPV6 ? 40 : undefined;
  if (header === undefined) return "";
  const [name, offset, bytes] = found;
  const at = network + header + offset;
  if (packet.length < at + bytes) return "";
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + packet[at + i]!;
  return ` ${name}:${value.toString(16)}`;
}

/** One line about an Ethernet frame. */
export function packetText(packet: Uint8Array): string {
  const flow = new Flow();
  extractKey(packet, flow.bytes.subarray(0, KEY_BYTES));
  const mask = new Flow();
  for (const name of fieldsOf(flow)) {
    const { offset, bytes } = K[name];
    mask.bytes.fill(0xff, offset, offset + bytes);
  }
  for (let i = 0; i < flow.words.length; i++) flow.words[i]! &= mask.words[i]!;
  return `${formatMatch({ flow, mask })}${checksumText(packet, flow)}\n`;
}

// SPDX-License-Identifier: Apache-2.0
/** The opposite of `extractKey`: a packet whose key is the given one. */
import { ETH_TYPE_NONE, KEY_FIELDS as K, VLAN_CFI } from "../../pmd/shm/flow-key.js";
import { composeTransport, internetChecksum } from "./compose-transport.js";

const FRAG_ANY = 1;
const FRAG_LATER = 2;
const ARP_TYPES = [0x0806, 0x8035];
const MPLS_TYPES = [0x8847, 0x8848];
const MPLS_BOTTOM = 0x100;

/** A key with the ways to read it. */
export class KeyReader {
  private readonly view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u8(field: { offset: number }): number {
    return this.bytes[field.offset]!;
  }
  u16(field: { offset: number }): number {
    return this.view.getUint16(field.offset);
  }
  u32(field: { offset: number }): number {
    return this.view.getUint32(field.offset);
  }
  part({ offset, bytes }: { offset: number; bytes: number }): Uint8Array {
    return this.bytes.subarray(offset, offset + bytes);
  }
}

/**
 * @param key KEY_BYTES bytes.
 * @param payload bytes behind the transport header, 0, 1, 2 …, where the protocol has any.
 * @param length zero bytes are appended up to that length; undefined when the packet is longer.
 */
export function composePacket(
  key: Uint8Array,
  payload: number,
  length?: number,
): Uint8Array | undefined {
  const reader = new KeyReader(key);
  const link = linkHeader(reader);
  const rest = networkPart(reader, payload, 0);
  const bytes = link.length + rest.length;
  if (length === undefined || length === bytes) return finish(reader, link, rest);
  if (length < bytes) return undefined;
  return finish(reader, link, networkPart(reader, payload, length - bytes));
}

function finish(reader: KeyReader, link: Uint8Array, rest: Uint8Array): Uint8Array {
  const packet = Uint8Array.from([...link, ...rest]);
  // An 802.3 frame has its length in the place of the type.
  if (reader.u16(K.eth_type) === ETH_TYPE_NONE) put16(packet, 12, packet.length);
  return packet;
}

function linkHeader(reader: KeyReader): Uint8Array {
  const header = [...reader.part(K.eth_dst), ...reader.part(K.eth_src)];
  const tags = [
    [K.vlan_tpid0, K.vlan_tci0],
    [K.vlan_tpid1, K.vlan_tci1],
  ] as const;
  for (const [tpid, tci] of tags) {
    if (!(reader.u16(tci) & VLAN_CFI)) continue;
    const number = reader.u16(tci) & ~VLAN_CFI;
    header.push(...reader.part(tpid), number >> 8, number & 0xff);
  }
  header.push(...reader.part(K.eth_type));
  return Uint8Array.from(header);
}

/** What is behind the EtherType, with `padding` zero bytes at its end. */
function networkPart(reader: KeyReader, payload: number, padding: number): Uint8Array {
  const type = reader.u16(K.eth_type);
  const pad = new Uint8Array(padding);
  if (type === 0x0800) return ipv4(reader, payload, pad);
  if (type === 0x86dd) return ipv6(reader, payload, pad);
  if (ARP_TYPES.includes(type)) return Uint8Array.from([...arp(reader), ...pad]);
  if (MPLS_TYPES.includes(type)) return Uint8Array.from([...mpls(reader), ...pad]);
  return pad;
}

function ipv4(reader: KeyReader, payload: number, pad: Uint8Array): Uint8Array {
  const frag = reader.u8(K.nw_frag);
  const offset = frag & FRAG_LATER ? 100 : 0;
  const header = new Uint8Array(20);
  header[0] = 0x45;
  header[1] = reader.u8(K.nw_tos);
  put16(header, 6, (frag & FRAG_ANY ? 0x2000 : 0) | offset);
  header[8] = reader.u8(K.nw_ttl);
  header[9] = reader.u8(K.nw_proto);
  header.set(reader.part(K.nw_src), 12);
  header.set(reader.part(K.nw_dst), 16);
  const addresses = header.subarray(12, 20);
  const rest = frag & FRAG_LATER ? pad : composeTransport(reader, payload, pad, addresses);
  put16(header, 2, 20 + rest.length);
  put16(header, 10, internetChecksum([header]));
  return Uint8Array.from([...header, ...rest]);
}

function ipv6(reader: KeyReader, payload: number, pad: Uint8Array): Uint8Array {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x60000000 | (reader.u8(K.nw_tos) << 20) | reader.u32(K.ipv6_label));
  header[6] = reader.u8(K.nw_proto);
  header[7] = reader.u8(K.nw_ttl);
  header.set(reader.part(K.ipv6_src), 8);
  header.set(reader.part(K.ipv6_dst), 24);
  const later = reader.u8(K.nw_frag) & FRAG_LATER;
  const rest = later ? pad : composeTransport(reader, payload, pad, header.subarray(8, 40));
  put16(header, 4, rest.length);
  return Uint8Array.from([...header, ...rest]);
}

function arp(reader: KeyReader): Uint8Array {
  const body = new Uint8Array(28);
  body.set([0, 1, 8, 0, 6, 4, 0, reader.u8(K.nw_proto)]);
  const isKnown = reader.u8(K.nw_proto) === 1 || reader.u8(K.nw_proto) === 2;
  if (!isKnown) return body;
  body.set(reader.part(K.arp_sha), 8);
  body.set(reader.part(K.nw_src), 14);
  body.set(reader.part(K.arp_tha), 18);
  body.set(reader.part(K.nw_dst), 24);
  return body;
}

/** The label stack down to its bottom, or all three. */
function mpls(reader: KeyReader): Uint8Array {
  const entries = [K.mpls_lse0, K.mpls_lse1, K.mpls_lse2];
  const bottom = entries.findIndex((entry) => reader.u32(entry) & MPLS_BOTTOM);
  const stack = entries.slice(0, bottom < 0 ? entries.length : bottom + 1);
  return Uint8Array.from(stack.flatMap((entry) => [...reader.part(entry)]));
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

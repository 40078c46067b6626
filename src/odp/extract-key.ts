// SPDX-License-Identifier: Apache-2.0
/**
 * Extracts the flow key from a packet, for packets that do not come through the datapath
 * (packet-outs, traces). The datapath's own extraction gives the same (pmd/shm/flow-key.ts says
 * what each field is). A header that is cut short or inconsistent ends the extraction: the fields
 * from there on are 0.
 */
import {
  ETH_TYPE_NONE,
  FRAG_ANY,
  FRAG_LATER,
  KEY_FIELDS as K,
  KEY_OVERLAYS as O,
  VLAN_CFI,
} from "../../pmd/shm/flow-key.js";

interface Cursor {
  readonly packet: Uint8Array;
  readonly view: DataView;
  readonly key: Uint8Array;
  readonly keyView: DataView;
  at: number;
  /** End of the part being parsed: padding behind an IP packet is not part of it. */
  end: number;
}

/** Writes the header fields of `packet`, an Ethernet frame, into `key` (at least KEY_BYTES);
 * metadata fields stay as they are. At most `vlanLimit` tags are parsed. */
export function extractKey(packet: Uint8Array, key: Uint8Array, vlanLimit = 2): void {
  key.fill(0, K.eth_dst.offset, K.ct_state.offset);
  key.fill(0, K.ipv6_src.offset, K.pkt_mark.offset);
  const cursor: Cursor = {
    packet,
    view: new DataView(packet.buffer, packet.byteOffset, packet.byteLength),
    key,
    keyView: new DataView(key.buffer, key.byteOffset, key.byteLength),
    at: 12,
    end: packet.length,
  };
  if (packet.length < 14) return;
  key.set(packet.subarray(0, 12), K.eth_dst.offset);
  parseTags(cursor, vlanLimit);
  const type = parseType(cursor);
  cursor.keyView.setUint16(K.eth_type.offset, type);
  if (type === 0x0800) parseIpv4(cursor);
  else if (type === 0x86dd) parseIpv6(cursor);
  else if (type === 0x0806 || type === 0x8035) parseArp(cursor);
  else if (type === 0x8847 || type === 0x8848) parseMpls(cursor);
  else if (type === 0x894f) parseNsh(cursor);
}

const left = ({ at, end }: Cursor): number => end - at;

function copy(cursor: Cursor, from: number, to: number, length: number): void {
  cursor.key.set(cursor.packet.subarray(cursor.at + from, cursor.at + from + length), to);
}

function parseTags(cursor: Cursor, limit: number): void {
  const { view, keyView } = cursor;
  for (const tag of [K.vlan_tci0, K.vlan_tci1].slice(0, limit)) {
    const tpid = view.getUint16(cursor.at);
    if ((tpid !== 0x8100 && tpid !== 0x88a8) || left(cursor) < 6) return;
    keyView.setUint16(tag.offset, view.getUint16(cursor.at + 2) | VLAN_CFI);
    keyView.setUint16(tag.offset + 2, tpid);
    cursor.at += 4;
  }
}

/** An EtherType, that of a SNAP header, or ETH_TYPE_NONE. */
function parseType(cursor: Cursor): number {
  const { view, packet } = cursor;
  const type = view.getUint16(cursor.at);
  cursor.at += 2;
  if (type >= 0x600) return type;
  const snap = [0xaa, 0xaa, 0x03, 0, 0, 0];
  if (left(cursor) < 8 || !snap.every((byte, i) => packet[cursor.at + i] === byte)) {
    return ETH_TYPE_NONE;
  }
  const snapType = view.getUint16(cursor.at + 6);
  cursor.at += 8;
  return snapType >= 0x600 ? snapType : ETH_TYPE_NONE;
}

function parseIpv4(cursor: Cursor): void {
  const { packet, view, key, at } = cursor;
  if (left(cursor) < 20) return;
  const headerLength = (packet[at] & 0x0f) * 4;
  const totalLength = view.getUint16(at + 2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > left(cursor)) return;
  cursor.end = at + totalLength;
  copy(cursor, 12, K.nw_src.offset, 8);
  key[K.nw_tos.offset] = packet[at + 1];
  key[K.nw_ttl.offset] = packet[at + 8];
  key[K.nw_proto.offset] = packet[at + 9];
  const fragment = view.getUint16(at + 6);
  if (fragment & 0x3fff) key[K.nw_frag.offset] = FRAG_ANY;
  if (fragment & 0x1fff) key[K.nw_frag.offset] |= FRAG_LATER;
  cursor.at += headerLength;
  if (!(fragment & 0x1fff)) parseTransport(cursor, packet[at + 9], 4);
}

function parseIpv6(cursor: Cursor): void {
  const { packet, view, key, keyView, at } = cursor;
  if (left(cursor) < 40) return;
  const payload = view.getUint16(at + 4);
  if (payload > left(cursor) - 40) return;
  cursor.end = at + 40 + payload;
  const first = view.getUint32(at);
  cursor.at += 40;
  const next = skipExtensions(cursor, packet[at + 6]);
  if (next === null) return;
  key.set(packet.subarray(at + 8, at + 40), K.ipv6_src.offset);
  keyView.setUint32(K.ipv6_label.offset, first & 0xfffff);
  key[K.nw_tos.offset] = (first >>> 20) & 0xff;
  key[K.nw_ttl.offset] = packet[at + 7];
  key[K.nw_proto.offset] = next;
  if (!(key[K.nw_frag.offset] & FRAG_LATER)) parseTransport(cursor, next, 6);
}

/** Skips IPv6 extension headers, noting fragmentation. Returns the protocol behind them (that of
 * the fragment header for a later fragment), null when a header is cut short. */
function skipExtensions(cursor: Cursor, first: number): number | null {
  const { packet, view, key } = cursor;
  let next = first;
  while (next === 0 || next === 43 || next === 60 || next === 51 || next === 44) {
    const { at } = cursor;
    if (left(cursor) < 8) return null;
    const kind = next;
    next = packet[at];
    let length = (packet[at + 1] + 1) * 8;
    if (kind === 51) length = (packet[at + 1] + 2) * 4;
    if (kind === 44) length = 8;
    if (left(cursor) < length) return null;
    cursor.at += length;
    if (kind !== 44) continue;
    const fragment = view.getUint16(at + 2);
    if (fragment !== 0) key[K.nw_frag.offset] = FRAG_ANY;
    if (fragment & 0xfff8) {
      key[K.nw_frag.offset] |= FRAG_LATER;
      return 44;
    }
  }
  return next;
}

/** The outermost labels (RFC 3032), up to the bottom of the stack. */
function parseMpls(cursor: Cursor): void {
  const { packet } = cursor;
  for (const label of [K.mpls_lse0, K.mpls_lse1, K.mpls_lse2]) {
    if (left(cursor) < 4) return;
    copy(cursor, 0, label.offset, 4);
    if (packet[cursor.at + 2] & 1) return;
    cursor.at += 4;
  }
}

/** The base header and the context headers of type 1 (RFC 8300 §2). */
function parseNsh(cursor: Cursor): void {
  const { packet, view, key, at } = cursor;
  if (left(cursor) < 8) return;
  const first = view.getUint16(at);
  const length = (first & 63) * 4;
  const type = packet[at + 2];
  const isLengthGood = type === 1 ? length === 24 : type !== 2 || length >= 8;
  if (length > left(cursor) || first >> 14 !== 0 || !isLengthGood) return;
  key[O.nsh_flags.offset] = (first >> 12) & 3;
  key[O.nsh_ttl.offset] = (first >> 6) & 63;
  key[O.nsh_mdtype.offset] = type;
  key[O.nsh_np.offset] = packet[at + 3];
  copy(cursor, 4, O.nsh_path_hdr.offset, type === 1 ? 20 : 4);
}

function parseArp(cursor: Cursor): void {
  const { view, key, at } = cursor;
  if (left(cursor) < 28) return;
  if (view.getUint32(at) !== 0x00010800 || view.getUint16(at + 4) !== 0x0604) return;
  const op = view.getUint16(at + 6);
  if (op <= 0xff) key[K.nw_proto.offset] = op;
  copy(cursor, 14, K.nw_src.offset, 4);
  copy(cursor, 24, K.nw_dst.offset, 4);
  copy(cursor, 8, K.arp_sha.offset, 6);
  copy(cursor, 18, K.arp_tha.offset, 6);
}

/** Smallest length of the headers that have ports. */
const PORT_HEADERS: Record<number, number> = { 6: 20, 17: 8, 132: 12 };

function parseTransport(cursor: Cursor, protocol: number, version: 4 | 6): void {
  const { packet, view, key, keyView, at } = cursor;
  const minimum = PORT_HEADERS[protocol];
  if (minimum !== undefined && left(cursor) >= minimum) {
    const headerLength = protocol === 6 ? (packet[at + 12] >> 4) * 4 : minimum;
    if (headerLength < minimum || headerLength > left(cursor)) return;
    copy(cursor, 0, K.tp_src.offset, 4);
    if (protocol === 6) keyView.setUint16(K.tcp_flags.offset, view.getUint16(at + 12) & 0x0fff);
  } else if (protocol === (version === 4 ? 1 : 58) && left(cursor) >= 8) {
    key[K.tp_src.offset + 1] = packet[at];
    key[K.tp_dst.offset + 1] = packet[at + 1];
    if (version === 6) parseNeighbour(cursor);
  }
}

/** The target and the link-layer addresses of neighbour discovery (RFC 4861 §4.3, §4.4). */
function parseNeighbour(cursor: Cursor): void {
  const { packet, key } = cursor;
  const type = packet[cursor.at];
  if ((type !== 135 && type !== 136) || packet[cursor.at + 1] !== 0) return;
  copy(cursor, 4, O.nd_reserved.offset, 4);
  cursor.at += 8;
  if (left(cursor) < 16) return;
  copy(cursor, 0, K.nd_target.offset, 16);
  cursor.at += 16;
  const seen = new Set<number>();
  while (left(cursor) >= 8) {
    const option = packet[cursor.at];
    const length = packet[cursor.at + 1] * 8;
    if (length === 0 || length > left(cursor)) return;
    if ((option === 1 || option === 2) && length === 8) {
      const place = option === 1 ? K.arp_sha : K.arp_tha;
      if (seen.has(option)) {
        // An option given twice makes all of it void.
        key.fill(0, K.nd_target.offset, K.nd_target.offset + 16);
        key.fill(0, K.arp_sha.offset, K.arp_tha.offset + 6);
        return;
      }
      copy(cursor, 2, place.offset, 6);
      key[O.nd_options_type.offset] ||= option;
      if (key.subarray(place.offset, place.offset + 6).some((byte) => byte !== 0)) seen.add(option);
    }
    cursor.at += length;
  }
}

// SPDX-License-Identifier: Apache-2.0
/** Transport headers from a flow key, with right checksums. */
import { KEY_FIELDS as K } from "../../pmd/shm/flow-key.js";
import type { KeyReader } from "./compose-packet.js";

const TCP_NO_DATA = 0x07; // FIN, SYN, RST

/** RFC 1071 over the concatenated parts, each of even length but the last. */
export function internetChecksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) sum += i & 1 ? part[i]! : part[i]! << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

interface Segment {
  readonly header: Uint8Array;
  readonly hasPayload: boolean;
  /** Where the checksum goes; absent: there is none. */
  readonly checksumAt?: number;
  /** The checksum also covers the addresses. */
  readonly pseudo?: boolean;
}

type Composer = (reader: KeyReader) => Segment;

const COMPOSERS: Readonly<Record<number, Composer>> = {
  1: icmp,
  2: (reader) => {
    const header = new Uint8Array(8);
    header.set([reader.u16(K.tp_src), reader.u16(K.tp_dst)]);
    return { header, hasPayload: false, checksumAt: 2 };
  },
  6: tcp,
  17: (reader) => {
    const header = new Uint8Array(8);
    header.set(reader.part(K.tp_src));
    header.set(reader.part(K.tp_dst), 2);
    return { header, hasPayload: true, checksumAt: 6, pseudo: true };
  },
  58: icmp6,
  132: (reader) => {
    const header = new Uint8Array(12);
    header.set(reader.part(K.tp_src));
    header.set(reader.part(K.tp_dst), 2);
    return { header, hasPayload: false };
  },
};

/** Header, payload and padding of the key's protocol; `addresses` are source and destination of
 * the network header. */
export function composeTransport(
  reader: KeyReader,
  payload: number,
  padding: Uint8Array,
  addresses: Uint8Array,
): Uint8Array {
  const protocol = reader.u8(K.nw_proto);
  const segment = COMPOSERS[protocol]?.(reader);
  if (!segment) return padding;
  const { header, hasPayload, checksumAt, pseudo } = segment;
  const data = Uint8Array.from({ length: hasPayload ? payload : 0 }, (_, i) => i & 0xff);
  const bytes = Uint8Array.from([...header, ...data, ...padding]);
  const view = new DataView(bytes.buffer);
  if (protocol === 17) view.setUint16(4, bytes.length);
  if (checksumAt !== undefined) {
    const tail = [0, protocol, bytes.length >> 8, bytes.length & 0xff];
    const before = pseudo ? [addresses, Uint8Array.from(tail)] : [];
    const sum = internetChecksum([...before, bytes]);
    view.setUint16(checksumAt, protocol === 17 && sum === 0 ? 0xffff : sum);
  }
  return bytes;
}

function tcp(reader: KeyReader): Segment {
  const header = new Uint8Array(20);
  const flags = reader.u16(K.tcp_flags);
  header.set(reader.part(K.tp_src));
  header.set(reader.part(K.tp_dst), 2);
  header[12] = 0x50 | (flags >> 8);
  header[13] = flags & 0xff;
  return { header, hasPayload: (flags & TCP_NO_DATA) === 0, checksumAt: 16, pseudo: true };
}

function icmp(reader: KeyReader): Segment {
  const [type, code] = [reader.u16(K.tp_src), reader.u16(K.tp_dst)];
  const header = new Uint8Array(8);
  header.set([type, code]);
  return { header, hasPayload: (type === 0 || type === 8) && code === 0, checksumAt: 2 };
}

function icmp6(reader: KeyReader): Segment {
  const [type, code] = [reader.u16(K.tp_src), reader.u16(K.tp_dst)];
  const header = [type, code, 0, 0, 0, 0, 0, 0];
  const isNeighbour = (type === 135 || type === 136) && code === 0;
  if (isNeighbour) {
    header.push(...reader.part(K.nd_target));
    const options = [K.arp_sha, K.arp_tha].map((field) => reader.part(field));
    for (const [i, address] of options.entries()) {
      if (address.some((byte) => byte !== 0)) header.push(i + 1, 1, ...address);
    }
  }
  const hasPayload = (type === 128 || type === 129) && code === 0;
  return { header: Uint8Array.from(header), hasPayload, checksumAt: 2, pseudo: true };
}

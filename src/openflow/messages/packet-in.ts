// SPDX-License-Identifier: Apache-2.0
/**
 * OFPT_PACKET_IN (OpenFlow 1.0 §5.4.1, 1.3.5 §7.4.1) and Nicira's NXT_PACKET_IN, NXT_PACKET_IN2.
 */
import { FLOW_FIELDS } from "../flow.js";
import { emptyMatch, type Match } from "../match.js";
import {
  decodeNxMatch,
  readNxMatch,
  readOxmMatch,
  writeEntries,
  writeNxMatch,
  writeOxmMatch,
} from "../nxm-match.js";
import { type Codec, LATEST, nicira, V10, V13 } from "./codec.js";
import { NO_BUFFER, portFrom16, portTo16 } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

/** What all forms of a packet-in have in common. */
interface PacketInBody {
  /** NO_BUFFER: the switch keeps no packets. */
  bufferId: number;
  /** Length of the packet, of which `data` may be a prefix. */
  totalLength: number;
  /** OFPR_*. */
  reason: number;
  data: Uint8Array;
}

/** The standard message. OpenFlow 1.0 carries `inPort`, later ones `metadata`. */
export interface PacketIn extends PacketInBody {
  type: "packet_in";
  inPort: number;
  tableId: number;
  cookie: bigint;
  metadata: Match;
}

export interface NxPacketIn extends PacketInBody {
  type: "nx_packet_in";
  tableId: number;
  cookie: bigint;
  metadata: Match;
}

export interface NxPacketIn2 extends PacketInBody {
  type: "nx_packet_in2";
  tableId: number;
  cookie: bigint;
  metadata: Match;
  userdata?: Uint8Array;
}

/** A match on a port, as later versions' packet-ins have it. */
function inPortMatch(port: number): Match {
  const match = emptyMatch();
  match.flow.view.setUint32(FLOW_FIELDS.in_port.offset, port);
  match.mask.view.setUint32(FLOW_FIELDS.in_port.offset, 0xffffffff);
  return match;
}

export const packetInCodec: Codec<PacketIn> = {
  type: "packet_in",
  wires: [
    { name: "OFPT_PACKET_IN", versions: [V10, V10], type: 10 },
    { name: "OFPT_PACKET_IN", versions: [V13, LATEST], type: 10 },
  ],
  decode(r, { version }) {
    const [bufferId, totalLength] = [r.u32(), r.u16()];
    if (version === V10) {
      const inPort = portFrom16(r.u16());
      const reason = r.u8();
      r.skip(1);
      const rest = { tableId: 0, cookie: 0n, metadata: inPortMatch(inPort), data: r.rest() };
      return { type: "packet_in", bufferId, totalLength, reason, inPort, ...rest };
    }
    const [reason, tableId, cookie] = [r.u8(), r.u8(), r.u64()];
    const metadata = readOxmMatch(r, { loose: true });
    r.skip(2);
    const inPort = metadata.flow.view.getUint32(FLOW_FIELDS.in_port.offset);
    const rest = { tableId, cookie, metadata, data: r.rest() };
    return { type: "packet_in", bufferId, totalLength, reason, inPort, ...rest };
  },
  encode(w, m, version) {
    w.u32(m.bufferId).u16(Math.min(m.totalLength, 0xffff));
    if (version === V10) {
      w.u16(portTo16(m.inPort)).u8(m.reason).zeros(1);
    } else {
      w.u8(m.reason).u8(m.tableId).u64(m.cookie);
      writeOxmMatch(w, m.metadata, version);
      w.zeros(2);
    }
    w.append(m.data);
  },
};

export const nxPacketInCodec: Codec<NxPacketIn> = {
  type: "nx_packet_in",
  wires: [nicira("NXT_PACKET_IN", 17)],
  decode(r) {
    const [bufferId, totalLength, reason] = [r.u32(), r.u16(), r.u8()];
    const [tableId, cookie, matchBytes] = [r.u8(), r.u64(), r.u16()];
    r.skip(6);
    const { match: metadata } = readNxMatch(r, matchBytes, { loose: true });
    r.skip(2);
    const data = r.rest();
    return {
      ...{ type: "nx_packet_in", bufferId, totalLength, reason, tableId, cookie, metadata, data },
    };
  },
  encode(w, m) {
    w.u32(m.bufferId).u16(Math.min(m.totalLength, 0xffff)).u8(m.reason).u8(m.tableId);
    w.u64(m.cookie);
    const lengthAt = w.length;
    w.zeros(8);
    w.setU16(lengthAt, writeNxMatch(w, m.metadata));
    w.zeros(2).append(m.data);
  },
};

/** Properties of NXT_PACKET_IN2. */
const PROPERTY = {
  PACKET: 0,
  FULL_LENGTH: 1,
  BUFFER_ID: 2,
  TABLE_ID: 3,
  COOKIE: 4,
  REASON: 5,
  METADATA: 6,
  USERDATA: 7,
} as const;

/** Appends a property: type, length, what `body` writes, padding to 8 bytes. */
function writeProperty(w: WireWriter, kind: number, body: () => void): void {
  const start = w.length;
  w.u16(kind).zeros(2);
  body();
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

function readProperties(r: WireReader, visit: (kind: number, body: WireReader) => void): void {
  while (r.left > 0) {
    const [kind, length] = [r.u16(), r.u16()];
    visit(kind, r.sub(length - 4));
    r.skip(Math.min(r.left, (8 - (length % 8)) % 8));
  }
}

function readPacketIn2(r: WireReader): NxPacketIn2 {
  const m: NxPacketIn2 = {
    ...{ type: "nx_packet_in2", bufferId: NO_BUFFER, totalLength: 0, reason: 0 },
    ...{ tableId: 0, cookie: 0xffffffffffffffffn, metadata: emptyMatch() },
    data: new Uint8Array(0),
  };
  let fullLength: number | undefined;
  readProperties(r, (kind, body) => {
    if (kind === PROPERTY.PACKET) m.data = body.rest();
    else if (kind === PROPERTY.FULL_LENGTH) fullLength = body.u32();
    else if (kind === PROPERTY.BUFFER_ID) m.bufferId = body.u32();
    else if (kind === PROPERTY.TABLE_ID) m.tableId = body.u8();
    else if (kind === PROPERTY.REASON) m.reason = body.u8();
    else if (kind === PROPERTY.USERDATA) m.userdata = body.rest();
    else if (kind === PROPERTY.METADATA)
      m.metadata = decodeNxMatch(body.rest(), { loose: true }).match;
    else if (kind === PROPERTY.COOKIE) {
      body.skip(4);
      m.cookie = body.u64();
    }
  });
  m.totalLength = fullLength ?? m.data.length;
  return m;
}

export const nxPacketIn2Codec: Codec<NxPacketIn2> = {
  type: "nx_packet_in2",
  wires: [nicira("NXT_PACKET_IN2", 30)],
  decode: readPacketIn2,
  encode(w, m) {
    writeProperty(w, PROPERTY.PACKET, () => w.append(m.data));
    if (m.totalLength !== m.data.length) {
      writeProperty(w, PROPERTY.FULL_LENGTH, () => w.u32(m.totalLength));
    }
    writeProperty(w, PROPERTY.TABLE_ID, () => w.u8(m.tableId));
    if (m.cookie !== 0xffffffffffffffffn) {
      writeProperty(w, PROPERTY.COOKIE, () => w.zeros(4).u64(m.cookie));
    }
    writeProperty(w, PROPERTY.REASON, () => w.u8(m.reason));
    writeProperty(w, PROPERTY.METADATA, () => writeEntries(w, m.metadata, 0));
    const { userdata } = m;
    if (userdata) writeProperty(w, PROPERTY.USERDATA, () => w.append(userdata));
  },
};

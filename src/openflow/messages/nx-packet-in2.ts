// SPDX-License-Identifier: Apache-2.0
/**
 * NXT_PACKET_IN2 and NXT_RESUME: a packet-in made of properties. A `controller(pause)` action adds
 * a continuation, which the controller sends back to have the packet go on.
 */
import { OfpError } from "../errors.js";
import { emptyMatch, type Match } from "../match.js";
import { decodeNxMatch, writeEntries } from "../nxm-match.js";
import { type Codec, nicira } from "./codec.js";
import type { PacketInBody } from "./packet-in.js";
import { NO_BUFFER } from "./port-number.js";
import {
  type Property,
  propertyU32,
  readProperties,
  unknownProperty,
  writeProperty,
} from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

interface Body extends PacketInBody {
  tableId: number;
  cookie: bigint;
  metadata: Match;
  /** Opaque to all but the switch that made it. */
  continuation?: Uint8Array;
}

export interface NxPacketIn2 extends Body {
  type: "nx_packet_in2";
  userdata?: Uint8Array;
}

/** What a controller sends back of it, changed or not. */
export interface NxResume extends Body {
  type: "nx_resume";
}

const PROPERTY = {
  PACKET: 0,
  FULL_LENGTH: 1,
  BUFFER_ID: 2,
  TABLE_ID: 3,
  COOKIE: 4,
  REASON: 5,
  METADATA: 6,
  USERDATA: 7,
  CONTINUATION: 8,
} as const;

/** "Not said". */
const NO_COOKIE = 0xffffffffffffffffn;

/** One byte, whatever follows it. */
function byteOf({ body }: Property): number {
  if (body.left < 1) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u8();
}

function cookieOf({ body }: Property): bigint {
  if (body.left !== 12) throw new OfpError("OFPBPC_BAD_LEN");
  body.skip(4);
  return body.u64();
}

function readOne(m: NxPacketIn2, property: Property, loose: boolean): void {
  const { type, body } = property;
  if (type === PROPERTY.PACKET) m.data = body.rest();
  else if (type === PROPERTY.FULL_LENGTH) m.totalLength = propertyU32(property);
  else if (type === PROPERTY.BUFFER_ID) m.bufferId = propertyU32(property);
  else if (type === PROPERTY.TABLE_ID) m.tableId = byteOf(property);
  else if (type === PROPERTY.REASON) m.reason = byteOf(property);
  else if (type === PROPERTY.COOKIE) m.cookie = cookieOf(property);
  else if (type === PROPERTY.METADATA) m.metadata = decodeNxMatch(body.rest(), { loose }).match;
  else if (type === PROPERTY.USERDATA) m.userdata = body.rest();
  else if (type === PROPERTY.CONTINUATION) {
    // Nested properties, padded as one of them would be.
    if (body.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
    body.skip(4);
    m.continuation = body.rest();
  } else if (!loose) throw unknownProperty(property);
}

function readBody(r: WireReader, loose: boolean): NxPacketIn2 {
  const m: NxPacketIn2 = {
    ...{ type: "nx_packet_in2", bufferId: NO_BUFFER, totalLength: 0, reason: 0 },
    ...{ tableId: 0, cookie: NO_COOKIE, metadata: emptyMatch(), data: new Uint8Array(0) },
  };
  for (const property of readProperties(r)) readOne(m, property, loose);
  if (m.data.length === 0) throw new OfpError("OFPBRC_BAD_LEN");
  if (m.totalLength === 0) m.totalLength = m.data.length;
  if (m.totalLength < m.data.length) throw new OfpError("OFPBRC_BAD_LEN");
  return m;
}

function writeBody(w: WireWriter, m: Body, version: number): void {
  writeProperty(w, PROPERTY.PACKET, () => w.append(m.data));
  if (m.totalLength !== m.data.length) {
    writeProperty(w, PROPERTY.FULL_LENGTH, () => w.u32(m.totalLength));
  }
  writeProperty(w, PROPERTY.TABLE_ID, () => w.u8(m.tableId));
  if (m.cookie !== NO_COOKIE) writeProperty(w, PROPERTY.COOKIE, () => w.zeros(4).u64(m.cookie));
  writeProperty(w, PROPERTY.REASON, () => w.u8(m.reason));
  writeProperty(w, PROPERTY.METADATA, () => writeEntries(w, m.metadata, version));
  const { continuation } = m;
  if (continuation) {
    writeProperty(w, PROPERTY.CONTINUATION, () => w.zeros(4).append(continuation));
  }
}

export const nxPacketIn2Codec: Codec<NxPacketIn2> = {
  type: "nx_packet_in2",
  wires: [nicira("NXT_PACKET_IN2", 30)],
  decode: (r) => readBody(r, true),
  encode(w, m, version) {
    writeBody(w, m, version);
    const { userdata } = m;
    if (userdata) writeProperty(w, PROPERTY.USERDATA, () => w.append(userdata));
  },
};

export const nxResumeCodec: Codec<NxResume> = {
  type: "nx_resume",
  wires: [nicira("NXT_RESUME", 28)],
  decode(r) {
    const { userdata: _, ...body } = readBody(r, false);
    return { ...body, type: "nx_resume" };
  },
  encode: writeBody,
};

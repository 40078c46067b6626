// SPDX-License-Identifier: Apache-2.0
/** NXT_CT_FLUSH and NXT_CT_FLUSH_ZONE: have the connection tracker forget connections. */
import { OfpError } from "../errors.js";
import { type Codec, nicira } from "./codec.js";
import { type Property, readProperties, writeProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

const ICMP = 1;
const ICMPV6 = 58;

/** One direction of a connection; what is absent can be anything. */
export interface CtTuple {
  /** 16 bytes; IPv4 addresses are mapped. */
  source?: Uint8Array;
  destination?: Uint8Array;
  sourcePort?: number;
  destinationPort?: number;
  icmpId?: number;
  icmpType?: number;
  icmpCode?: number;
}

export interface CtFlush {
  type: "ct_flush";
  /** 0: any. */
  protocol: number;
  original: CtTuple;
  reply: CtTuple;
  /** Undefined: all zones. */
  zone?: number;
}

export interface CtFlushZone {
  type: "ct_flush_zone";
  zone: number;
}

const PROPERTY = { ORIGINAL: 0, REPLY: 1, ZONE: 2 } as const;
const TUPLE = {
  SOURCE: 0,
  DESTINATION: 1,
  SOURCE_PORT: 2,
  DESTINATION_PORT: 3,
  ICMP_ID: 4,
  ICMP_TYPE: 5,
  ICMP_CODE: 6,
} as const;

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** Whether an address is IPv4's, mapped. */
export function isMappedV4(address: Uint8Array): boolean {
  return MAPPED_PREFIX.every((byte, i) => address[i] === byte);
}

function number16({ body }: Property): number {
  if (body.left < 2) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u16();
}

function number8({ body }: Property): number {
  if (body.left < 1) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u8();
}

function address({ body }: Property): Uint8Array {
  if (body.left < 16) throw new OfpError("OFPBPC_BAD_LEN");
  return body.take(16);
}

function readTuple({ body }: Property): CtTuple {
  if (body.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
  body.skip(4);
  const tuple: CtTuple = {};
  for (const property of readProperties(body)) {
    const { type } = property;
    if (type === TUPLE.SOURCE) tuple.source = address(property);
    else if (type === TUPLE.DESTINATION) tuple.destination = address(property);
    else if (type === TUPLE.SOURCE_PORT) tuple.sourcePort = number16(property);
    else if (type === TUPLE.DESTINATION_PORT) tuple.destinationPort = number16(property);
    else if (type === TUPLE.ICMP_ID) tuple.icmpId = number16(property);
    else if (type === TUPLE.ICMP_TYPE) tuple.icmpType = number8(property);
    else if (type === TUPLE.ICMP_CODE) tuple.icmpCode = number8(property);
  }
  return tuple;
}

/** All addresses of a request are of one family. */
function checkFamilies(tuples: readonly CtTuple[]): void {
  const addresses = tuples.flatMap(({ source, destination }) => [source, destination]);
  const families = new Set(addresses.flatMap((each) => (each ? [isMappedV4(each)] : [])));
  if (families.size > 1) throw new OfpError("OFPBPC_BAD_VALUE");
}

function writeTuple(w: WireWriter, type: number, tuple: CtTuple, protocol: number): void {
  if (Object.keys(tuple).length === 0) return;
  writeProperty(w, type, () => {
    w.zeros(4);
    const { source, destination, sourcePort, destinationPort } = tuple;
    if (source) writeProperty(w, TUPLE.SOURCE, () => w.append(source));
    if (destination) writeProperty(w, TUPLE.DESTINATION, () => w.append(destination));
    if (protocol === ICMP || protocol === ICMPV6) {
      writeProperty(w, TUPLE.ICMP_ID, () => w.u16(tuple.icmpId ?? 0));
      writeProperty(w, TUPLE.ICMP_TYPE, () => w.u8(tuple.icmpType ?? 0));
      writeProperty(w, TUPLE.ICMP_CODE, () => w.u8(tuple.icmpCode ?? 0));
      return;
    }
    if (sourcePort) writeProperty(w, TUPLE.SOURCE_PORT, () => w.u16(sourcePort));
    if (destinationPort) writeProperty(w, TUPLE.DESTINATION_PORT, () => w.u16(destinationPort));
  });
}

function mustBeZero(r: WireReader, bytes: number): void {
  if (r.view(bytes).some((byte) => byte !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
}

export const ctFlushCodec: Codec<CtFlush> = {
  type: "ct_flush",
  wires: [nicira("NXT_CT_FLUSH", 32)],
  decode(r) {
    const flush: CtFlush = { type: "ct_flush", protocol: r.u8(), original: {}, reply: {} };
    mustBeZero(r, 7);
    for (const property of readProperties(r)) {
      if (property.type === PROPERTY.ORIGINAL) flush.original = readTuple(property);
      else if (property.type === PROPERTY.REPLY) flush.reply = readTuple(property);
      else if (property.type === PROPERTY.ZONE) flush.zone = number16(property);
    }
    checkFamilies([flush.original, flush.reply]);
    return flush;
  },
  encode(w, m) {
    w.u8(m.protocol).zeros(7);
    writeTuple(w, PROPERTY.ORIGINAL, m.original, m.protocol);
    writeTuple(w, PROPERTY.REPLY, m.reply, m.protocol);
    const { zone } = m;
    if (zone !== undefined) writeProperty(w, PROPERTY.ZONE, () => w.u16(zone));
  },
};

export const ctFlushZoneCodec: Codec<CtFlushZone> = {
  type: "ct_flush_zone",
  wires: [nicira("NXT_CT_FLUSH_ZONE", 29)],
  decode(r) {
    mustBeZero(r, 6);
    return { type: "ct_flush_zone", zone: r.u16() };
  },
  encode(w, m) {
    w.zeros(6).u16(m.zone);
  },
};

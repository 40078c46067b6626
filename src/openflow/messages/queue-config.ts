// SPDX-License-Identifier: Apache-2.0
/** OFPT_QUEUE_GET_CONFIG_REQUEST/REPLY (OpenFlow 1.0 §5.3.4, 1.3.5 §7.3.6), which in 1.4 became
 * OFPMP_QUEUE_DESC (1.4.1 §7.3.5.8). */
import { OfpError } from "../errors.js";
import { type Codec, type Multipart, statsWires, V10, V11, V12, V13, V14 } from "./codec.js";
import { QUEUE_ALL, readPort, writePort } from "./port-number.js";
import { type Property, readProperties, writeProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

export interface QueueGetConfigRequest {
  type: "queue_get_config_request";
  /** A port, or (OpenFlow 1.1+) OFPP.NONE for all. */
  port: number;
  /** QUEUE_ALL for all, as always before OpenFlow 1.4. */
  queueId: number;
}

export interface QueueConfig {
  queueId: number;
  /** OpenFlow 1.2+. */
  port: number;
  /** Tenths of a percent; undefined when not configured. */
  minRate?: number;
  maxRate?: number;
}

export interface QueueGetConfigReply extends Multipart {
  type: "queue_get_config_reply";
  port: number;
  queues: QueueConfig[];
}

const QUEUE_DESC = 15;
const MIN_RATE = 1;
const MAX_RATE = 2;

export const queueGetConfigRequestCodec: Codec<QueueGetConfigRequest> = {
  type: "queue_get_config_request",
  wires: [
    { name: "OFPT_QUEUE_GET_CONFIG_REQUEST", versions: [V10, V10], type: 20 },
    { name: "OFPT_QUEUE_GET_CONFIG_REQUEST", versions: [V11, V13], type: 22 },
    ...statsWires("OFPST_QUEUE_DESC", "request", QUEUE_DESC, V14),
  ],
  decode(r, { version }) {
    const port = readPort(r, version);
    if (version >= V14) return { type: "queue_get_config_request", port, queueId: r.u32() };
    r.skip(version === V10 ? 2 : 4);
    return { type: "queue_get_config_request", port, queueId: QUEUE_ALL };
  },
  encode(w, m, version) {
    writePort(w, m.port, version);
    if (version >= V14) w.u32(m.queueId);
    else w.zeros(version === V10 ? 2 : 4);
  },
};

function decodeQueue(r: WireReader, version: number, replyPort: number): QueueConfig {
  const queueId = r.u32();
  const port = version >= V12 ? readPort(r, version) : replyPort;
  const length = r.u16();
  const headBytes = version >= V12 ? 16 : 8;
  r.skip(version >= V12 ? 6 : 2);
  const properties = r.sub(length - headBytes);
  const queue: QueueConfig = { queueId, port };
  while (properties.left > 0) {
    const kind = properties.u16();
    const propertyLength = properties.u16();
    if (propertyLength < 8) throw new OfpError("OFPBRC_BAD_LEN");
    const body = properties.sub(propertyLength - 4);
    body.skip(4);
    if (kind === MIN_RATE) queue.minRate = body.u16();
    else if (kind === MAX_RATE) queue.maxRate = body.u16();
  }
  return queue;
}

function encodeQueue(w: WireWriter, queue: QueueConfig, version: number): void {
  const start = w.length;
  w.u32(queue.queueId);
  if (version >= V12) writePort(w, queue.port, version);
  const lengthAt = w.length;
  w.zeros(version >= V12 ? 8 : 4);
  const rate = (kind: number, value: number | undefined): void => {
    if (value !== undefined) w.u16(kind).u16(16).zeros(4).u16(value).zeros(6);
  };
  rate(MIN_RATE, queue.minRate);
  if (version >= V12) rate(MAX_RATE, queue.maxRate);
  w.setU16(lengthAt, w.length - start);
}

/** `OFPP_ANY`: a reply of OpenFlow 1.4+ has no port of its own. */
const PORT_ANY = 0xffffffff;

function rateOf({ body }: Property): number {
  if (body.left !== 2) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u16();
}

function decodeQueue14(r: WireReader, version: number): QueueConfig {
  const room = r.left;
  const [port, queueId] = [readPort(r, version), r.u32()];
  const length = r.u16();
  r.skip(6);
  if (length < 16 || length > room || length % 8) throw new OfpError("OFPBRC_BAD_LEN");
  const queue: QueueConfig = { queueId, port };
  for (const property of readProperties(r.sub(length - 16))) {
    if (property.type === MIN_RATE) queue.minRate = rateOf(property);
    else if (property.type === MAX_RATE) queue.maxRate = rateOf(property);
  }
  return queue;
}

function encodeQueue14(w: WireWriter, queue: QueueConfig): void {
  const start = w.length;
  w.u32(queue.port).u32(queue.queueId).zeros(8);
  const { minRate, maxRate } = queue;
  if (minRate !== undefined) writeProperty(w, MIN_RATE, () => w.u16(minRate));
  if (maxRate !== undefined) writeProperty(w, MAX_RATE, () => w.u16(maxRate));
  w.setU16(start + 8, w.length - start);
  w.mark();
}

export const queueGetConfigReplyCodec: Codec<QueueGetConfigReply> = {
  type: "queue_get_config_reply",
  wires: [
    { name: "OFPT_QUEUE_GET_CONFIG_REPLY", versions: [V10, V10], type: 21 },
    { name: "OFPT_QUEUE_GET_CONFIG_REPLY", versions: [V11, V13], type: 23 },
    ...statsWires("OFPST_QUEUE_DESC", "reply", QUEUE_DESC, V14),
  ],
  decode(r, { version }) {
    const queues: QueueConfig[] = [];
    if (version >= V14) {
      while (r.left > 0) queues.push(decodeQueue14(r, version));
      return { type: "queue_get_config_reply", port: PORT_ANY, queues };
    }
    const port = readPort(r, version);
    r.skip(version === V10 ? 6 : 4);
    while (r.left > 0) queues.push(decodeQueue(r, version, port));
    return { type: "queue_get_config_reply", port, queues };
  },
  encode(w, m, version) {
    if (version >= V14) {
      for (const queue of m.queues) encodeQueue14(w, queue);
      return;
    }
    writePort(w, m.port, version);
    w.zeros(version === V10 ? 6 : 4);
    for (const queue of m.queues) encodeQueue(w, queue, version);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_QUEUE_GET_CONFIG_REQUEST/REPLY (OpenFlow 1.0 §5.3.4, 1.3.5 §7.3.6). */
import { OfpError } from "../errors.js";
import { type Codec, LATEST, V10, V11, V12 } from "./codec.js";
import { readPort, writePort } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

export interface QueueGetConfigRequest {
  type: "queue_get_config_request";
  /** A port, or (OpenFlow 1.1+) OFPP.NONE for all. */
  port: number;
}

export interface QueueConfig {
  queueId: number;
  /** OpenFlow 1.2+. */
  port: number;
  /** Tenths of a percent; undefined when not configured. */
  minRate?: number;
  maxRate?: number;
}

export interface QueueGetConfigReply {
  type: "queue_get_config_reply";
  port: number;
  queues: QueueConfig[];
}

const MIN_RATE = 1;
const MAX_RATE = 2;

export const queueGetConfigRequestCodec: Codec<QueueGetConfigRequest> = {
  type: "queue_get_config_request",
  wires: [
    { name: "OFPT_QUEUE_GET_CONFIG_REQUEST", versions: [V10, V10], type: 20 },
    { name: "OFPT_QUEUE_GET_CONFIG_REQUEST", versions: [V11, LATEST], type: 22 },
  ],
  decode(r, { version }) {
    const port = readPort(r, version);
    r.skip(version === V10 ? 2 : 4);
    return { type: "queue_get_config_request", port };
  },
  encode(w, m, version) {
    writePort(w, m.port, version);
    w.zeros(version === V10 ? 2 : 4);
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

export const queueGetConfigReplyCodec: Codec<QueueGetConfigReply> = {
  type: "queue_get_config_reply",
  wires: [
    { name: "OFPT_QUEUE_GET_CONFIG_REPLY", versions: [V10, V10], type: 21 },
    { name: "OFPT_QUEUE_GET_CONFIG_REPLY", versions: [V11, LATEST], type: 23 },
  ],
  decode(r, { version }) {
    const port = readPort(r, version);
    r.skip(version === V10 ? 6 : 4);
    const queues: QueueConfig[] = [];
    while (r.left > 0) queues.push(decodeQueue(r, version, port));
    return { type: "queue_get_config_reply", port, queues };
  },
  encode(w, m, version) {
    writePort(w, m.port, version);
    w.zeros(version === V10 ? 6 : 4);
    for (const queue of m.queues) encodeQueue(w, queue, version);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** OFPST_PORT and OFPST_QUEUE (OpenFlow 1.0 §5.3.5, 1.3.5 §7.3.5.6, §7.3.5.8). */
import { OfpError } from "../errors.js";
import { type Codec, type Multipart, statsWires, V10, V13, V14 } from "./codec.js";
import { readPort, writePort } from "./port-number.js";
import { readPortStats14, type SizeCounters, writePortStats14 } from "./port-stats-properties.js";
import type { WireReader, WireWriter } from "./wire.js";

export interface PortStatsRequest {
  type: "port_stats_request";
  /** A port, or OFPP.NONE for all. */
  port: number;
}

/** The counters in the order in which all versions have them; null is unknown. */
export const PORT_COUNTERS = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxDropped",
  "txDropped",
  "rxErrors",
  "txErrors",
  "rxFrameErr",
  "rxOverErr",
  "rxCrcErr",
  "collisions",
] as const;

export type PortCounters = Record<(typeof PORT_COUNTERS)[number], number | null>;

export interface PortStatsEntry extends PortCounters {
  port: number;
  /** OpenFlow 1.3+: milliseconds since the port exists; null is unknown. */
  durationMs: number | null;
  /** OpenFlow 1.4+: what RFC 2819 counts; what is absent is unknown. */
  sizes?: SizeCounters;
  /** OpenFlow 1.4+: counters of the device's own. */
  custom?: readonly CustomCounter[];
}

/** A counter that only this kind of device has. */
export interface CustomCounter {
  /** At most 63 bytes. */
  name: string;
  value: number;
}

export interface PortStatsReply extends Multipart {
  type: "port_stats_reply";
  ports: PortStatsEntry[];
}

/** Duration as seconds and nanoseconds; all ones when unknown. */
export function writeDuration(w: WireWriter, ms: number | null): void {
  if (ms === null) {
    w.u32(0xffffffff).u32(0xffffffff);
    return;
  }
  const whole = Math.max(0, Math.floor(ms));
  w.u32(Math.floor(whole / 1000)).u32((whole % 1000) * 1_000_000);
}

export function readDuration(r: WireReader): number | null {
  const seconds = r.u32();
  const nanoseconds = r.u32();
  return seconds === 0xffffffff ? null : seconds * 1000 + nanoseconds / 1_000_000;
}

const PORT = 4;
const QUEUE = 5;

export const portStatsRequestCodec: Codec<PortStatsRequest> = {
  type: "port_stats_request",
  wires: statsWires("OFPST_PORT", "request", PORT),
  decode(r, { version }) {
    const port = readPort(r, version);
    r.skip(version === V10 ? 6 : 4);
    return { type: "port_stats_request", port };
  },
  encode(w, m, version) {
    writePort(w, m.port, version);
    w.zeros(version === V10 ? 6 : 4);
  },
};

function decodePortStats(r: WireReader, version: number): PortStatsEntry {
  if (version >= V14) return readPortStats14(r, version);
  const port = readPort(r, version);
  r.skip(version === V10 ? 6 : 4);
  const counters = {} as PortCounters;
  for (const name of PORT_COUNTERS) counters[name] = r.counter();
  return { port, ...counters, durationMs: version >= V13 ? readDuration(r) : null };
}

function writePortStats(w: WireWriter, entry: PortStatsEntry, version: number): void {
  writePort(w, entry.port, version);
  w.zeros(version === V10 ? 6 : 4);
  for (const name of PORT_COUNTERS) w.counter(entry[name]);
  if (version >= V13) writeDuration(w, entry.durationMs);
}

export const portStatsReplyCodec: Codec<PortStatsReply> = {
  type: "port_stats_reply",
  wires: statsWires("OFPST_PORT", "reply", PORT),
  decode(r, { version }) {
    const ports: PortStatsEntry[] = [];
    while (r.left > 0) ports.push(decodePortStats(r, version));
    return { type: "port_stats_reply", ports };
  },
  encode(w, m, version) {
    for (const entry of m.ports) {
      if (version >= V14) writePortStats14(w, entry);
      else writePortStats(w, entry, version);
      w.mark();
    }
  },
};

export interface QueueStatsRequest {
  type: "queue_stats_request";
  /** A port; all: OFPP.ALL in OpenFlow 1.0, OFPP.NONE later, here always OFPP.NONE. */
  port: number;
  /** QUEUE_ALL for all. */
  queueId: number;
}

export interface QueueStatsEntry {
  port: number;
  queueId: number;
  txBytes: number | null;
  txPackets: number | null;
  txErrors: number | null;
  /** OpenFlow 1.3+. */
  durationMs: number | null;
}

export interface QueueStatsReply extends Multipart {
  type: "queue_stats_reply";
  queues: QueueStatsEntry[];
}

const PORT_ALL_10 = 0xfffffffc;
const PORT_ANY = 0xffffffff;

export const queueStatsRequestCodec: Codec<QueueStatsRequest> = {
  type: "queue_stats_request",
  wires: statsWires("OFPST_QUEUE", "request", QUEUE),
  decode(r, { version }) {
    const wirePort = readPort(r, version);
    if (version === V10) r.skip(2);
    const port = version === V10 && wirePort === PORT_ALL_10 ? PORT_ANY : wirePort;
    return { type: "queue_stats_request", port, queueId: r.u32() };
  },
  encode(w, m, version) {
    const all = version === V10 && m.port === PORT_ANY;
    writePort(w, all ? PORT_ALL_10 : m.port, version);
    if (version === V10) w.zeros(2);
    w.u32(m.queueId);
  },
};

/** OpenFlow 1.4+: a length and room for properties, of which there are none. */
const QUEUE_ENTRY_BYTES_14 = 48;

function readQueueStats(r: WireReader, version: number): QueueStatsEntry {
  const port = readPort(r, version);
  if (version === V10) r.skip(2);
  return {
    port,
    queueId: r.u32(),
    txBytes: r.counter(),
    txPackets: r.counter(),
    txErrors: r.counter(),
    durationMs: version >= V13 ? readDuration(r) : null,
  };
}

export const queueStatsReplyCodec: Codec<QueueStatsReply> = {
  type: "queue_stats_reply",
  wires: statsWires("OFPST_QUEUE", "reply", QUEUE),
  decode(r, { version }) {
    const queues: QueueStatsEntry[] = [];
    while (r.left > 0) {
      if (version < V14) {
        queues.push(readQueueStats(r, version));
        continue;
      }
      const length = r.u16();
      if (length < QUEUE_ENTRY_BYTES_14) throw new OfpError("OFPBRC_BAD_LEN");
      const entry = r.sub(length - 2);
      entry.skip(6);
      queues.push(readQueueStats(entry, version));
    }
    return { type: "queue_stats_reply", queues };
  },
  encode(w, m, version) {
    for (const q of m.queues) {
      if (version >= V14) w.u16(QUEUE_ENTRY_BYTES_14).zeros(6);
      writePort(w, q.port, version);
      if (version === V10) w.zeros(2);
      w.u32(q.queueId).counter(q.txBytes).counter(q.txPackets).counter(q.txErrors);
      if (version >= V13) writeDuration(w, q.durationMs);
      w.mark();
    }
  },
};

// SPDX-License-Identifier: Apache-2.0
/** `ofp_stats` (OpenFlow 1.5.1 §7.2.4): counters as a list of OXS entries. */
import { OfpError } from "../errors.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

/** Null: not said. */
export interface Oxs {
  durationMs: number | null;
  /** Seconds since the last packet. */
  idleAge: number | null;
  packets: number | null;
  bytes: number | null;
  flows: number | null;
}

export const NO_OXS: Oxs = {
  ...{ durationMs: null, idleAge: null, packets: null, bytes: null, flows: null },
};

const CLASS_BASIC = 0x8002;
const CLASS_EXPERIMENTER = 0xffff;
/** Header words: class 16, field 7, reserved 1, length 8. */
const head = (field: number, bytes: number): number =>
  ((CLASS_BASIC << 16) | (field << 9) | bytes) >>> 0;
const DURATION = head(0, 8);
const IDLE_TIME = head(1, 8);
const FLOW_COUNT = head(3, 4);
const PACKET_COUNT = head(4, 8);
const BYTE_COUNT = head(5, 8);

/** Reads a list with its header and padding; entries that are unknown here are skipped. Throws
 * OfpError. */
export function readOxs(r: WireReader): Oxs {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  r.skip(2);
  const length = r.u16();
  const padded = Math.ceil(length / 8) * 8;
  if (length < 4 || r.left < padded - 4) throw new OfpError("OFPBMC_BAD_LEN");
  const body = r.sub(length - 4);
  r.skip(padded - length);
  const oxs: Oxs = { ...NO_OXS };
  while (body.left > 0) {
    if (body.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
    readEntry(body, oxs);
  }
  return oxs;
}

function readEntry(r: WireReader, oxs: Oxs): void {
  const header = r.u32();
  const bytes = header & 0xff;
  const isShort = header >>> 16 === CLASS_EXPERIMENTER && bytes < 4;
  if (isShort || bytes > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  const value = r.sub(bytes);
  if (header === DURATION) oxs.durationMs = readDuration(value);
  else if (header === IDLE_TIME) oxs.idleAge = value.u32();
  else if (header === FLOW_COUNT) oxs.flows = value.u32();
  else if (header === PACKET_COUNT) oxs.packets = value.counter();
  else if (header === BYTE_COUNT) oxs.bytes = value.counter();
}

/** Writes what is said, with header and padding. */
export function writeOxs(w: WireWriter, oxs: Oxs): void {
  const start = w.length;
  w.zeros(4);
  if (oxs.durationMs !== null) writeDuration(w.u32(DURATION), oxs.durationMs);
  if (oxs.idleAge !== null) w.u32(IDLE_TIME).u32(Math.floor(oxs.idleAge)).zeros(4);
  if (oxs.packets !== null) w.u32(PACKET_COUNT).counter(oxs.packets);
  if (oxs.bytes !== null) w.u32(BYTE_COUNT).counter(oxs.bytes);
  if (oxs.flows !== null) w.u32(FLOW_COUNT).u32(oxs.flows);
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

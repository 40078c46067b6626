// SPDX-License-Identifier: Apache-2.0
/** OFPT_FLOW_REMOVED (OpenFlow 1.0 §5.4.2, 1.3.5 §7.4.2) and NXT_FLOW_REMOVED. */
import type { Match } from "../match.js";
import { readNxMatch, writeNxMatch } from "../nxm-match.js";
import { type Codec, LATEST, nicira, V10, V11, V14, V15 } from "./codec.js";
import { readMatch, writeMatch } from "./match.js";
import { readMatch10, writeMatch10 } from "./match10.js";
import { NO_OXS, readOxs, writeOxs } from "./oxs.js";
import { TABLE_ALL } from "./port-number.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

/** `ofp_flow_removed_reason`. */
export const FLOW_REMOVED_REASON = {
  IDLE_TIMEOUT: 0,
  HARD_TIMEOUT: 1,
  DELETE: 2,
  GROUP_DELETE: 3,
  METER_DELETE: 4,
  EVICTION: 5,
} as const;

export interface FlowRemoved {
  type: "flow_removed";
  match: Match;
  cookie: bigint;
  priority: number;
  /** FLOW_REMOVED_REASON. */
  reason: number;
  /** TABLE_ALL when the message does not say (OpenFlow 1.0). */
  tableId: number;
  durationMs: number;
  idleTimeout: number;
  /** 0 in OpenFlow 1.0, which does not say. */
  hardTimeout: number;
  packets: number;
  bytes: number;
  nx?: boolean;
}

function decode10(r: WireReader): FlowRemoved {
  const match = readMatch10(r);
  const cookie = r.u64();
  const [priority, reason] = [r.u16(), r.u8()];
  r.skip(1);
  const durationMs = readDuration(r) ?? 0;
  const idleTimeout = r.u16();
  r.skip(2);
  const [packets, bytes] = [r.counter() ?? 0, r.counter() ?? 0];
  return {
    ...{ type: "flow_removed", match, cookie, priority, reason, tableId: TABLE_ALL },
    ...{ durationMs, idleTimeout, hardTimeout: 0, packets, bytes },
  };
}

function decodeNx(r: WireReader): FlowRemoved {
  const cookie = r.u64();
  const [priority, reason, table] = [r.u16(), r.u8(), r.u8()];
  const durationMs = readDuration(r) ?? 0;
  const [idleTimeout, matchBytes] = [r.u16(), r.u16()];
  const [packets, bytes] = [r.counter() ?? 0, r.counter() ?? 0];
  const { match } = readNxMatch(r, matchBytes);
  return {
    ...{ type: "flow_removed", match, cookie, priority, reason },
    // The field was padding once: 0 is "not said", else the table plus one.
    tableId: table === 0 ? TABLE_ALL : table - 1,
    ...{ durationMs, idleTimeout, hardTimeout: 0, packets, bytes, nx: true },
  };
}

function decode11(r: WireReader): FlowRemoved {
  const cookie = r.u64();
  const [priority, reason, tableId] = [r.u16(), r.u8(), r.u8()];
  const durationMs = readDuration(r) ?? 0;
  const [idleTimeout, hardTimeout] = [r.u16(), r.u16()];
  const [packets, bytes] = [r.counter() ?? 0, r.counter() ?? 0];
  const match = readMatch(r);
  return {
    ...{ type: "flow_removed", match, cookie, priority, reason, tableId },
    ...{ durationMs, idleTimeout, hardTimeout, packets, bytes },
  };
}

function decode15(r: WireReader): FlowRemoved {
  const [tableId, reason, priority] = [r.u8(), r.u8(), r.u16()];
  const [idleTimeout, hardTimeout, cookie] = [r.u16(), r.u16(), r.u64()];
  const match = readMatch(r);
  const { durationMs, packets, bytes } = readOxs(r);
  return {
    ...{ type: "flow_removed", match, cookie, priority, reason, tableId, idleTimeout, hardTimeout },
    ...{ durationMs: durationMs ?? 0, packets: packets ?? 0, bytes: bytes ?? 0 },
  };
}

function encode10(w: WireWriter, m: FlowRemoved): void {
  writeMatch10(w, m.match);
  w.u64(m.cookie).u16(m.priority).u8(m.reason).zeros(1);
  writeDuration(w, m.durationMs);
  w.u16(m.idleTimeout).zeros(2).counter(m.packets).counter(m.bytes);
}

function encodeNx(w: WireWriter, m: FlowRemoved): void {
  w.u64(m.cookie).u16(m.priority).u8(m.reason);
  w.u8(m.tableId === TABLE_ALL ? 0 : m.tableId + 1);
  writeDuration(w, m.durationMs);
  w.u16(m.idleTimeout);
  const lengthAt = w.length;
  w.zeros(2).counter(m.packets).counter(m.bytes);
  w.setU16(lengthAt, writeNxMatch(w, m.match));
}

/** Before OpenFlow 1.4 a meter that goes is no reason of its own. */
function wireReason(reason: number, version: number): number {
  const isMeter = reason === FLOW_REMOVED_REASON.METER_DELETE;
  return isMeter && version < V14 ? FLOW_REMOVED_REASON.DELETE : reason;
}

function encode15(w: WireWriter, m: FlowRemoved, version: number): void {
  w.u8(m.tableId).u8(m.reason).u16(m.priority).u16(m.idleTimeout).u16(m.hardTimeout);
  w.u64(m.cookie);
  writeMatch(w, m.match, version);
  const { durationMs, packets, bytes } = m;
  writeOxs(w, { ...NO_OXS, durationMs, packets, bytes });
}

function encode11(w: WireWriter, m: FlowRemoved, version: number): void {
  w.u64(m.cookie).u16(m.priority).u8(m.reason).u8(m.tableId);
  writeDuration(w, m.durationMs);
  w.u16(m.idleTimeout).u16(m.hardTimeout).counter(m.packets).counter(m.bytes);
  writeMatch(w, m.match, version);
}

export const flowRemovedCodec: Codec<FlowRemoved> = {
  type: "flow_removed",
  wires: [
    { name: "OFPT_FLOW_REMOVED", versions: [V10, V10], type: 11 },
    { name: "OFPT_FLOW_REMOVED", versions: [V11, LATEST], type: 11 },
    nicira("NXT_FLOW_REMOVED", 14, true),
  ],
  decode(r, { version }, wire) {
    if (wire.nx) return decodeNx(r);
    if (version >= V15) return decode15(r);
    return version === V10 ? decode10(r) : decode11(r);
  },
  encode(w, removed, version, wire) {
    const m = { ...removed, reason: wireReason(removed.reason, version) };
    if (wire.nx) encodeNx(w, m);
    else if (version === V10) encode10(w, m);
    else if (version < V15) encode11(w, m, version);
    else encode15(w, m, version);
  },
};

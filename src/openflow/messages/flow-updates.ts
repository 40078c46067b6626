// SPDX-License-Identifier: Apache-2.0
/** What a flow monitor is sent: replies with changes of flows (see flow-monitor.ts). */
import { readActions, readInstructions, writeActions, writeInstructions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import type { Match } from "../match.js";
import { readNxMatch, writeNxMatch, writeOxmMatch } from "../nxm-match.js";
import type { OfpAct } from "../ofp-actions.js";
import { type Codec, type Multipart, V13, V14 } from "./codec.js";
import { monitorWires } from "./flow-monitor.js";
import { readMatch } from "./match.js";
import type { WireReader, WireWriter } from "./wire.js";

/** `ofp_flow_update_event` of OpenFlow 1.4. */
export const FLOW_EVENT = {
  INITIAL: 0,
  ADDED: 1,
  REMOVED: 2,
  MODIFIED: 3,
  ABBREV: 4,
  PAUSED: 5,
  RESUMED: 6,
} as const;

/** Nicira's numbers of ADDED, DELETED, MODIFIED, ABBREV as OpenFlow 1.4's. */
const EVENTS_NX = [
  FLOW_EVENT.ADDED,
  FLOW_EVENT.REMOVED,
  FLOW_EVENT.MODIFIED,
  FLOW_EVENT.ABBREV,
] as const;

/** A flow and what happened to it. */
export interface FullUpdate {
  /** FLOW_EVENT: INITIAL, ADDED, REMOVED or MODIFIED. */
  event: number;
  /** FLOW_REMOVED_REASON; 0 unless removed. */
  reason: number;
  tableId: number;
  priority: number;
  idleTimeout: number;
  hardTimeout: number;
  cookie: bigint;
  match: Match;
  /** Empty where none were asked for. */
  actions: readonly OfpAct[];
}

/** "Your request did this", or (OpenFlow 1.4+) monitoring pauses or goes on. */
export type FlowUpdate = FullUpdate | { event: 4; xid: number } | { event: 5 | 6 };

export interface FlowMonitorReply extends Multipart {
  type: "flow_monitor_reply";
  updates: readonly FlowUpdate[];
}

function isFull(update: FlowUpdate): update is FullUpdate {
  return update.event < FLOW_EVENT.ABBREV;
}

function readUpdate(r: WireReader, version: number): FlowUpdate {
  const room = r.left;
  if (room < 4) throw new OfpError("OFPBRC_BAD_LEN");
  const [length, wireEvent] = [r.u16(), r.u16()];
  if (length < 8 || length > room || length % 8) throw new OfpError("OFPBRC_BAD_LEN");
  const body = r.sub(length - 4);
  const event = version >= V14 ? wireEvent : EVENTS_NX[wireEvent];
  if (event === undefined || event > FLOW_EVENT.RESUMED) throw new OfpError("NXBRC_FM_BAD_EVENT");
  if (event >= FLOW_EVENT.ABBREV && length !== 8) throw new OfpError("OFPBRC_BAD_LEN");
  if (event === FLOW_EVENT.ABBREV) return { event, xid: body.u32() };
  if (event === FLOW_EVENT.PAUSED || event === FLOW_EVENT.RESUMED) return { event };
  return version >= V14 ? readFull14(body, event, version) : readFullNx(body, event, version);
}

function readFull14(r: WireReader, event: number, version: number): FullUpdate {
  const [tableId, reason] = [r.u8(), r.u8()];
  const [idleTimeout, hardTimeout, priority] = [r.u16(), r.u16(), r.u16()];
  r.skip(4);
  const cookie = r.u64();
  const match = readMatch(r);
  const actions = readInstructions(r, r.left, version);
  return {
    ...{ event, reason, tableId, priority, idleTimeout, hardTimeout, cookie, match, actions },
  };
}

function readFullNx(r: WireReader, event: number, version: number): FullUpdate {
  const [reason, priority] = [r.u16(), r.u16()];
  const [idleTimeout, hardTimeout, matchBytes] = [r.u16(), r.u16(), r.u16()];
  const tableId = r.u8();
  r.skip(1);
  const cookie = r.u64();
  const isOxm = version === V13;
  const match = isOxm ? readMatch(r) : readNxMatch(r, matchBytes).match;
  const actions = isOxm ? readInstructions(r, r.left, version) : readActions(r, r.left, version);
  return {
    ...{ event, reason, tableId, priority, idleTimeout, hardTimeout, cookie, match, actions },
  };
}

function writeFull14(w: WireWriter, u: FullUpdate, version: number): void {
  w.u8(u.tableId).u8(u.reason).u16(u.idleTimeout).u16(u.hardTimeout).u16(u.priority).zeros(4);
  w.u64(u.cookie);
  writeOxmMatch(w, u.match, version);
  writeInstructions(w, u.actions, version);
}

function writeFullNx(w: WireWriter, u: FullUpdate, version: number): void {
  w.u16(u.reason).u16(u.priority).u16(u.idleTimeout).u16(u.hardTimeout);
  const lengthAt = w.length;
  w.zeros(2).u8(u.tableId).zeros(1).u64(u.cookie);
  if (version === V13) {
    w.setU16(lengthAt, writeOxmMatch(w, u.match, version));
    writeInstructions(w, u.actions, version);
  } else {
    w.setU16(lengthAt, writeNxMatch(w, u.match));
    writeActions(w, u.actions, version);
  }
}

function writeUpdate(w: WireWriter, update: FlowUpdate, version: number): void {
  const start = w.length;
  const { event } = update;
  w.zeros(2).u16(version >= V14 ? event : EVENTS_NX.findIndex((each) => each === (event || 1)));
  if (!isFull(update)) w.u32("xid" in update ? update.xid : 0);
  else if (version >= V14) writeFull14(w, update, version);
  else writeFullNx(w, update, version);
  w.setU16(start, w.length - start);
}

export const flowMonitorReplyCodec: Codec<FlowMonitorReply> = {
  type: "flow_monitor_reply",
  wires: monitorWires("reply"),
  decode(r, { version }) {
    const updates: FlowUpdate[] = [];
    while (r.left > 0) updates.push(readUpdate(r, version));
    return { type: "flow_monitor_reply", updates };
  },
  encode(w, m, version) {
    for (const update of m.updates) {
      writeUpdate(w, update, version);
      w.mark();
    }
  },
};

// SPDX-License-Identifier: Apache-2.0
/**
 * Flow monitors: Nicira's NXST_FLOW_MONITOR (OpenFlow 1.0 to 1.2), the ONF's extension of 1.3 and
 * OFPMP_FLOW_MONITOR (OpenFlow 1.4.1 §7.3.5.18). What the switch sends is in flow-updates.ts.
 */
import { OfpError } from "../errors.js";
import type { Match } from "../match.js";
import { readNxMatch, writeNxMatch, writeOxmMatch } from "../nxm-match.js";
import {
  type Codec,
  nicira,
  onf,
  statsWires,
  V10,
  V12,
  V13,
  V14,
  VENDOR_NX,
  VENDOR_ONF,
  type WireId,
} from "./codec.js";
import { readMatch } from "./match.js";
import { GROUP_ANY, portFrom16, portTo16, readPort } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

/** `ofp_flow_monitor_flags`; Nicira's are the same up to OWN. */
export const MONITOR_FLAG = {
  INITIAL: 1 << 0,
  ADD: 1 << 1,
  REMOVED: 1 << 2,
  MODIFY: 1 << 3,
  INSTRUCTIONS: 1 << 4,
  /** Nicira's OWN: the peer's own changes in full. */
  NO_ABBREV: 1 << 5,
  ONLY_OWN: 1 << 6,
} as const;

const EVENTS = MONITOR_FLAG.ADD | MONITOR_FLAG.REMOVED | MONITOR_FLAG.MODIFY;
const FLAGS_NX = 0x3f;
const FLAGS_14 = 0x7f;

export const MONITOR_COMMAND = { ADD: 0, MODIFY: 1, DELETE: 2 } as const;

export interface FlowMonitor {
  id: number;
  /** MONITOR_COMMAND. */
  command: number;
  /** MONITOR_FLAG bits. */
  flags: number;
  outPort: number;
  outGroup: number;
  /** TABLE_ALL for all. */
  tableId: number;
  match: Match;
}

export interface FlowMonitorRequest {
  type: "flow_monitor_request";
  monitors: FlowMonitor[];
}

/** The three forms of a multipart message. */
export function monitorWires(direction: "request" | "reply"): WireId[] {
  const [nx, onfs] = [2, 1870];
  const type = direction === "request" ? 18 : 19;
  const name = `FLOW_MONITOR ${direction}`;
  const vendor = { stat: 0xffff, type };
  return [
    ...statsWires("OFPST_FLOW_MONITOR", direction, 16, V14),
    { ...vendor, name: `ONFST_${name}`, versions: [V13, V13], vendor: VENDOR_ONF, subtype: onfs },
    { ...vendor, name: `NXST_${name}`, versions: [V10 + 1, V12], vendor: VENDOR_NX, subtype: nx },
    {
      ...{ ...vendor, type: type - 2, name: `NXST_${name}`, versions: [V10, V10] },
      ...{ vendor: VENDOR_NX, subtype: nx },
    },
  ];
}

function checkFlags(flags: number): void {
  if (!(flags & EVENTS) || flags & ~FLAGS_NX) throw new OfpError("OFPMOFC_BAD_FLAGS");
}

function mustBeZero(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
}

function readNx(r: WireReader): FlowMonitor {
  const [id, flags, outPort] = [r.u32(), r.u16(), portFrom16(r.u16())];
  const [matchBytes, tableId] = [r.u16(), r.u8()];
  checkFlags(flags);
  mustBeZero(r.view(5));
  const { match } = readNxMatch(r, matchBytes);
  const command = MONITOR_COMMAND.ADD;
  return { id, command, flags, outPort, outGroup: GROUP_ANY, tableId, match };
}

function readOnf(r: WireReader): FlowMonitor {
  const [id, flags] = [r.u32(), r.u16()];
  r.skip(2);
  checkFlags(flags);
  const outPort = readPort(r, V13);
  const tableId = r.u8();
  mustBeZero(r.view(3));
  const command = MONITOR_COMMAND.ADD;
  return { id, command, flags, outPort, outGroup: GROUP_ANY, tableId, match: readMatch(r) };
}

function read14(r: WireReader): FlowMonitor {
  const id = r.u32();
  const outPort = readPort(r, V14);
  const [outGroup, flags, tableId, command] = [r.u32(), r.u16(), r.u8(), r.u8()];
  if (command > MONITOR_COMMAND.DELETE) throw new OfpError("OFPMOFC_BAD_COMMAND");
  const isNew = command !== MONITOR_COMMAND.DELETE;
  if (isNew && (!(flags & EVENTS) || flags & ~FLAGS_14)) throw new OfpError("OFPMOFC_BAD_FLAGS");
  return { id, command, flags, outPort, outGroup, tableId, match: readMatch(r) };
}

function write(w: WireWriter, m: FlowMonitor, version: number): void {
  if (version >= V14) {
    w.u32(m.id).u32(m.outPort).u32(m.outGroup).u16(m.flags).u8(m.tableId).u8(m.command);
    writeOxmMatch(w, m.match, version);
  } else if (version === V13) {
    w.u32(m.id).u16(m.flags & FLAGS_NX);
    const lengthAt = w.length;
    w.zeros(2).u32(m.outPort).u8(m.tableId).zeros(3);
    w.setU16(lengthAt, writeOxmMatch(w, m.match, version));
  } else {
    w.u32(m.id)
      .u16(m.flags & FLAGS_NX)
      .u16(portTo16(m.outPort));
    const lengthAt = w.length;
    w.zeros(2).u8(m.tableId).zeros(5);
    w.setU16(lengthAt, writeNxMatch(w, m.match));
  }
}

/** The fixed part of a request; a shorter rest is an error, not a short match. */
const FIXED_BYTES = 16;

export const flowMonitorRequestCodec: Codec<FlowMonitorRequest> = {
  type: "flow_monitor_request",
  wires: monitorWires("request"),
  decode(r, { version }) {
    const read = version >= V14 ? read14 : version === V13 ? readOnf : readNx;
    const monitors: FlowMonitor[] = [];
    while (r.left > 0) {
      if (r.left < FIXED_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
      monitors.push(read(r));
    }
    return { type: "flow_monitor_request", monitors };
  },
  encode(w, m, version) {
    for (const monitor of m.monitors) write(w, monitor, version);
  },
};

export interface FlowMonitorCancel {
  type: "flow_monitor_cancel";
  id: number;
}

export const flowMonitorCancelCodec: Codec<FlowMonitorCancel> = {
  type: "flow_monitor_cancel",
  wires: [
    nicira("NXT_FLOW_MONITOR_CANCEL", 21, false, [V10, V12]),
    onf("ONFT_FLOW_MONITOR_CANCEL", 1870),
  ],
  decode: (r) => ({ type: "flow_monitor_cancel", id: r.u32() }),
  encode(w, m) {
    w.u32(m.id);
  },
};

/** Sent before OpenFlow 1.4, where they became events of a reply. */
export interface FlowMonitorPaused {
  type: "flow_monitor_paused";
}

export interface FlowMonitorResumed {
  type: "flow_monitor_resumed";
}

function stateCodec<T extends string>(type: T, name: string, nx: number, onfs: number) {
  return {
    type,
    wires: [nicira(`NXT_${name}`, nx, false, [V10, V12]), onf(`ONFT_${name}`, onfs)],
    decode: () => ({ type }),
    encode: () => {},
  } satisfies Codec<{ type: T }>;
}

export const flowMonitorPausedCodec: Codec<FlowMonitorPaused> = stateCodec(
  "flow_monitor_paused",
  "FLOW_MONITOR_PAUSED",
  22,
  1871,
);

export const flowMonitorResumedCodec: Codec<FlowMonitorResumed> = stateCodec(
  "flow_monitor_resumed",
  "FLOW_MONITOR_RESUMED",
  23,
  1872,
);

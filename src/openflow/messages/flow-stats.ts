// SPDX-License-Identifier: Apache-2.0
/**
 * OFPST_FLOW and OFPST_AGGREGATE requests and replies (OpenFlow 1.0 §5.3.5, 1.3.5 §7.3.5.2), and
 * NXST_FLOW, NXST_AGGREGATE.
 */
import type { Match } from "../match.js";
import { readNxMatch, writeNxMatch } from "../nxm-match.js";
import type { OfpAct } from "../ofp-actions.js";
import {
  type Codec,
  type Multipart,
  niciraStats,
  statsWires,
  V10,
  V15,
  type WireId,
} from "./codec.js";
import { readFlowStats, writeFlowStats } from "./flow-stats-entry.js";
import { readMatch, writeMatch } from "./match.js";
import { readMatch10, writeMatch10 } from "./match10.js";
import { NO_OXS, readOxs, writeOxs } from "./oxs.js";
import { GROUP_ANY, portFrom16, portTo16, readPort, TABLE_ALL } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

/** Which flows a request is about. */
export interface FlowFilter {
  match: Match;
  /** TABLE_ALL for all. */
  tableId: number;
  /** OFPP.NONE for all. */
  outPort: number;
  outGroup: number;
  cookie: bigint;
  cookieMask: bigint;
  /** Encode OpenFlow 1.0 as NXST_FLOW, NXST_AGGREGATE. */
  nx?: boolean;
}

export interface FlowStatsRequest extends FlowFilter {
  type: "flow_stats_request";
}

export interface AggregateRequest extends FlowFilter {
  type: "aggregate_request";
}

export interface FlowStats {
  tableId: number;
  priority: number;
  match: Match;
  actions: readonly OfpAct[];
  cookie: bigint;
  durationMs: number;
  idleTimeout: number;
  hardTimeout: number;
  /** Whole seconds since the last packet (NXST_FLOW, OpenFlow 1.5), since the last change
   * (NXST_FLOW); null: not said. */
  idleAge: number | null;
  hardAge: number | null;
  packets: number | null;
  bytes: number | null;
  /** FLOW_FLAG; OpenFlow 1.3+. */
  flags: number;
  importance: number;
}

export interface FlowStatsReply extends Multipart {
  type: "flow_stats_reply";
  flows: readonly FlowStats[];
  nx?: boolean;
}

export interface AggregateReply {
  type: "aggregate_reply";
  packets: number | null;
  bytes: number | null;
  flows: number;
  nx?: boolean;
}

function decodeFilter(r: WireReader, version: number, wire: WireId): FlowFilter {
  if (wire.nx) {
    const outPort = portFrom16(r.u16());
    const matchBytes = r.u16();
    const tableId = r.u8();
    r.skip(3);
    const { match, cookie, cookieMask } = readNxMatch(r, matchBytes, { allowCookie: true });
    return { match, tableId, outPort, outGroup: GROUP_ANY, cookie, cookieMask, nx: true };
  }
  if (version === V10) {
    const match = readMatch10(r);
    const tableId = r.u8();
    r.skip(1);
    const outPort = portFrom16(r.u16());
    return { match, tableId, outPort, outGroup: GROUP_ANY, cookie: 0n, cookieMask: 0n };
  }
  const tableId = r.u8();
  r.skip(3);
  const outPort = readPort(r, version);
  const outGroup = r.u32();
  r.skip(4);
  const [cookie, cookieMask] = [r.u64(), r.u64()];
  return { match: readMatch(r), tableId, outPort, outGroup, cookie, cookieMask };
}

function encodeFilter(w: WireWriter, m: FlowFilter, version: number, wire: WireId): void {
  if (wire.nx) {
    w.u16(portTo16(m.outPort));
    const lengthAt = w.length;
    w.zeros(2).u8(m.tableId).zeros(3);
    w.setU16(lengthAt, writeNxMatch(w, m.match, m.cookie, m.cookieMask));
  } else if (version === V10) {
    writeMatch10(w, m.match);
    w.u8(m.tableId).zeros(1).u16(portTo16(m.outPort));
  } else {
    w.u8(m.tableId).zeros(3).u32(m.outPort).u32(m.outGroup).zeros(4);
    w.u64(m.cookie).u64(m.cookieMask);
    writeMatch(w, m.match, version);
  }
}

/** A filter that lets every flow pass. */
export function anyFlow(match: Match): FlowFilter {
  const outPort = 0xffffffff;
  const all = { tableId: TABLE_ALL, outPort, outGroup: GROUP_ANY, cookie: 0n, cookieMask: 0n };
  return { match, ...all };
}

const FLOW = 1;
const AGGREGATE = 2;
const NX_FLOW = 0;
const NX_AGGREGATE = 1;

function wires(name: string, direction: "request" | "reply", stat: number, nx: number): WireId[] {
  return [
    ...statsWires(`OFPST_${name}`, direction, stat),
    ...niciraStats(`NXST_${name}`, direction, nx).filter((wire) => wire.versions[1] === V10),
  ];
}

export const flowStatsRequestCodec: Codec<FlowStatsRequest> = {
  type: "flow_stats_request",
  wires: wires("FLOW", "request", FLOW, NX_FLOW),
  decode: (r, { version }, wire) => ({
    type: "flow_stats_request",
    ...decodeFilter(r, version, wire),
  }),
  encode: encodeFilter,
};

export const aggregateRequestCodec: Codec<AggregateRequest> = {
  type: "aggregate_request",
  wires: wires("AGGREGATE", "request", AGGREGATE, NX_AGGREGATE),
  decode: (r, { version }, wire) => ({
    type: "aggregate_request",
    ...decodeFilter(r, version, wire),
  }),
  encode: encodeFilter,
};

export const flowStatsReplyCodec: Codec<FlowStatsReply> = {
  type: "flow_stats_reply",
  wires: wires("FLOW", "reply", FLOW, NX_FLOW),
  decode(r, { version }, wire) {
    const flows: FlowStats[] = [];
    while (r.left > 0) flows.push(readFlowStats(r, version, wire.nx === true));
    return { type: "flow_stats_reply", flows, ...(wire.nx ? { nx: true } : {}) };
  },
  encode(w, m, version, wire) {
    for (const flow of m.flows) {
      writeFlowStats(w, flow, version, wire.nx === true);
      w.mark();
    }
  },
};

export const aggregateReplyCodec: Codec<AggregateReply> = {
  type: "aggregate_reply",
  wires: wires("AGGREGATE", "reply", AGGREGATE, NX_AGGREGATE),
  decode(r, { version }, wire) {
    if (version >= V15) {
      const { packets, bytes, flows } = readOxs(r);
      return { type: "aggregate_reply", packets, bytes, flows: flows ?? 0 };
    }
    const [packets, bytes, flows] = [r.counter(), r.counter(), r.u32()];
    r.skip(4);
    return { type: "aggregate_reply", packets, bytes, flows, ...(wire.nx ? { nx: true } : {}) };
  },
  encode(w, m, version) {
    const { packets, bytes, flows } = m;
    if (version >= V15) writeOxs(w, { ...NO_OXS, packets, bytes, flows });
    else w.counter(packets).counter(bytes).u32(flows).zeros(4);
  },
};

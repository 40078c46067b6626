// SPDX-License-Identifier: Apache-2.0
/** NXST_IPFIX_BRIDGE and NXST_IPFIX_FLOW: counters of IPFIX exporters. */
import { type Codec, emptyCodec, type Multipart, niciraStats } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

const COUNTERS = [
  "totalFlows",
  "currentFlows",
  "packets",
  "ipv4Packets",
  "ipv6Packets",
  "errorPackets",
  "ipv4ErrorPackets",
  "ipv6ErrorPackets",
  "txPackets",
  "txErrors",
] as const;

export type IpfixStats = Record<(typeof COUNTERS)[number], number> & {
  /** `Flow_Sample_Collector_Set.id`; 0 for a bridge's. */
  collectorSetId: number;
};

export interface IpfixBridgeRequest {
  type: "ipfix_bridge_request";
}

export interface IpfixFlowRequest {
  type: "ipfix_flow_request";
}

export interface IpfixBridgeReply extends Multipart {
  type: "ipfix_bridge_reply";
  exporters: readonly IpfixStats[];
}

export interface IpfixFlowReply extends Multipart {
  type: "ipfix_flow_reply";
  exporters: readonly IpfixStats[];
}

const BRIDGE = 3;
const FLOW = 4;
const name = (kind: string): string => `NXST_IPFIX_${kind}`;

export const ipfixBridgeRequestCodec: Codec<IpfixBridgeRequest> = emptyCodec(
  "ipfix_bridge_request",
  niciraStats(name("BRIDGE"), "request", BRIDGE),
);

export const ipfixFlowRequestCodec: Codec<IpfixFlowRequest> = emptyCodec(
  "ipfix_flow_request",
  niciraStats(name("FLOW"), "request", FLOW),
);

function read(r: WireReader): IpfixStats[] {
  const exporters: IpfixStats[] = [];
  while (r.left > 0) {
    const stats = { collectorSetId: 0 } as IpfixStats;
    for (const counter of COUNTERS) stats[counter] = r.counter() ?? 0;
    stats.collectorSetId = r.u32();
    r.skip(4);
    exporters.push(stats);
  }
  return exporters;
}

function write(w: WireWriter, exporters: readonly IpfixStats[]): void {
  for (const stats of exporters) {
    for (const counter of COUNTERS) w.counter(stats[counter]);
    w.u32(stats.collectorSetId).zeros(4).mark();
  }
}

export const ipfixBridgeReplyCodec: Codec<IpfixBridgeReply> = {
  type: "ipfix_bridge_reply",
  wires: niciraStats(name("BRIDGE"), "reply", BRIDGE),
  decode: (r) => ({ type: "ipfix_bridge_reply", exporters: read(r) }),
  encode: (w, m) => write(w, m.exporters),
};

export const ipfixFlowReplyCodec: Codec<IpfixFlowReply> = {
  type: "ipfix_flow_reply",
  wires: niciraStats(name("FLOW"), "reply", FLOW),
  decode: (r) => ({ type: "ipfix_flow_reply", exporters: read(r) }),
  encode: (w, m) => write(w, m.exporters),
};

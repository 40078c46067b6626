// SPDX-License-Identifier: Apache-2.0
/** One or more values of every multipart message. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { FLOW_FIELDS } from "../../../src/openflow/flow.js";
import { GROUP_TYPE, NO_SELECTION, OFPG } from "../../../src/openflow/group.js";
import { emptyMatch, type Match } from "../../../src/openflow/match.js";
import { V10, V13 } from "../../../src/openflow/messages/codec.js";
import type { FlowStats } from "../../../src/openflow/messages/flow-stats.js";
import type { OfMessage } from "../../../src/openflow/messages/messages.js";
import { GROUP_ANY } from "../../../src/openflow/messages/port-number.js";
import type { PortCounters } from "../../../src/openflow/messages/port-stats.js";
import { NO_ABILITIES } from "../../../src/openflow/messages/table-stats.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";

export interface Sample {
  /** Wire versions in which the message exists. */
  versions: readonly number[];
  message: OfMessage;
  /** How ovs-ofctl ofp-print names it. */
  prints: string;
}

const BOTH = [V10, V13];

/** in_port=1,tcp,nw_dst=10.0.0.1,tp_dst=80 */
export function sampleMatch(): Match {
  const match = emptyMatch();
  const set = (at: { offset: number; bytes: number }, ...bytes: number[]): void => {
    match.flow.bytes.set(bytes, at.offset);
    match.mask.bytes.fill(0xff, at.offset, at.offset + at.bytes);
  };
  set(FLOW_FIELDS.in_port, 0, 0, 0, 1);
  set(KEY_FIELDS.eth_type, 8, 0);
  set(KEY_FIELDS.nw_proto, 6);
  set(KEY_FIELDS.nw_dst, 10, 0, 0, 1);
  set(KEY_FIELDS.tp_dst, 0, 80);
  return match;
}

export const PORT = {
  ...{ ofpPort: 2, name: "eth0", hwAddr: Uint8Array.of(0, 1, 2, 3, 4, 5), config: 1, state: 1 },
  ...{ curr: 0x2020, advertised: 0x2020, supported: 0x20, peer: 0 },
  ...{ currSpeed: 1_000_000, maxSpeed: 1_000_000 },
};

const FLOW_STATS: FlowStats = {
  ...{ tableId: 3, priority: 9, match: sampleMatch(), cookie: 5n, durationMs: 1500 },
  ...{ idleTimeout: 1, hardTimeout: 2, idleAge: null, hardAge: null, packets: 10, bytes: 640 },
  ...{ flags: 0, importance: 0, actions: [{ type: "output", port: OFPP.LOCAL, maxLen: 0 }] },
};

const COUNTERS: PortCounters = {
  ...{ rxPackets: 1, txPackets: 2, rxBytes: 3, txBytes: 4, rxDropped: 5, txDropped: 6 },
  ...{ rxErrors: 7, txErrors: 8, rxFrameErr: null, rxOverErr: 0, rxCrcErr: 2 ** 40, collisions: 1 },
};

const OUTPUT = [{ type: "output", port: 2, maxLen: 0 }] as const;
const GROUPS = [
  {
    ...{ groupId: 3, groupType: GROUP_TYPE.SELECT, selection: NO_SELECTION },
    buckets: [0, 1].map((bucketId) => ({
      ...{ bucketId, weight: 5 + bucketId, watchPort: 1, watchGroup: OFPG.ANY, actions: OUTPUT },
    })),
  },
];
const GROUP_STATS = [
  {
    ...{ groupId: 3, refCount: 2, packets: 10, bytes: 600, durationMs: 1500 },
    buckets: [
      { packets: 4, bytes: 240 },
      { packets: 6, bytes: 360 },
    ],
  },
];
const METERS = [
  { meterId: 3, flags: 5, bands: [{ type: 1, rate: 100, burstSize: 20, precLevel: 0 }] },
  { meterId: 4, flags: 2, bands: [{ type: 2, rate: 100, burstSize: 0, precLevel: 1 }] },
];
const METER_STATS = [
  {
    ...{ meterId: 3, flowCount: 1, packets: 10, bytes: 600, durationMs: 2500 },
    bands: [{ packets: 4, bytes: 240 }],
  },
];
const FILTER = { match: sampleMatch(), tableId: 2, outPort: 1, outGroup: GROUP_ANY };
const NO_COOKIE = { cookie: 0n, cookieMask: 0n };
export const COOKIE = { cookie: 0x10n, cookieMask: 0xf0n };

export const STATISTICS_SAMPLES: readonly Sample[] = [
  { versions: BOTH, message: { type: "desc_request" }, prints: "OFPST_DESC request" },
  {
    versions: BOTH,
    message: {
      ...{ type: "desc_reply", mfrDesc: "m", hwDesc: "h", swDesc: "s" },
      ...{ serialDesc: "n", dpDesc: "d" },
    },
    prints: "OFPST_DESC reply",
  },
  {
    versions: [V10],
    message: { type: "flow_stats_request", ...FILTER, ...NO_COOKIE },
    prints: "OFPST_FLOW request",
  },
  {
    versions: [V13],
    message: { type: "flow_stats_request", ...FILTER, ...COOKIE },
    prints: "OFPST_FLOW request",
  },
  {
    versions: [V10],
    message: { type: "flow_stats_request", ...FILTER, ...COOKIE, nx: true },
    prints: "NXST_FLOW request",
  },
  {
    versions: BOTH,
    message: { type: "flow_stats_reply", flows: [FLOW_STATS, { ...FLOW_STATS, actions: [] }] },
    prints: "OFPST_FLOW reply",
  },
  {
    versions: [V10],
    message: {
      ...{ type: "flow_stats_reply", nx: true },
      flows: [{ ...FLOW_STATS, idleAge: 3, hardAge: 65533 }],
    },
    prints: "NXST_FLOW reply",
  },
  {
    versions: [V13],
    message: { type: "aggregate_request", ...FILTER, ...COOKIE },
    prints: "OFPST_AGGREGATE request",
  },
  {
    versions: BOTH,
    message: { type: "aggregate_reply", packets: 1, bytes: null, flows: 3 },
    prints: "OFPST_AGGREGATE reply",
  },
  {
    versions: [V10],
    message: { type: "aggregate_reply", packets: 1, bytes: 2, flows: 3, nx: true },
    prints: "NXST_AGGREGATE reply",
  },
  { versions: BOTH, message: { type: "table_stats_request" }, prints: "OFPST_TABLE request" },
  {
    versions: [V10],
    message: {
      type: "table_stats_reply",
      tables: [
        {
          ...{ tableId: 1, name: "one", maxEntries: 10 },
          abilities: { ...NO_ABILITIES, wildcards: 0x3fffffn },
          ...{ activeCount: 2, lookupCount: 3, matchedCount: 4 },
        },
      ],
    },
    prints: "OFPST_TABLE reply",
  },
  {
    versions: [V13],
    message: {
      type: "table_stats_reply",
      tables: [
        {
          ...{ tableId: 1, name: "", abilities: NO_ABILITIES, maxEntries: 0 },
          ...{ activeCount: 2, lookupCount: 3, matchedCount: 4 },
        },
      ],
    },
    prints: "OFPST_TABLE reply",
  },
  {
    versions: BOTH,
    message: { type: "port_stats_request", port: OFPP.NONE },
    prints: "OFPST_PORT request",
  },
  {
    versions: [V10],
    message: {
      ...{ type: "port_stats_reply", ports: [{ port: 2, ...COUNTERS, durationMs: null }] },
    },
    prints: "OFPST_PORT reply",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "port_stats_reply", ports: [{ port: 2, ...COUNTERS, durationMs: 1250 }] },
    },
    prints: "OFPST_PORT reply",
  },
  {
    versions: BOTH,
    message: { type: "queue_stats_request", port: OFPP.NONE, queueId: 0xffffffff },
    prints: "OFPST_QUEUE request",
  },
  {
    versions: [V13],
    message: {
      type: "queue_stats_reply",
      queues: [{ port: 2, queueId: 1, txBytes: 1, txPackets: 2, txErrors: null, durationMs: 999 }],
    },
    prints: "OFPST_QUEUE reply",
  },
  { versions: BOTH, message: { type: "port_desc_request" }, prints: "OFPST_PORT_DESC request" },
  {
    versions: BOTH,
    message: { type: "port_desc_reply", ports: [PORT, { ...PORT, ofpPort: OFPP.LOCAL }] },
    prints: "OFPST_PORT_DESC reply",
  },
  {
    versions: [V13],
    message: { type: "group_stats_request", groupId: 3 },
    prints: "OFPST_GROUP request",
  },
  {
    versions: [V13],
    message: { type: "group_stats_reply", groups: GROUP_STATS },
    prints: "OFPST_GROUP reply",
  },
  {
    versions: [V13],
    message: { type: "group_desc_request", groupId: OFPG.ALL },
    prints: "OFPST_GROUP_DESC request",
  },
  {
    versions: [V13],
    message: { type: "group_desc_reply", groups: GROUPS },
    prints: "OFPST_GROUP_DESC reply",
  },
  {
    versions: [V13],
    message: { type: "group_features_request" },
    prints: "OFPST_GROUP_FEATURES request",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "group_features_reply", types: 15, capabilities: 7 },
      ...{ maxGroups: [1, 2, 3, 4], actions: [1, 1, 1, 1] },
    },
    prints: "OFPST_GROUP_FEATURES reply",
  },
  {
    versions: [V13],
    message: { type: "meter_stats_request", meterId: 3 },
    prints: "OFPST_METER request",
  },
  {
    versions: [V13],
    message: { type: "meter_stats_reply", meters: METER_STATS },
    prints: "OFPST_METER reply",
  },
  {
    versions: [V13],
    message: { type: "meter_config_request", meterId: 3 },
    prints: "OFPST_METER_CONFIG request",
  },
  {
    versions: [V13],
    message: { type: "meter_config_reply", meters: METERS },
    prints: "OFPST_METER_CONFIG reply",
  },
  {
    versions: [V13],
    message: { type: "meter_features_request" },
    prints: "OFPST_METER_FEATURES request",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "meter_features_reply", maxMeters: 9, bandTypes: 2, capabilities: 15 },
      ...{ maxBands: 8, maxColor: 0 },
    },
    prints: "OFPST_METER_FEATURES reply",
  },
  {
    versions: [V13],
    message: { type: "table_features_request", command: 0, tables: [] },
    prints: "OFPST_TABLE_FEATURES request",
  },
  {
    versions: [V13],
    message: {
      type: "table_features_reply",
      tables: [
        {
          ...{ tableId: 1, name: "one", metadataMatch: 1n, metadataWrite: 2n, config: 0 },
          ...{ maxEntries: 5, instructions: [1, 4], nextTables: [2, 3], writeActions: [0] },
          ...{ applyActions: [0, 25], match: [], wildcards: [] },
          ...{ writeSetField: [], applySetField: [] },
        },
      ],
    },
    prints: "OFPST_TABLE_FEATURES reply",
  },
];

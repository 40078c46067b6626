// SPDX-License-Identifier: Apache-2.0
/** Messages that not all versions have, or each in its own form. */
import { emptyMatch } from "../../../src/openflow/match.js";
import { noMasks } from "../../../src/openflow/messages/async-config.js";
import { V10, V11, V12, V13, V14, V15 } from "../../../src/openflow/messages/codec.js";
import type { FlowStats } from "../../../src/openflow/messages/flow-stats.js";
import type { IpfixStats } from "../../../src/openflow/messages/ipfix-stats.js";
import { GROUP_ANY, NO_BUFFER } from "../../../src/openflow/messages/port-number.js";
import { NO_ABILITIES } from "../../../src/openflow/messages/table-stats.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import { FLOW_MOD, portMatch } from "./message-samples.js";
import { PORT, type Sample, sampleMatch } from "./statistics-samples.js";

const ALL = [V10, V11, V12, V13, V14, V15];
const UP_TO_13 = [V10, V11, V12, V13];
const SINCE_14 = [V14, V15];

const OUTPUT = [{ type: "output", port: 2, maxLen: 0 }] as const;
const PACKET_IN = { bufferId: NO_BUFFER, totalLength: 14, reason: 1, data: new Uint8Array(14) };
const ADD = { ...FLOW_MOD, tableId: 3, flags: 1, idleTimeout: 5, hardTimeout: 6, actions: OUTPUT };
const MASKS = {
  ...{ ...noMasks(), packetIn: [0x3f, 2], portStatus: [7, 7], flowRemoved: [0x3f, 0] },
  ...{ roleStatus: [7, 1], tableStatus: [0x18, 8], requestForward: [3, 0] },
} as ReturnType<typeof noMasks>;

function flow(version: number): FlowStats {
  const idleAge = version === V15 ? 3 : null;
  return {
    ...{ tableId: 1, priority: 5, match: sampleMatch(), actions: OUTPUT, cookie: 9n },
    ...{ durationMs: 1500, idleTimeout: 1, hardTimeout: 2, idleAge, hardAge: null },
    ...{ packets: 10, bytes: 1000, flags: version < V13 ? 0 : 1 },
    importance: version < V14 ? 0 : 7,
  };
}

const UPDATE = {
  ...{ event: 1, reason: 0, tableId: 2, priority: 3, idleTimeout: 4, hardTimeout: 5 },
  ...{ cookie: 6n, match: sampleMatch(), actions: OUTPUT },
};
const MONITOR = {
  ...{ id: 5, command: 0, flags: 0x1f, outPort: OFPP.NONE, outGroup: GROUP_ANY, tableId: 0xff },
  match: emptyMatch(),
};
const TABLE = { tableId: 2, eviction: true, evictionFlags: 7 };
const MAP = { optionClass: 0xffff, optionType: 3, optionLength: 4, index: 7 };
const ADDRESS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1);
const IPFIX: IpfixStats = {
  ...{ totalFlows: 1, currentFlows: 2, packets: 3, ipv4Packets: 4, ipv6Packets: 5 },
  ...{ errorPackets: 6, ipv4ErrorPackets: 7, ipv6ErrorPackets: 8, txPackets: 9, txErrors: 10 },
  collectorSetId: 11,
};
const PORT_STATS = {
  ...{ port: 2, rxPackets: 1, txPackets: 2, rxBytes: 3, txBytes: 4, rxDropped: 5, txDropped: 6 },
  ...{ rxErrors: 7, txErrors: 8, rxFrameErr: 9, rxOverErr: 10, rxCrcErr: 11, collisions: null },
  durationMs: 1234,
};

export const VERSION_SAMPLES: readonly Sample[] = [
  ...[V11, V12, V13, V14, V15].flatMap((version): Sample[] => [
    {
      versions: [version],
      message: {
        ...{ ...ADD, modifyCookie: false, importance: version < V14 ? 0 : 4 },
        // An add of OpenFlow 1.1 always counts anew.
        flags: version < V12 ? 5 : 1,
      },
      prints: "OFPT_FLOW_MOD",
    },
    {
      versions: [version],
      message: { type: "flow_stats_reply", flows: [flow(version), flow(version)] },
      prints: "OFPST_FLOW reply",
    },
    {
      versions: [version],
      message: { type: "aggregate_reply", packets: 1, bytes: 2, flows: 3 },
      prints: "OFPST_AGGREGATE reply",
    },
    {
      versions: [version],
      message: {
        ...{ type: "flow_removed", match: sampleMatch(), cookie: 4n, priority: 5, reason: 1 },
        ...{ tableId: 6, durationMs: 7000, idleTimeout: 8, hardTimeout: 9, packets: 1, bytes: 2 },
      },
      prints: "OFPT_FLOW_REMOVED",
    },
    {
      versions: [version],
      message: {
        ...{ type: "packet_in", ...PACKET_IN, inPort: 3, tableId: 2, metadata: portMatch() },
        cookie: version < V13 ? 0xffffffffffffffffn : 5n,
      },
      prints: "OFPT_PACKET_IN",
    },
    {
      versions: [version],
      message: {
        ...{ type: "packet_out", bufferId: NO_BUFFER, inPort: 3, actions: OUTPUT },
        data: new Uint8Array(14),
        ...(version === V15 ? { metadata: portMatch() } : {}),
      },
      prints: "OFPT_PACKET_OUT",
    },
    {
      versions: [version],
      message: { type: "port_status", reason: 2, port: PORT },
      prints: "OFPT_PORT_STATUS",
    },
    {
      versions: [version],
      message: {
        ...{ type: "port_mod", port: 3, hwAddr: PORT.hwAddr, config: 1, mask: 0x65 },
        advertise: 0x2820,
      },
      prints: "OFPT_PORT_MOD",
    },
    {
      versions: [version],
      message: { type: "port_desc_reply", ports: [PORT, PORT] },
      prints: "OFPST_PORT_DESC reply",
    },
    {
      versions: [version],
      message: {
        type: "queue_stats_reply",
        queues: [
          {
            ...{ port: 1, queueId: 2, txBytes: 3, txPackets: 4, txErrors: 5 },
            durationMs: version < V13 ? null : 6000,
          },
        ],
      },
      prints: "OFPST_QUEUE reply",
    },
  ]),
  ...[V11, V12].map(
    (version): Sample => ({
      versions: [version],
      message: {
        type: "table_stats_reply",
        tables: [
          {
            ...{ tableId: 1, name: "one", maxEntries: 10 },
            abilities: {
              ...{ ...NO_ABILITIES, match: 7n, wildcards: 5n, instructions: 6, config: 1 },
              ...{ writeActions: 1, applyActions: 3 },
              ...(version === V12 ? { writeSetFields: 8n, metadataMatch: 0xffn } : {}),
            },
            ...{ activeCount: 2, lookupCount: 3, matchedCount: 4 },
          },
        ],
      },
      prints: "OFPST_TABLE reply",
    }),
  ),
  {
    versions: SINCE_14,
    message: {
      type: "port_stats_reply",
      ports: [
        {
          ...{ ...PORT_STATS, sizes: { rx1To64: 5, rxJabber: 6 } },
          custom: [{ name: "ovs_tx_retries", value: 77 }],
        },
      ],
    },
    prints: "OFPST_PORT reply",
  },
  { versions: [V15], message: { type: "port_desc_request", port: 4 }, prints: "OFPST_PORT_DESC" },
  {
    versions: SINCE_14,
    message: { type: "queue_get_config_request", port: 1, queueId: 2 },
    prints: "OFPST_QUEUE_DESC request",
  },
  {
    versions: SINCE_14,
    message: {
      ...{ type: "queue_get_config_reply", port: OFPP.NONE },
      queues: [{ port: 1, queueId: 2, minRate: 500 }],
    },
    prints: "OFPST_QUEUE_DESC reply",
  },
  ...(["controller", "continue", "drop"] as const).map(
    (miss): Sample => ({
      versions: [V11, V12],
      message: { type: "table_mod", tableId: 3, miss },
      prints: "OFPT_TABLE_MOD",
    }),
  ),
  {
    versions: SINCE_14,
    message: { type: "table_mod", tableId: 3, eviction: true, vacancy: { down: 20, up: 80 } },
    prints: "OFPT_TABLE_MOD",
  },
  { versions: SINCE_14, message: { type: "table_desc_request" }, prints: "OFPST_TABLE_DESC" },
  {
    versions: SINCE_14,
    message: {
      type: "table_desc_reply",
      tables: [
        { ...TABLE, vacancy: { down: 1, up: 2, current: 3 } },
        { tableId: 3, eviction: false, vacancy: null },
      ],
    },
    prints: "OFPST_TABLE_DESC reply",
  },
  {
    versions: SINCE_14,
    message: { type: "table_status", reason: 3, table: { ...TABLE, vacancy: null } },
    prints: "OFPT_TABLE_STATUS",
  },
  {
    versions: [V13, V14, V15],
    message: { type: "role_status", role: 3, reason: 0, generationId: 5n },
    prints: "ROLE_STATUS",
  },
  { versions: SINCE_14, message: { type: "get_async_request" }, prints: "OFPT_GET_ASYNC_REQUEST" },
  {
    versions: SINCE_14,
    message: { type: "get_async_reply", masks: MASKS },
    prints: "OFPT_GET_ASYNC_REPLY",
  },
  {
    versions: SINCE_14,
    message: { type: "set_async", masks: { packetIn: [3, null], roleStatus: [null, 1] } },
    prints: "OFPT_SET_ASYNC",
  },
  {
    versions: SINCE_14,
    message: { type: "bundle_control", bundleId: 7, control: 4, flags: 3 },
    prints: "OFPT_BUNDLE_CONTROL",
  },
  {
    versions: [V14],
    message: {
      ...{ type: "bundle_add", bundleId: 7, flags: 1 },
      message: Uint8Array.of(5, 16, 0, 32, 0, 0, 0, 1, 0, 0, 0, 2, ...new Uint8Array(20)),
    },
    prints: "OFPT_BUNDLE_ADD_MESSAGE",
  },
  {
    versions: ALL,
    message: { type: "flow_monitor_request", monitors: [MONITOR, { ...MONITOR, id: 6 }] },
    prints: "FLOW_MONITOR request",
  },
  {
    versions: ALL,
    message: {
      type: "flow_monitor_reply",
      updates: [UPDATE, { ...UPDATE, event: 2, reason: 2 }, { event: 4, xid: 99 }],
    },
    prints: "FLOW_MONITOR reply",
  },
  {
    versions: SINCE_14,
    message: { type: "flow_monitor_reply", updates: [{ event: 5 }, { event: 6 }] },
    prints: "FLOW_MONITOR reply",
  },
  {
    versions: UP_TO_13,
    message: { type: "flow_monitor_cancel", id: 5 },
    prints: "FLOW_MONITOR_CANCEL",
  },
  { versions: UP_TO_13, message: { type: "flow_monitor_paused" }, prints: "FLOW_MONITOR_PAUSED" },
  { versions: UP_TO_13, message: { type: "flow_monitor_resumed" }, prints: "FLOW_MONITOR_RESUMED" },
  {
    versions: [V14],
    message: {
      type: "request_forward",
      request: Uint8Array.of(5, 15, 0, 16, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1),
    },
    prints: "OFPT_REQUESTFORWARD",
  },
  {
    versions: ALL,
    message: {
      ...{ type: "nx_packet_in2", ...PACKET_IN, tableId: 4, cookie: 7n, metadata: portMatch() },
      continuation: Uint8Array.of(0x80, 4, 0, 5, 9, 0, 0, 0),
    },
    prints: "NXT_PACKET_IN2",
  },
  {
    versions: ALL,
    message: {
      ...{ type: "nx_resume", ...PACKET_IN, tableId: 4, cookie: 7n, metadata: portMatch() },
    },
    prints: "NXT_RESUME",
  },
  {
    versions: ALL,
    message: { type: "tlv_table_mod", command: 0, maps: [MAP] },
    prints: "NXT_TLV_TABLE_MOD",
  },
  { versions: ALL, message: { type: "tlv_table_request" }, prints: "NXT_TLV_TABLE_REQUEST" },
  {
    versions: ALL,
    message: { type: "tlv_table_reply", maxOptionSpace: 256, maxFields: 64, maps: [MAP] },
    prints: "NXT_TLV_TABLE_REPLY",
  },
  { versions: ALL, message: { type: "ct_flush_zone", zone: 5 }, prints: "NXT_CT_FLUSH_ZONE" },
  {
    versions: ALL,
    message: {
      ...{ type: "ct_flush", protocol: 6, zone: 9, reply: {} },
      original: { source: ADDRESS, destinationPort: 80 },
    },
    prints: "NXT_CT_FLUSH",
  },
  {
    versions: ALL,
    message: {
      type: "ct_flush",
      protocol: 1,
      original: { icmpId: 1, icmpType: 8, icmpCode: 0 },
      reply: {},
    },
    prints: "NXT_CT_FLUSH",
  },
  { versions: ALL, message: { type: "ipfix_bridge_request" }, prints: "NXST_IPFIX_BRIDGE request" },
  { versions: ALL, message: { type: "ipfix_flow_request" }, prints: "NXST_IPFIX_FLOW request" },
  {
    versions: ALL,
    message: { type: "ipfix_bridge_reply", exporters: [{ ...IPFIX, collectorSetId: 0 }] },
    prints: "NXST_IPFIX_BRIDGE reply",
  },
  {
    versions: ALL,
    message: { type: "ipfix_flow_reply", exporters: [IPFIX, IPFIX] },
    prints: "NXST_IPFIX_FLOW reply",
  },
];

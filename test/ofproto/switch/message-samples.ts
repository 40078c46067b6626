// SPDX-License-Identifier: Apache-2.0
/** One or more values of every message. */

import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { FLOW_FIELDS } from "../../../src/openflow/flow.js";
import { emptyMatch, type Match } from "../../../src/openflow/match.js";
import { V10, V13 } from "../../../src/openflow/messages/codec.js";
import { COOKIE_KEEP, type FlowMod } from "../../../src/openflow/messages/flow-mod.js";
import type { FlowStats } from "../../../src/openflow/messages/flow-stats.js";
import type { OfMessage } from "../../../src/openflow/messages/messages.js";
import { GROUP_ANY, NO_BUFFER } from "../../../src/openflow/messages/port-number.js";
import type { PortCounters } from "../../../src/openflow/messages/port-stats.js";
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

function portMatch(): Match {
  const match = emptyMatch();
  match.flow.bytes.set([0, 0, 0, 3], FLOW_FIELDS.in_port.offset);
  match.mask.bytes.fill(0xff, FLOW_FIELDS.in_port.offset, FLOW_FIELDS.in_port.offset + 4);
  return match;
}

export const FLOW_MOD: FlowMod = {
  ...{ type: "flow_mod", command: 0, tableId: 0xff, priority: 7, match: sampleMatch() },
  ...{ cookie: 0n, cookieMask: 0n, newCookie: 0x1234n, modifyCookie: true },
  ...{ idleTimeout: 5, hardTimeout: 6, bufferId: NO_BUFFER, importance: 0 },
  ...{ outPort: OFPP.NONE, outGroup: GROUP_ANY, flags: 0x7 },
  actions: [{ type: "output", port: 2, maxLen: 0 }],
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

const PORT = {
  ...{ ofpPort: 2, name: "eth0", hwAddr: Uint8Array.of(0, 1, 2, 3, 4, 5), config: 1, state: 1 },
  ...{ curr: 0x2020, advertised: 0x2020, supported: 0x20, peer: 0 },
  ...{ currSpeed: 1_000_000, maxSpeed: 1_000_000 },
};

const MASKS = {
  packetIn: [7, 1] as [number, number],
  portStatus: [7, 7] as [number, number],
  flowRemoved: [15, 0] as [number, number],
};

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0);
const FILTER = { match: sampleMatch(), tableId: 2, outPort: 1, outGroup: GROUP_ANY };
const NO_COOKIE = { cookie: 0n, cookieMask: 0n };
const COOKIE = { cookie: 0x10n, cookieMask: 0xf0n };

export const SAMPLES: readonly Sample[] = [
  { versions: BOTH, message: { type: "hello", versions: [1, 4] }, prints: "OFPT_HELLO" },
  {
    versions: BOTH,
    message: { type: "error", code: "OFPFMFC_OVERLAP", data: new Uint8Array(0) },
    prints: "OFPT_ERROR",
  },
  { versions: BOTH, message: { type: "echo_request", data: DATA }, prints: "OFPT_ECHO_REQUEST" },
  { versions: BOTH, message: { type: "echo_reply", data: DATA }, prints: "OFPT_ECHO_REPLY" },
  { versions: BOTH, message: { type: "features_request" }, prints: "OFPT_FEATURES_REQUEST" },
  {
    versions: [V10],
    message: {
      ...{ type: "features_reply", datapathId: 0xabcn, nBuffers: 0, nTables: 254 },
      ...{ auxiliaryId: 0, capabilities: 0xc7, actions: 0xfff, ports: [PORT] },
    },
    prints: "OFPT_FEATURES_REPLY",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "features_reply", datapathId: 0xabcn, nBuffers: 0, nTables: 254 },
      ...{ auxiliaryId: 1, capabilities: 0x4f, actions: 0, ports: [] },
    },
    prints: "OFPT_FEATURES_REPLY",
  },
  { versions: BOTH, message: { type: "get_config_request" }, prints: "OFPT_GET_CONFIG_REQUEST" },
  {
    versions: BOTH,
    message: { type: "get_config_reply", flags: 1, missSendLen: 128 },
    prints: "OFPT_GET_CONFIG_REPLY",
  },
  {
    versions: BOTH,
    message: { type: "set_config", flags: 3, missSendLen: 65535 },
    prints: "OFPT_SET_CONFIG",
  },
  {
    versions: [V10],
    message: {
      ...{ type: "packet_in", bufferId: NO_BUFFER, totalLength: 60, reason: 1, inPort: 3 },
      ...{ tableId: 0, cookie: 0n, metadata: portMatch(), data: DATA },
    },
    prints: "OFPT_PACKET_IN",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "packet_in", bufferId: NO_BUFFER, totalLength: 60, reason: 1, inPort: 3 },
      ...{ tableId: 4, cookie: 7n, metadata: portMatch(), data: DATA },
    },
    prints: "OFPT_PACKET_IN",
  },
  {
    versions: BOTH,
    message: {
      ...{ type: "nx_packet_in", bufferId: NO_BUFFER, totalLength: 60, reason: 0 },
      ...{ tableId: 4, cookie: 7n, metadata: portMatch(), data: DATA },
    },
    prints: "NXT_PACKET_IN",
  },
  {
    versions: BOTH,
    message: {
      ...{ type: "nx_packet_in2", bufferId: NO_BUFFER, totalLength: 60, reason: 1 },
      ...{ tableId: 4, cookie: 7n, metadata: portMatch(), data: DATA },
      userdata: Uint8Array.of(1, 2, 3),
    },
    prints: "NXT_PACKET_IN2",
  },
  ...[false, true].map(
    (nx): Sample => ({
      versions: nx ? [V10] : [V13],
      message: {
        ...{ type: "flow_removed", match: sampleMatch(), cookie: 9n, priority: 5, reason: 1 },
        ...{ tableId: 2, durationMs: 2500, idleTimeout: 3, hardTimeout: nx ? 0 : 4 },
        ...{ packets: 11, bytes: 12, ...(nx ? { nx } : {}) },
      },
      prints: "FLOW_REMOVED",
    }),
  ),
  {
    versions: [V10],
    message: {
      ...{ type: "flow_removed", match: sampleMatch(), cookie: 9n, priority: 5, reason: 0 },
      ...{ tableId: 0xff, durationMs: 2500, idleTimeout: 3, hardTimeout: 0 },
      ...{ packets: 11, bytes: 12 },
    },
    prints: "OFPT_FLOW_REMOVED",
  },
  {
    versions: BOTH,
    message: { type: "port_status", reason: 2, port: PORT },
    prints: "OFPT_PORT_STATUS",
  },
  {
    versions: BOTH,
    message: {
      ...{ type: "packet_out", bufferId: NO_BUFFER, inPort: OFPP.CONTROLLER, data: DATA },
      actions: [{ type: "output", port: OFPP.FLOOD, maxLen: 0 }],
    },
    prints: "OFPT_PACKET_OUT",
  },
  { versions: [V10], message: FLOW_MOD, prints: "OFPT_FLOW_MOD" },
  {
    versions: [V13],
    message: { ...FLOW_MOD, tableId: 4, modifyCookie: false, flags: 0x1b },
    prints: "OFPT_FLOW_MOD",
  },
  {
    versions: [V13],
    message: {
      ...{ ...FLOW_MOD, ...COOKIE, command: 3, newCookie: COOKIE_KEEP, modifyCookie: false },
      ...{ flags: 0, actions: [], outPort: 2 },
    },
    prints: "OFPT_FLOW_MOD",
  },
  { versions: [V10], message: { ...FLOW_MOD, nx: true }, prints: "NXT_FLOW_MOD" },
  {
    versions: [V10],
    message: { ...FLOW_MOD, ...COOKIE, command: 3, flags: 0, actions: [], nx: true },
    prints: "NXT_FLOW_MOD",
  },
  {
    versions: [V13],
    message: {
      type: "group_mod",
      command: 2,
      groupType: 0,
      groupId: 5,
      buckets: new Uint8Array(0),
    },
    prints: "OFPT_GROUP_MOD",
  },
  {
    versions: BOTH,
    message: {
      ...{ type: "port_mod", port: OFPP.LOCAL, hwAddr: PORT.hwAddr },
      ...{ config: 1, mask: 0x65, advertise: 0x2820 & 0xf87f },
    },
    prints: "OFPT_PORT_MOD",
  },
  {
    versions: [V13],
    message: { type: "table_mod", tableId: 3, config: 0 },
    prints: "OFPT_TABLE_MOD",
  },
  {
    versions: [V13],
    message: { type: "meter_mod", command: 2, flags: 0, meterId: 1, bands: new Uint8Array(0) },
    prints: "OFPT_METER_MOD",
  },
  { versions: BOTH, message: { type: "barrier_request" }, prints: "OFPT_BARRIER_REQUEST" },
  { versions: BOTH, message: { type: "barrier_reply" }, prints: "OFPT_BARRIER_REPLY" },
  {
    versions: BOTH,
    message: { type: "queue_get_config_request", port: 2 },
    prints: "OFPT_QUEUE_GET_CONFIG_REQUEST",
  },
  {
    versions: BOTH,
    message: {
      ...{ type: "queue_get_config_reply", port: 2 },
      queues: [
        { queueId: 1, port: 2 },
        { queueId: 2, port: 2, minRate: 500 },
      ],
    },
    prints: "OFPT_QUEUE_GET_CONFIG_REPLY",
  },
  {
    versions: [V13],
    message: { type: "role_request", role: 2, generationId: 5n },
    prints: "OFPT_ROLE_REQUEST",
  },
  { versions: [V10], message: { type: "role_request", role: 3, nx: true }, prints: "NXT_ROLE" },
  {
    versions: [V13],
    message: { type: "role_reply", role: 1, generationId: 5n },
    prints: "OFPT_ROLE_REPLY",
  },
  { versions: [V10], message: { type: "role_reply", role: 1, nx: true }, prints: "NXT_ROLE_REPLY" },
  { versions: [V13], message: { type: "get_async_request" }, prints: "OFPT_GET_ASYNC_REQUEST" },
  {
    versions: [V13],
    message: { type: "get_async_reply", ...MASKS },
    prints: "OFPT_GET_ASYNC_REPLY",
  },
  { versions: [V13], message: { type: "set_async", ...MASKS }, prints: "OFPT_SET_ASYNC" },
  { versions: [V10], message: { type: "set_async", ...MASKS }, prints: "NXT_SET_ASYNC_CONFIG" },
  {
    versions: [V13],
    message: { type: "bundle_control", bundleId: 7, control: 4, flags: 3 },
    prints: "ONFT_BUNDLE_CONTROL",
  },
  {
    versions: [V13],
    message: {
      ...{ type: "bundle_add", bundleId: 7, flags: 1 },
      message: Uint8Array.of(4, 16, 0, 40, 0, 0, 0, 1, 0, 0, 0, 2, ...new Uint8Array(28)),
    },
    prints: "ONFT_BUNDLE_ADD_MESSAGE",
  },
  {
    versions: BOTH,
    message: { type: "flow_mod_table_id", enable: true },
    prints: "NXT_FLOW_MOD_TABLE_ID",
  },
  {
    versions: [V10],
    message: { type: "set_flow_format", format: 2 },
    prints: "NXT_SET_FLOW_FORMAT",
  },
  {
    versions: BOTH,
    message: { type: "set_packet_in_format", format: 1 },
    prints: "NXT_SET_PACKET_IN_FORMAT",
  },
  {
    versions: BOTH,
    message: { type: "set_controller_id", controllerId: 9 },
    prints: "NXT_SET_CONTROLLER_ID",
  },
  { versions: BOTH, message: { type: "flow_age" }, prints: "NXT_FLOW_AGE" },
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
          ...{ tableId: 1, name: "one", wildcards: 0x3fffff, maxEntries: 10 },
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
          ...{ tableId: 1, name: "", wildcards: 0, maxEntries: 0 },
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
    message: { type: "group_stats_reply", entries: new Uint8Array(0) },
    prints: "OFPST_GROUP reply",
  },
  { versions: [V13], message: { type: "group_desc_request" }, prints: "OFPST_GROUP_DESC request" },
  {
    versions: [V13],
    message: { type: "group_desc_reply", entries: new Uint8Array(0) },
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
    message: { type: "meter_stats_reply", entries: new Uint8Array(0) },
    prints: "OFPST_METER reply",
  },
  {
    versions: [V13],
    message: { type: "meter_config_request", meterId: 3 },
    prints: "OFPST_METER_CONFIG request",
  },
  {
    versions: [V13],
    message: { type: "meter_config_reply", entries: new Uint8Array(0) },
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
    message: { type: "table_features_request", body: new Uint8Array(0) },
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

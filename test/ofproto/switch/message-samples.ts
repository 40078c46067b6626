// SPDX-License-Identifier: Apache-2.0
/** One or more values of every message. */

import { FLOW_FIELDS } from "../../../src/openflow/flow.js";
import { BUCKET_ID, NO_SELECTION } from "../../../src/openflow/group.js";
import { emptyMatch, type Match } from "../../../src/openflow/match.js";
import { noMasks } from "../../../src/openflow/messages/async-config.js";
import { V10, V13 } from "../../../src/openflow/messages/codec.js";
import { COOKIE_KEEP, type FlowMod } from "../../../src/openflow/messages/flow-mod.js";
import { GROUP_ANY, NO_BUFFER } from "../../../src/openflow/messages/port-number.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import {
  COOKIE,
  PORT,
  type Sample,
  STATISTICS_SAMPLES,
  sampleMatch,
} from "./statistics-samples.js";

export { sampleMatch } from "./statistics-samples.js";

const BOTH = [V10, V13];

export function portMatch(): Match {
  const match = emptyMatch();
  match.flow.bytes.set([0, 0, 0, 3], FLOW_FIELDS.in_port.offset);
  match.mask.bytes.fill(0xff, FLOW_FIELDS.in_port.offset, FLOW_FIELDS.in_port.offset + 4);
  return match;
}

export const FLOW_MOD: FlowMod = {
  ...{ type: "flow_mod", command: 0, tableId: 0xff, priority: 7, match: sampleMatch() },
  ...{ cookie: 0n, cookieMask: 0n, newCookie: 0x1234n, modifyCookie: true },
  // Longer than any test: what one leaves behind must not expire during another.
  ...{ idleTimeout: 500, hardTimeout: 600, bufferId: NO_BUFFER, importance: 0 },
  ...{ outPort: OFPP.NONE, outGroup: GROUP_ANY, flags: 0x7 },
  actions: [{ type: "output", port: 2, maxLen: 0 }],
};

const MASKS = {
  ...noMasks(),
  packetIn: [7, 1] as [number, number],
  portStatus: [7, 7] as [number, number],
  flowRemoved: [15, 0] as [number, number],
};

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0);

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
      ...{ type: "group_mod", command: 2, groupType: 0, groupId: 5, buckets: [] },
      ...{ commandBucketId: BUCKET_ID.ALL, selection: NO_SELECTION },
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
    message: { type: "table_mod", tableId: 3 },
    prints: "OFPT_TABLE_MOD",
  },
  {
    versions: [V13],
    message: { type: "meter_mod", command: 2, flags: 0, meterId: 1, bands: [] },
    prints: "OFPT_METER_MOD",
  },
  { versions: BOTH, message: { type: "barrier_request" }, prints: "OFPT_BARRIER_REQUEST" },
  { versions: BOTH, message: { type: "barrier_reply" }, prints: "OFPT_BARRIER_REPLY" },
  {
    versions: BOTH,
    message: { type: "queue_get_config_request", port: 2, queueId: 0xffffffff },
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
    message: { type: "get_async_reply", masks: MASKS },
    prints: "OFPT_GET_ASYNC_REPLY",
  },
  { versions: [V13], message: { type: "set_async", masks: MASKS }, prints: "OFPT_SET_ASYNC" },
  { versions: [V10], message: { type: "set_async", masks: MASKS }, prints: "NXT_SET_ASYNC_CONFIG" },
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
  ...STATISTICS_SAMPLES,
];

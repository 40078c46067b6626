// SPDX-License-Identifier: Apache-2.0
/** Conversations that differ from what the stock tools would say. */

import { emptyMatch } from "../../../src/openflow/match.js";
import type { SetAsync } from "../../../src/openflow/messages/async-config.js";
import { V10, V13 } from "../../../src/openflow/messages/codec.js";
import { COOKIE_KEEP, type FlowMod } from "../../../src/openflow/messages/flow-mod.js";
import { anyFlow } from "../../../src/openflow/messages/flow-stats.js";
import { encodeMessage, type OfMessage } from "../../../src/openflow/messages/messages.js";
import { QUEUE_ALL } from "../../../src/openflow/messages/port-number.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import { FLOW_MOD } from "./message-samples.js";

export interface RawCase {
  what: string;
  version: number;
  hexes: string[];
}

let xid = 0x1000;
const hex = (message: OfMessage, version: number): string =>
  Buffer.from(encodeMessage(message, version, ++xid)[0] as Uint8Array).toString("hex");

/** A case of messages, some as hexadecimal digits. */
export function talk(version: number, what: string, ...messages: (OfMessage | string)[]): RawCase {
  const hexes = messages.map((m) =>
    typeof m === "string" ? m.replaceAll(" ", "") : hex(m, version),
  );
  return { what, version, hexes };
}

/** Changes bytes of an encoded message. */
export function patched(
  message: OfMessage,
  version: number,
  at: number,
  ...bytes: number[]
): string {
  const copy = Buffer.from(hex(message, version), "hex");
  copy.set(bytes, at);
  return copy.toString("hex");
}

const MAC1 = Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, 9);
const CLEAR: FlowMod = {
  ...{ ...FLOW_MOD, match: emptyMatch(), command: 3, flags: 0, actions: [], newCookie: 0n },
};
const CLEAR_13: FlowMod = { ...CLEAR, newCookie: COOKIE_KEEP };
const DUMP: OfMessage = { type: "flow_stats_request", ...anyFlow(emptyMatch()) };
const NX_DUMP: OfMessage = { ...DUMP, nx: true };
const ADD_13: FlowMod = { ...FLOW_MOD, tableId: 0, flags: 0 };
const MASKS: SetAsync["masks"] = { packetIn: [7, 0], portStatus: [0, 0], flowRemoved: [7, 7] };
const bundle = (control: number, flags = 3, bundleId = 1): OfMessage => ({
  ...{ type: "bundle_control", bundleId, control, flags },
});

const OF10: readonly RawCase[] = [
  talk(V10, "unknown type", "0163000800000001"),
  talk(V10, "unknown statistic", "0110000c0000000100550000"),
  talk(V10, "unknown vendor", "010400100000000100123456 00000001"),
  talk(V10, "unknown Nicira message", "0104001000000001 00002320 000003e7"),
  talk(V10, "short set_config", "0109000a000000010000"),
  talk(V10, "long set_config", "0109000e00000001000000000000"),
  talk(V10, "wrong version", "0405000800000001"),
  talk(V10, "reply as request", `0106002000000001${"00".repeat(24)}`),
  talk(V10, "echo", { type: "echo_request", data: Uint8Array.of(1, 2, 3) }),
  talk(V10, "second hello", { type: "hello", versions: [1] }),
  talk(V10, "flow-mod: command", patched(FLOW_MOD, V10, 56, 0, 9)),
  talk(V10, "flow-mod: flags", patched(FLOW_MOD, V10, 70, 0x80, 0)),
  talk(V10, "flow-mod: emergency", patched({ ...FLOW_MOD, flags: 0 }, V10, 70, 0, 4)),
  talk(
    V10,
    "flow-mod: emergency without timeouts",
    patched({ ...FLOW_MOD, flags: 0, idleTimeout: 0, hardTimeout: 0 }, V10, 70, 0, 4),
  ),
  talk(V10, "flow-mod: buffer", CLEAR, { ...FLOW_MOD, bufferId: 5 }, NX_DUMP, CLEAR),
  talk(V10, "flow-mod: table without the extension", { ...FLOW_MOD, tableId: 3 }, NX_DUMP, CLEAR),
  talk(
    V10,
    "flow-mod: table with the extension",
    { type: "flow_mod_table_id", enable: true },
    { ...FLOW_MOD, tableId: 3 },
    { ...FLOW_MOD, tableId: 254 },
    patched(FLOW_MOD, V10, 56, 0xff, 0),
    NX_DUMP,
    DUMP,
    { ...NX_DUMP, tableId: 3 },
    patched(CLEAR, V10, 56, 0xff, 3),
  ),
  talk(V10, "flow-mod: exact match", CLEAR, patched(FLOW_MOD, V10, 8, 0, 0, 0, 0), NX_DUMP, CLEAR),
  talk(
    V10,
    "flow-mod: modify adds",
    { ...FLOW_MOD, command: 1, flags: 0 },
    { ...FLOW_MOD, command: 2, priority: 9, newCookie: COOKIE_KEEP, flags: 0 },
    NX_DUMP,
    { ...FLOW_MOD, command: 1, newCookie: COOKIE_KEEP, flags: 0, actions: [] },
    NX_DUMP,
    { ...FLOW_MOD, flags: 0, newCookie: COOKIE_KEEP },
    NX_DUMP,
    CLEAR,
  ),
  talk(V10, "flow-mod: add with a cookie match", {
    ...{ ...FLOW_MOD, nx: true, cookie: 1n, cookieMask: 1n },
  }),
  talk(V10, "port-mod: port", {
    ...{ type: "port_mod", port: 99, hwAddr: MAC1, config: 0, mask: 0, advertise: 0 },
  }),
  talk(V10, "port-mod: address", {
    ...{ type: "port_mod", port: 1, hwAddr: MAC1, config: 0, mask: 0, advertise: 0 },
  }),
  talk(V10, "packet-out: buffer", {
    ...{ type: "packet_out", bufferId: 3, inPort: OFPP.NONE, actions: [], data: MAC1 },
  }),
  talk(V10, "packet-out: port", {
    ...{ type: "packet_out", bufferId: 0xffffffff, inPort: OFPP.ALL, actions: [], data: MAC1 },
  }),
  talk(V10, "packet-out: unknown port", {
    ...{ type: "packet_out", bufferId: 0xffffffff, inPort: 77, actions: [], data: MAC1 },
  }),
  talk(V10, "packet-out: short packet", {
    ...{ type: "packet_out", bufferId: 0xffffffff, inPort: 1, actions: [], data: MAC1 },
  }),
  talk(V13, "packet-out: missing group", {
    ...{ type: "packet_out", bufferId: 0xffffffff, inPort: 1, data: new Uint8Array(60) },
    actions: [{ type: "group", group: 77 }],
  }),
  talk(V13, "packet-out: missing meter", {
    ...{ type: "packet_out", bufferId: 0xffffffff, inPort: 1, data: new Uint8Array(60) },
    actions: [{ type: "meter", meter: 77 }],
  }),
  talk(V10, "queues of no port", { type: "queue_get_config_request", port: 9, queueId: QUEUE_ALL }),
  talk(V10, "queues of any port", {
    ...{ type: "queue_get_config_request", port: OFPP.NONE, queueId: QUEUE_ALL },
  }),
  talk(V10, "queue statistics of no queue", {
    ...{ type: "queue_stats_request", port: 1, queueId: 5 },
  }),
  talk(
    V10,
    "roles",
    { type: "role_request", role: 2, nx: true },
    { type: "role_request", role: 3, nx: true },
    FLOW_MOD,
    { type: "role_request", role: 1, nx: true },
  ),
  talk(V10, "bad role", "0104001400000001 00002320 0000000a 00000009"),
  talk(
    V10,
    "formats",
    { type: "set_flow_format", format: 2 },
    { type: "set_flow_format", format: 7 },
    { type: "set_packet_in_format", format: 9 },
    { type: "set_packet_in_format", format: 2 },
    { type: "flow_age" },
    { type: "set_controller_id", controllerId: 3 },
  ),
  talk(
    V10,
    "configuration",
    { type: "set_config", flags: 2, missSendLen: 99 },
    { type: "get_config_request" },
    { type: "set_config", flags: 4, missSendLen: 0 },
    { type: "get_config_request" },
    { type: "set_config", flags: 0, missSendLen: 0 },
  ),
  talk(V10, "1.3 messages in 1.0", "011a000800000001", `0118001800000001${"00".repeat(16)}`),
  talk(
    V10,
    "flow removed",
    { type: "set_config", flags: 0, missSendLen: 128 },
    { ...FLOW_MOD, flags: 1 },
    CLEAR,
    { type: "set_flow_format", format: 2 },
    { ...FLOW_MOD, flags: 1 },
    { ...FLOW_MOD, flags: 1 },
    CLEAR,
  ),
];

const OF13: readonly RawCase[] = [
  talk(V13, "unknown type", "0463000800000001"),
  talk(V13, "unknown statistic", "0412001000000001 00550000 00000000"),
  talk(V13, "truncated statistic", "0412000c00000001 00550000"),
  talk(V13, "wrong version", "0105000800000001"),
  talk(V13, "flow-mod: any table", patched(ADD_13, V13, 24, 0xff)),
  talk(V13, "flow-mod: command", patched(ADD_13, V13, 25, 9)),
  talk(V13, "flow-mod: flags", patched(ADD_13, V13, 44, 0x80, 0)),
  talk(
    V13,
    "flow-mod: table 254",
    { ...ADD_13, tableId: 254 },
    { ...ADD_13, tableId: 254, command: 1 },
    { ...CLEAR_13, tableId: 254 },
    { ...CLEAR_13, tableId: 254, match: FLOW_MOD.match },
    { ...CLEAR_13, tableId: 254, match: FLOW_MOD.match, command: 4 },
    { ...DUMP, tableId: 254 } as OfMessage,
  ),
  talk(V13, "flow-mod: match type", patched(ADD_13, V13, 48, 0, 7)),
  talk(V13, "flow-mod: match length", patched(ADD_13, V13, 50, 0xff, 0)),
  talk(
    V13,
    "flow-mod: counters and cookies",
    CLEAR_13,
    { ...ADD_13, newCookie: 5n },
    { ...ADD_13, command: 1, cookie: 5n, cookieMask: 0xffn, newCookie: COOKIE_KEEP, actions: [] },
    DUMP,
    { ...ADD_13, command: 1, cookie: 6n, cookieMask: 0xffn, newCookie: COOKIE_KEEP },
    DUMP,
    { ...ADD_13, newCookie: 7n, flags: 4, idleTimeout: 0 },
    DUMP,
    { ...CLEAR_13, cookie: 8n, cookieMask: 0xffn },
    { ...CLEAR_13, outGroup: 4 },
    DUMP,
    CLEAR_13,
  ),
  talk(V13, "modify does not add", { ...ADD_13, command: 1 }, { ...ADD_13, command: 2 }, DUMP),
  talk(
    V13,
    "roles",
    { type: "role_request", role: 0, generationId: 0n },
    { type: "role_request", role: 2, generationId: 5n },
    { type: "role_request", role: 3, generationId: 4n },
    { type: "role_request", role: 3, generationId: 6n },
    ADD_13,
    bundle(0),
    { type: "packet_out", bufferId: 0xffffffff, inPort: 1, actions: [], data: new Uint8Array(14) },
    { type: "role_request", role: 1, generationId: 0n },
  ),
  talk(V13, "bad role", "0418001800000001 00000009 00000000 0000000000000000"),
  talk(
    V13,
    "asynchronous messages",
    { type: "get_async_request" },
    { type: "set_async", masks: MASKS },
    { type: "get_async_request" },
  ),
  talk(V13, "bundle: unknown", bundle(4, 3, 9)),
  talk(V13, "bundle: twice", bundle(0, 3, 2), bundle(0, 3, 2)),
  talk(V13, "bundle: flags", bundle(0, 3, 3), bundle(2, 1, 3), bundle(2, 3, 3)),
  talk(V13, "bundle: closed twice", bundle(0, 3, 4), bundle(2, 3, 4), bundle(2, 3, 4)),
  talk(V13, "bundle: discard", bundle(0, 3, 6), bundle(6, 3, 6), bundle(6, 3, 6)),
  talk(V13, "bundle: discard unknown", bundle(6, 3, 17)),
  talk(V13, "bundle: reply", bundle(1, 3, 17)),
  talk(
    V13,
    "meters",
    { type: "meter_stats_request", meterId: 5 },
    { type: "meter_config_request", meterId: 5 },
  ),
  talk(V13, "queue statistics of no port", { type: "queue_stats_request", port: 9, queueId: 1 }),
  talk(V13, "port beyond 16 bits", "0412001800000001 00040000 00000000 00012345 00000000"),
  talk(V13, "table-mod", { type: "table_mod", tableId: 3 }, { type: "table_mod", tableId: 254 }),
  talk(
    V13,
    "flow removed",
    { type: "set_config", flags: 0, missSendLen: 128 },
    { ...ADD_13, tableId: 9, flags: 1 },
    { ...ADD_13, tableId: 9, flags: 1 },
    CLEAR_13,
    { type: "set_async", masks: { ...MASKS, flowRemoved: [0, 0] } },
    { ...ADD_13, tableId: 9, flags: 1 },
    CLEAR_13,
  ),
];

export const RAW_CASES: readonly RawCase[] = [...OF10, ...OF13];

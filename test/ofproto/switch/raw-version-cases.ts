// SPDX-License-Identifier: Apache-2.0
/** Mistakes, and requests that no tool sends, in the versions that have them. */
import { emptyMatch } from "../../../src/openflow/match.js";
import { V10, V11, V12, V13, V14, V15 } from "../../../src/openflow/messages/codec.js";
import type { FlowMonitor } from "../../../src/openflow/messages/flow-monitor.js";
import { anyFlow } from "../../../src/openflow/messages/flow-stats.js";
import type { OfMessage } from "../../../src/openflow/messages/messages.js";
import { GROUP_ANY } from "../../../src/openflow/messages/port-number.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import { FLOW_MOD } from "./message-samples.js";
import { patched, type RawCase, talk } from "./raw-cases.js";

const LATER = [V11, V12, V14, V15];
const ADD: OfMessage = { ...FLOW_MOD, tableId: 0, flags: 0, modifyCookie: false };
const CLEAR: OfMessage = { ...ADD, match: emptyMatch(), command: 3, actions: [] };
const DUMP: OfMessage = { type: "flow_stats_request", ...anyFlow(emptyMatch()) };
const MAC = Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, 9);
const MONITOR: FlowMonitor = {
  ...{ id: 5, command: 0, flags: 0x1e, outPort: OFPP.NONE, outGroup: GROUP_ANY, tableId: 0xff },
  match: emptyMatch(),
};
const monitors = (...list: FlowMonitor[]): OfMessage => ({
  ...{ type: "flow_monitor_request", monitors: list },
});
const map = (index: number, optionType: number, optionLength: number): OfMessage => ({
  ...{ type: "tlv_table_mod", command: 0 },
  maps: [{ optionClass: 1, optionType, optionLength, index }],
});
const bundle = (control: number, flags = 3, bundleId = 1): OfMessage => ({
  ...{ type: "bundle_control", bundleId, control, flags },
});
const head = (version: number): string => `0${version}`;

const everywhere = LATER.flatMap((version): RawCase[] => [
  talk(version, "unknown type", `${head(version)}63000800000001`),
  talk(version, "unknown statistic", `${head(version)}12001000000001 00550000 00000000`),
  talk(version, "flow-mod: any table", patched(ADD, version, 24, 0xff)),
  talk(version, "flow-mod: command", patched(ADD, version, 25, 9)),
  talk(version, "flow-mod: flags", patched(ADD, version, 44, 0x80, 0)),
  talk(version, "flow-mod: later flags", patched(ADD, version, 44, 0, 0x18), CLEAR),
  talk(version, "flow-mod: importance", patched(ADD, version, 46, 0, 9), DUMP, CLEAR),
  talk(version, "flow-mod: match type", patched(ADD, version, 48, 0, 7)),
  talk(version, "flow-mod: match length", patched(ADD, version, 50, 0xff, 0)),
  talk(version, "modify", { ...ADD, command: 1 } as OfMessage, DUMP, CLEAR),
  talk(version, "table-mod of the last table", { type: "table_mod", tableId: 254 }),
  talk(version, "port-mod", {
    ...{ type: "port_mod", port: 1, hwAddr: MAC, config: 0, mask: 0, advertise: 0 },
  }),
  talk(version, "queue statistics of no port", {
    ...{ type: "queue_stats_request", port: 9, queueId: 1 },
  }),
]);

const roles = [V12, V14, V15].flatMap((version): RawCase[] => [
  talk(
    version,
    "roles",
    { type: "role_request", role: 2, generationId: 5n },
    { type: "role_request", role: 3, generationId: 4n },
    { type: "role_request", role: 3, generationId: 6n },
    ADD,
    { type: "table_mod", tableId: 1 },
    map(1, 1, 4),
    { type: "role_request", role: 1, generationId: 0n },
  ),
  talk(version, "bad role", `${head(version)}18001800000001 00000009 00000000 ${"00".repeat(8)}`),
]);

const since14 = [V14, V15].flatMap((version): RawCase[] => [
  talk(version, "asynchronous messages", { type: "get_async_request" }),
  talk(
    version,
    "asynchronous messages: some",
    { type: "set_async", masks: { packetIn: [3, null], tableStatus: [0x10, 8] } },
    { type: "get_async_request" },
  ),
  talk(version, "unknown asynchronous message", `${head(version)}1c001000000001 0020000800000001`),
  talk(version, "unknown reason", `${head(version)}1c001000000001 0002000800000100`),
  talk(version, "short property", `${head(version)}1c001000000001 0002000600000000`),
  talk(
    version,
    "table-mod: vacancy",
    `${head(version)}11001800000001 0100000000000008 0003000850140000`,
    `${head(version)}11001800000001 0100000000000008 0003000814690000`,
    `${head(version)}11001800000001 0100000000000008 0003000814500100`,
    `${head(version)}11001800000001 0100000000000008 0005000814500000`,
    { type: "table_mod", tableId: 1, eviction: false, vacancy: null },
  ),
  talk(version, "bundle: unknown", bundle(4, 3, 9)),
  talk(version, "bundle: flags", bundle(0, 3, 3), bundle(2, 1, 3), bundle(2, 3, 3)),
  talk(version, "bundle: closed twice", bundle(0, 3, 4), bundle(2, 3, 4), bundle(2, 3, 4)),
  talk(version, "bundle: discard", bundle(0, 3, 6), bundle(6, 3, 6), bundle(6, 3, 6)),
  talk(version, "bundle: short message", {
    ...{ type: "bundle_add", bundleId: 20, flags: 1, message: Uint8Array.of(version, 14, 0, 8) },
  }),
  talk(version, "bundle: another version", {
    ...{ type: "bundle_add", bundleId: 21, flags: 1 },
    message: Uint8Array.of(4, 14, 0, 8, 0, 0, 0, 1),
  }),
  // Errors are left out: the stock switch quotes other bytes than the request's in them.
  talk(
    version,
    "monitors",
    monitors(MONITOR),
    ADD,
    CLEAR,
    monitors({ ...MONITOR, flags: 0x5f, command: 1 }),
    ADD,
    CLEAR,
    monitors({ ...MONITOR, command: 2 }),
    ADD,
    CLEAR,
  ),
]);

const monitored = [V10, V12, V13].flatMap((version): RawCase[] => [
  talk(
    version,
    "monitors",
    monitors(MONITOR),
    ADD,
    { ...ADD, command: 1, newCookie: 3n } as OfMessage,
    CLEAR,
    { type: "flow_monitor_cancel", id: 5 },
    { type: "flow_monitor_cancel", id: 5 },
    ADD,
    monitors({ ...MONITOR, flags: 0x3f }),
    CLEAR,
  ),
]);

const extensions = [V10, V13, V15].flatMap((version): RawCase[] => [
  talk(
    version,
    "tunnel options",
    map(1, 1, 5),
    map(1, 1, 128),
    map(64, 1, 4),
    map(1, 1, 124),
    map(1, 2, 4),
    map(2, 1, 4),
    map(3, 3, 124),
    map(4, 4, 12),
    { type: "tlv_table_request" },
    { type: "tlv_table_mod", command: 7, maps: [] },
    { type: "tlv_table_mod", command: 2, maps: [] },
    { type: "tlv_table_request" },
  ),
  talk(version, "tracked connections", { type: "ct_flush_zone", zone: 5 }),
  talk(
    version,
    "tracked connections: padding",
    `${head(version)}04001800000001 00002320 0000001d 0100000000000005`,
  ),
  talk(version, "exporters", { type: "ipfix_bridge_request" }, { type: "ipfix_flow_request" }),
]);

export const RAW_VERSION_CASES: readonly RawCase[] = [
  ...[...everywhere, ...roles, ...since14, ...monitored, ...extensions],
];

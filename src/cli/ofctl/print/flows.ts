// SPDX-License-Identifier: Apache-2.0
/** Flows in text: as a switch reports them, asks for them, and is told about them. */
import { DEFAULT_PRIORITY, formatMatch } from "../../../openflow/match-text.js";
import { COOKIE_KEEP, FLOW_FLAG, type FlowMod } from "../../../openflow/messages/flow-mod.js";
import type { FlowRemoved } from "../../../openflow/messages/flow-removed.js";
import type {
  AggregateReply,
  FlowFilter,
  FlowStats,
  FlowStatsReply,
} from "../../../openflow/messages/flow-stats.js";
import { GROUP_ANY, NO_BUFFER, TABLE_ALL } from "../../../openflow/messages/port-number.js";
import { OFPP } from "../../../openflow/ofp-actions.js";
import { formatPort } from "../../../openflow/text/ports.js";
import { actionsText } from "./actions.js";
import { durationText } from "./duration.js";
import type { PrintOptions } from "./options.js";

const FLAG_NAMES: readonly (readonly [string, number])[] = [
  ["send_flow_rem", FLOW_FLAG.SEND_FLOW_REM],
  ["check_overlap", FLOW_FLAG.CHECK_OVERLAP],
  ["reset_counts", FLOW_FLAG.RESET_COUNTS],
  ["no_packet_counts", FLOW_FLAG.NO_PKT_COUNTS],
  ["no_byte_counts", FLOW_FLAG.NO_BYT_COUNTS],
];
const COMMANDS = ["ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT"];
const REMOVED_REASONS = ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"];

/** The names of the flags, each with a blank behind it. */
export function flagsText(flags: number): string {
  return FLAG_NAMES.filter(([, flag]) => flags & flag)
    .map(([name]) => `${name} `)
    .join("");
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** One flow, without the blank in front of it. `stats`: with cookie, age and counters. */
export function flowText(flow: FlowStats, { ports }: PrintOptions, stats: boolean): string {
  const seconds = Math.floor(flow.durationMs / 1000);
  const parts: string[] = [];
  if (stats || flow.cookie !== 0n) parts.push(`cookie=${hex(flow.cookie)}, `);
  if (stats) parts.push(`duration=${durationText(flow.durationMs)}, `);
  if (stats || flow.tableId !== 0) parts.push(`table=${flow.tableId}, `);
  if (stats) parts.push(`n_packets=${flow.packets ?? "?"}, n_bytes=${flow.bytes ?? "?"}, `);
  if (flow.idleTimeout !== 0) parts.push(`idle_timeout=${flow.idleTimeout}, `);
  if (flow.hardTimeout !== 0) parts.push(`hard_timeout=${flow.hardTimeout}, `);
  parts.push(flagsText(flow.flags));
  if (flow.importance !== 0) parts.push(`importance=${flow.importance}, `);
  if (stats && flow.idleAge !== null) parts.push(`idle_age=${flow.idleAge}, `);
  if (stats && flow.hardAge !== null && flow.hardAge !== seconds) {
    parts.push(`hard_age=${flow.hardAge}, `);
  }
  const match = formatMatch(flow.match, flow.priority, ports);
  const actions = `actions=${actionsText(flow.actions, ports)}`;
  return `${parts.join("")}${match === "" ? "" : `${match} `}${actions}`;
}

export function flowStatsReplyText({ flows }: FlowStatsReply, options: PrintOptions): string {
  return `${flows.map((flow) => `\n ${flowText(flow, options, true)}`).join("")}\n`;
}

export function flowFilterText(filter: FlowFilter, { ports }: PrintOptions): string {
  const table = filter.tableId === TABLE_ALL ? "" : ` table=${filter.tableId}`;
  const out = filter.outPort === OFPP.NONE ? "" : ` out_port=${formatPort(filter.outPort, ports)}`;
  const match = formatMatch(filter.match, DEFAULT_PRIORITY, ports);
  return `${table}${out} ${match}`;
}

export function aggregateReplyText({ packets, bytes, flows }: AggregateReply): string {
  return ` packet_count=${packets ?? "?"} byte_count=${bytes ?? "?"} flow_count=${flows}\n`;
}

function cookieText({ newCookie, cookie, cookieMask }: FlowMod): string {
  const set = newCookie !== 0n && newCookie !== COOKIE_KEEP ? `cookie:${hex(newCookie)} ` : "";
  return set + (cookieMask === 0n ? "" : `cookie:${hex(cookie)}/${hex(cookieMask)} `);
}

export function flowModText(flow: FlowMod, { ports }: PrintOptions, version: number): string {
  const command = COMMANDS[flow.command] ?? `cmd:${flow.command}`;
  const table = flow.tableId === 0 || flow.tableId === TABLE_ALL ? "" : ` table:${flow.tableId}`;
  const match = formatMatch(flow.match, flow.priority, ports);
  const words = [
    cookieText(flow),
    flow.idleTimeout === 0 ? "" : `idle:${flow.idleTimeout} `,
    flow.hardTimeout === 0 ? "" : `hard:${flow.hardTimeout} `,
    flow.importance === 0 ? "" : `importance:${flow.importance} `,
    flow.bufferId === NO_BUFFER ? "" : `buf:0x${flow.bufferId.toString(16)} `,
    flow.outPort === OFPP.NONE ? "" : `out_port:${formatPort(flow.outPort, ports)} `,
    flow.outGroup === GROUP_ANY ? "" : `out_group:${flow.outGroup} `,
    // Before OpenFlow 1.2 every add starts counting anew, so that is nothing to tell.
    flagsText(version < 3 ? flow.flags & ~FLOW_FLAG.RESET_COUNTS : flow.flags),
  ];
  const space = match === "" ? " " : ` ${match} `;
  const actions = `actions=${actionsText(flow.actions, ports)}`;
  return ` ${command}${table}${space}${words.join("")}${actions}\n`;
}

export function flowRemovedText(message: FlowRemoved, { ports }: PrintOptions): string {
  const match = formatMatch(message.match, message.priority, ports);
  const table = message.tableId === TABLE_ALL ? "" : ` table_id=${message.tableId}`;
  const cookie = message.cookie === 0n ? "" : ` cookie:${hex(message.cookie)}`;
  const idle = message.idleTimeout === 0 ? "" : ` idle${message.idleTimeout}`;
  const hard = message.hardTimeout === 0 ? "" : ` hard${message.hardTimeout}`;
  return (
    ` ${match} reason=${REMOVED_REASONS[message.reason] ?? message.reason}${table}${cookie}` +
    ` duration${durationText(message.durationMs)}${idle}${hard}` +
    ` pkts${message.packets} bytes${message.bytes}\n`
  );
}

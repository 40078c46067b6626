// SPDX-License-Identifier: Apache-2.0
/** Messages about flows. */
import { OfpError } from "../../openflow/errors.js";
import type { FlowStats } from "../../openflow/messages/flow-stats.js";
import { NO_BUFFER } from "../../openflow/messages/port-number.js";
import { INTERNAL_TABLE, VISIBLE_TABLES } from "../ofproto-table.js";
import type { Rule } from "../rule.js";
import type { Handler } from "./handler.js";

/** Flows per reply message value: keeps the memory of a dump of very many flows in bounds. */
const FLOWS_PER_REPLY = 2000;
/** All wildcards of OpenFlow 1.0. */
const WILDCARDS_10 = 0x3fffff;

export const flowMod: Handler<"flow_mod"> = ({ ofproto }, message) => {
  // There are no buffers that the flow could be applied to.
  if (message.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
  ofproto.flows.flowMod(message);
};

function flowStatsOf(rule: Rule, nowMs: number): FlowStats {
  const { tableId, priority, match, actions, cookie, idleTimeout, hardTimeout, flags } = rule;
  return {
    ...{ tableId, priority, match, actions, cookie, idleTimeout, hardTimeout, flags },
    importance: rule.importance,
    durationMs: nowMs - rule.createdMs,
    idleAge: Math.max(0, (nowMs - rule.usedMs) / 1000),
    hardAge: Math.max(0, (nowMs - rule.modifiedMs) / 1000),
    packets: rule.packets,
    bytes: rule.bytes,
  };
}

export const flowStats: Handler<"flow_stats_request"> = (request, message) => {
  const { ofproto } = request;
  ofproto.hooks.syncStats?.();
  const rules = ofproto.flows.select(message);
  const nowMs = ofproto.clock.now();
  const nx = message.nx === true;
  let start = 0;
  do {
    const part = rules.slice(start, start + FLOWS_PER_REPLY);
    start += FLOWS_PER_REPLY;
    const flows = part.map((rule) => flowStatsOf(rule, nowMs));
    request.reply({ type: "flow_stats_reply", flows, more: start < rules.length, nx });
  } while (start < rules.length);
};

export const aggregate: Handler<"aggregate_request"> = (request, message) => {
  const { ofproto } = request;
  ofproto.hooks.syncStats?.();
  const rules = ofproto.flows.select(message);
  let [packets, bytes] = [0, 0];
  for (const rule of rules) {
    packets += rule.packets;
    bytes += rule.bytes;
  }
  const nx = message.nx === true;
  request.reply({ type: "aggregate_reply", packets, bytes, flows: rules.length, nx });
};

export const tableStats: Handler<"table_stats_request"> = (request) => {
  const { ofproto } = request;
  ofproto.hooks.syncStats?.();
  const tables = ofproto.tables.slice(0, VISIBLE_TABLES).map((table) => ({
    tableId: table.id,
    name: table.name,
    wildcards: WILDCARDS_10,
    maxEntries: table.maxEntries,
    activeCount: table.classifier.size,
    lookupCount: table.matched + table.missed,
    matchedCount: table.matched,
  }));
  request.reply({ type: "table_stats_reply", tables });
};

/** OpenFlow 1.3 left this message nothing to change. */
export const tableMod: Handler<"table_mod"> = (_request, message) => {
  if (message.tableId === INTERNAL_TABLE) throw new OfpError("OFPTMFC_EPERM");
};

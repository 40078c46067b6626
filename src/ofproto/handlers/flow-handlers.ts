// SPDX-License-Identifier: Apache-2.0
/** Messages about flows. */
import type { Clock } from "../../lib/clock.js";
import { OfpError } from "../../openflow/errors.js";
import type { FlowStats } from "../../openflow/messages/flow-stats.js";
import type { OfMessage } from "../../openflow/messages/messages.js";
import { NO_BUFFER } from "../../openflow/messages/port-number.js";
import type { Rule } from "../rule.js";
import type { Handler } from "./handler.js";

/** Flows that are encoded at a time: some milliseconds' work. */
const FLOWS_PER_REPLY = 500;

export const flowMod: Handler<"flow_mod"> = ({ ofproto, connection, xid }, message) => {
  // There are no buffers that the flow could be applied to.
  if (message.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
  ofproto.flows.flowMod(message, { connection, xid });
};

function flowStatsOf(rule: Rule, nowMs: number): FlowStats {
  return {
    tableId: rule.tableId,
    priority: rule.priority,
    match: rule.match,
    actions: rule.actions,
    cookie: rule.cookie,
    durationMs: nowMs - rule.createdMs,
    idleTimeout: rule.idleTimeout,
    hardTimeout: rule.hardTimeout,
    idleAge: Math.max(0, (nowMs - rule.usedMs) / 1000),
    hardAge: Math.max(0, (nowMs - rule.modifiedMs) / 1000),
    packets: rule.packets,
    bytes: rule.bytes,
    flags: rule.flags,
    importance: rule.importance,
  };
}

/** Replies in parts, so that a dump of very many flows neither takes all memory nor all time. */
function* flowStatsReplies(
  clock: Clock,
  rules: readonly Rule[],
  nx: boolean,
): Generator<OfMessage> {
  let start = 0;
  do {
    const nowMs = clock.now();
    const part = rules.slice(start, start + FLOWS_PER_REPLY);
    start += FLOWS_PER_REPLY;
    const flows = part.map((rule) => flowStatsOf(rule, nowMs));
    yield { type: "flow_stats_reply", flows, more: start < rules.length, nx };
  } while (start < rules.length);
}

export const flowStats: Handler<"flow_stats_request"> = (request, message) => {
  const { ofproto, connection, xid } = request;
  ofproto.hooks.syncStats?.();
  const rules = ofproto.flows.select(message);
  connection.sendParts(flowStatsReplies(ofproto.clock, rules, message.nx === true), xid);
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

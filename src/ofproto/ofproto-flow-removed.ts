// SPDX-License-Identifier: Apache-2.0
import type { OfMessage } from "../openflow/messages/messages.js";
import { FLOW_FORMAT } from "../openflow/messages/nicira-settings.js";
import type { OfConnection } from "./connmgr/connection.js";
import type { Rule } from "./rule.js";

/** The notification of a flow that left, in the form that the connection asked for. */
export function flowRemovedMessage(
  connection: OfConnection,
  rule: Rule,
  reason: number,
  nowMs: number,
): OfMessage {
  return {
    type: "flow_removed",
    match: rule.match,
    cookie: rule.cookie,
    priority: rule.priority,
    reason,
    tableId: rule.tableId,
    durationMs: nowMs - rule.createdMs,
    idleTimeout: rule.idleTimeout,
    hardTimeout: rule.hardTimeout,
    packets: rule.packets,
    bytes: rule.bytes,
    nx: connection.flowFormat === FLOW_FORMAT.NXM,
  };
}

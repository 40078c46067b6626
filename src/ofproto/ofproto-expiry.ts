// SPDX-License-Identifier: Apache-2.0
/** Idle and hard timeouts. */
import { FLOW_REMOVED_REASON } from "../openflow/messages/flow-removed.js";
import type { FlowTables } from "./ofproto-flow-tables.js";
import type { Rule } from "./rule.js";

/** The reason for which `rule` has to go at `nowMs`, or null. The hard timeout counts from the
 * last change of the flow, the idle timeout from the last packet. */
export function expiryReason(rule: Rule, nowMs: number): number | null {
  if (rule.hardTimeout > 0 && nowMs > rule.modifiedMs + rule.hardTimeout * 1000) {
    return FLOW_REMOVED_REASON.HARD_TIMEOUT;
  }
  if (rule.idleTimeout > 0 && nowMs > rule.usedMs + rule.idleTimeout * 1000) {
    return FLOW_REMOVED_REASON.IDLE_TIMEOUT;
  }
  return null;
}

/** Removes what has expired. `syncStats` is called first, only if some flow seems idle. */
export function expireFlows(tables: FlowTables, nowMs: number, syncStats: () => void): void {
  const suspects = [...tables.mortal].filter((rule) => expiryReason(rule, nowMs) !== null);
  if (suspects.length === 0) return;
  syncStats();
  tables.transact((transaction) => {
    for (const rule of suspects) {
      const reason = expiryReason(rule, nowMs);
      if (reason !== null) tables.remove(transaction, rule, reason);
    }
  });
}

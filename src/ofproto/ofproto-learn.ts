// SPDX-License-Identifier: Apache-2.0
/** Flows that packets teach the switch: what a `learn` action asks of the flow tables. */
import { formatActions } from "../openflow/actions-text.js";
import { OfpError, type OfpErrorName } from "../openflow/errors.js";
import { emptyMatch } from "../openflow/match.js";
import type { FlowMod } from "../openflow/messages/flow-mod.js";
import { GROUP_ANY } from "../openflow/messages/port-number.js";
import { OFPP } from "../openflow/ofp-actions.js";
import type { FlowTables } from "./ofproto-flow-tables.js";
import { INTERNAL_TABLE } from "./ofproto-table.js";
import type { Rule } from "./rule.js";

export interface LearnRequest {
  /** A strict modify, which adds what it does not find. */
  readonly flowMod: FlowMod;
  /** Flows with this cookie in the table beyond which nothing new is learned; 0: no limit. */
  readonly limit: number;
}

/** What becomes of a request: the flow is there already, it will be, the limit forbids it, or the
 * switch refuses it. */
export type LearnVerdict = "same" | "new" | "limit" | { error: OfpErrorName };

const ALL_BITS = 0xffffffffffffffffn;

/** What would become of `request` after the `pending` ones. Changes nothing. */
export function learnVerdict(
  tables: FlowTables,
  request: LearnRequest,
  pending: readonly LearnRequest[],
): LearnVerdict {
  const { flowMod, limit } = request;
  const table = tables.tables[flowMod.tableId];
  if (!table) return { error: "OFPBRC_BAD_TABLE_ID" };
  if (table.id === INTERNAL_TABLE) return { error: "OFPBRC_EPERM" };
  const rule = table.classifier.findExact(flowMod.match, flowMod.priority);
  if (rule && isAsWanted(rule, flowMod)) return "same";
  if (limit > 0 && countAlike(tables, flowMod, pending) >= limit) return "limit";
  return !rule && table.isFull ? { error: "OFPFMFC_TABLE_FULL" } : "new";
}

/** Learns a flow, or notes that it was seen again: its hard timeout starts anew. What cannot be
 * learned any more is not. */
export function learnFlow(tables: FlowTables, request: LearnRequest, nowMs: number): void {
  const { flowMod } = request;
  const verdict = learnVerdict(tables, request, []);
  if (verdict === "same") {
    const table = tables.tables[flowMod.tableId];
    const rule = table?.classifier.findExact(flowMod.match, flowMod.priority);
    if (rule && nowMs > rule.modifiedMs) rule.modifiedMs = nowMs;
  } else if (verdict === "new") {
    try {
      tables.flowMod(flowMod);
    } catch (error) {
      if (!(error instanceof OfpError)) throw error;
    }
  }
}

/** Whether a modify would change nothing. */
function isAsWanted(rule: Rule, { newCookie, actions }: FlowMod): boolean {
  if (rule.cookie !== newCookie) return false;
  return rule.actions === actions || formatActions(rule.actions) === formatActions(actions);
}

function countAlike(
  tables: FlowTables,
  { tableId, newCookie }: FlowMod,
  pending: readonly LearnRequest[],
): number {
  const present = tables.select({
    ...{ match: emptyMatch(), tableId, cookie: newCookie, cookieMask: ALL_BITS },
    ...{ outPort: OFPP.NONE, outGroup: GROUP_ANY },
  });
  const isAlike = ({ flowMod }: LearnRequest): boolean =>
    flowMod.tableId === tableId && flowMod.newCookie === newCookie;
  return present.length + pending.filter(isAlike).length;
}

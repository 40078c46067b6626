// SPDX-License-Identifier: Apache-2.0
/** What happened to a flow, as flow monitors are told. */
import type { Match } from "../openflow/match.js";
import type { FlowMonitor } from "../openflow/messages/flow-monitor.js";
import type { FullUpdate } from "../openflow/messages/flow-updates.js";
import { GROUP_ANY, TABLE_ALL } from "../openflow/messages/port-number.js";
import { OFPP, type OfpAct } from "../openflow/ofp-actions.js";
import { outputsToGroup, outputsToPort } from "./ofproto-flow-select.js";
import type { Rule } from "./rule.js";

/** Who asked for a change, and with which message. */
export interface Requester {
  /** The connection, as an object to compare with. */
  readonly connection: object;
  readonly xid: number;
}

/** A change as it was at the time: the flow may have changed again since. */
export interface FlowChange extends FullUpdate {
  readonly rule: Rule;
  /** Actions before, where they changed. */
  readonly oldActions?: readonly OfpAct[];
}

export function flowChange(
  rule: Rule,
  event: number,
  reason = 0,
  oldActions?: readonly OfpAct[],
): FlowChange {
  const { tableId, priority, idleTimeout, hardTimeout, cookie, match, actions } = rule;
  return {
    ...{ rule, event, reason, tableId, priority, idleTimeout, hardTimeout, cookie, match, actions },
    ...(oldActions ? { oldActions } : {}),
  };
}

/** Whether `match` matches nothing that `wider` does not. */
function isWithin(match: Match, wider: Match): boolean {
  const [mask, value, wideMask, wideValue] = [
    ...[match.mask.words, match.flow.words, wider.mask.words, wider.flow.words],
  ] as const;
  for (let i = 0; i < wideMask.length; i++) {
    const bits = wideMask[i] as number;
    if (((mask[i] as number) & bits) >>> 0 !== bits) return false;
    if (((value[i] as number) & bits) >>> 0 !== wideValue[i]) return false;
  }
  return true;
}

/** Whether a monitor watches the flow of a change; ports and groups count before and after. */
export function watches(monitor: FlowMonitor, change: FlowChange): boolean {
  const { tableId, outPort, outGroup, match } = monitor;
  if (tableId !== TABLE_ALL && tableId !== change.tableId) return false;
  const uses = (actions: readonly OfpAct[] | undefined): boolean =>
    actions !== undefined && outputsToPort(actions, outPort);
  if (outPort !== OFPP.NONE && !uses(change.actions) && !uses(change.oldActions)) return false;
  if (outGroup !== GROUP_ANY && !outputsToGroup(change.actions, outGroup)) return false;
  return isWithin(change.match, match);
}

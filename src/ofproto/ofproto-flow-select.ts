// SPDX-License-Identifier: Apache-2.0
/** Which flows a delete, a modify or a statistics request is about. */
import type { Match } from "../openflow/match.js";
import { GROUP_ANY } from "../openflow/messages/port-number.js";
import { OFPP, type OfpAct } from "../openflow/ofp-actions.js";
import type { Rule } from "./rule.js";

export interface FlowCriteria {
  match: Match;
  /** 0xff: all visible tables. */
  tableId: number;
  cookie: bigint;
  cookieMask: bigint;
  /** OFPP.NONE: any. */
  outPort: number;
  /** GROUP_ANY: any. */
  outGroup: number;
}

/** Every action in a list, those inside clone and write_actions included. */
function* flatten(actions: readonly OfpAct[]): Generator<OfpAct> {
  for (const action of actions) {
    yield action;
    if (action.type === "write_actions" || action.type === "clone") yield* flatten(action.actions);
  }
}

/** Whether some action sends to `port`; a controller action counts as output to CONTROLLER. */
export function outputsToPort(actions: readonly OfpAct[], port: number): boolean {
  for (const action of flatten(actions)) {
    switch (action.type) {
      case "output":
      case "output_trunc":
      case "enqueue":
        if (action.port === port) return true;
        break;
      case "controller":
        if (port === OFPP.CONTROLLER) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

/** Whether some action sends to `group`. */
export function outputsToGroup(actions: readonly OfpAct[], group: number): boolean {
  for (const action of flatten(actions)) {
    if (action.type === "group" && action.group === group) return true;
  }
  return false;
}

/** Whether a rule, whose match is already known to agree, meets the rest of the criteria. Hidden
 * rules never do. */
export function meets(rule: Rule, criteria: FlowCriteria): boolean {
  if (rule.hidden) return false;
  if (((rule.cookie ^ criteria.cookie) & criteria.cookieMask) !== 0n) return false;
  if (criteria.outPort !== OFPP.NONE && !outputsToPort(rule.actions, criteria.outPort)) {
    return false;
  }
  return criteria.outGroup === GROUP_ANY || outputsToGroup(rule.actions, criteria.outGroup);
}

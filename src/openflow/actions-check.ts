// SPDX-License-Identifier: Apache-2.0
/** Whether actions make sense for the packets that a match lets through. */
import type { CheckContext } from "./actions/codec.js";
import { PORTS_END } from "./actions/output.js";
import { codecOf } from "./actions/table.js";
import { OfpError } from "./errors.js";
import type { Match } from "./match.js";
import type { OfpAct } from "./ofp-actions.js";

export interface CheckOptions {
  /** Ports must be below this; default 0xff00. */
  maxPorts?: number;
  /** The flow's table, so that `goto_table` goes forward; default 255, not known. */
  tableId?: number;
  /** Tables that exist; default 255, not known. */
  tables?: number;
}

function checkAll(actions: readonly OfpAct[], context: CheckContext): void {
  for (const act of actions) codecOf(act.type).check?.(act as never, context);
}

/**
 * Checks every action against the match, as the packet is after those before it. Throws the
 * OpenFlow error of one that can never be right. Returns false if an action merely does not fit
 * the match (`mod_nw_src` without `ip`): OpenFlow 1.0 lets that be, later versions do not. Notes in
 * the actions what later versions need to know when they are encoded (`flowHasVlan`, `flowProto`).
 */
export function checkActions(
  actions: readonly OfpAct[],
  match: Match,
  options: CheckOptions = {},
): boolean {
  const context: CheckContext = {
    match: { flow: match.flow.clone(), mask: match.mask },
    maxPorts: options.maxPorts ?? PORTS_END,
    tableId: options.tableId ?? 255,
    tables: options.tables ?? 255,
    consistent: true,
    checkNested(nested) {
      const inner = { ...context, match: { flow: context.match.flow.clone(), mask: match.mask } };
      inner.consistent = true;
      checkAll(nested, inner);
      context.consistent &&= inner.consistent;
    },
  };
  checkAll(actions, context);
  return context.consistent;
}

/** Like checkActions; actions that do not fit the match are an error from OpenFlow 1.1 on. */
export function requireConsistent(
  actions: readonly OfpAct[],
  match: Match,
  version: number,
  options: CheckOptions = {},
): void {
  if (!checkActions(actions, match, options) && version > 1) {
    throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
  }
}

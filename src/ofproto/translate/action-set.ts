// SPDX-License-Identifier: Apache-2.0
/** The action set of OpenFlow 1.1+ (OpenFlow 1.3.5 §5.10). */
import { OFPP, type OfpAct, type OfpActType } from "../../openflow/ofp-actions.js";
import type { XlateContext } from "./context.js";
import { describeActions } from "./describe.js";
import { executeActions } from "./execute.js";
import { AT } from "./headers.js";

/** Executed first, in this order; of several of one kind the last counts. */
const SLOTS: readonly OfpActType[] = [
  "strip_vlan",
  "pop_mpls",
  "decap",
  "encap",
  "push_mpls",
  "push_vlan",
  "dec_ttl",
  "dec_mpls_ttl",
  "dec_nsh_ttl",
];

/** Exactly one of these is executed, last: the latest of the kind that is furthest down. Without
 * any, the whole set is not executed. */
const FINAL: readonly OfpActType[] = ["ct", "ct_clear", "resubmit", "output", "group"];

/** Not allowed in a set, or nothing to execute. */
const IGNORED: readonly OfpActType[] = ["note", "exit", "clear_actions", "write_actions"];

/** What the action set comes to, in the order of execution. */
export function actionSetList(set: readonly OfpAct[]): OfpAct[] {
  const slots = new Map<OfpActType, OfpAct>();
  const others: OfpAct[] = [];
  let final: OfpAct | null = null;
  for (const act of set) {
    if (SLOTS.includes(act.type)) {
      slots.set(act.type, act);
    } else if (FINAL.includes(act.type)) {
      if (!final || FINAL.indexOf(act.type) >= FINAL.indexOf(final.type)) final = act;
    } else if (!IGNORED.includes(act.type)) {
      others.push(act);
    }
  }
  if (!final) return [];
  const first = SLOTS.map((type) => slots.get(type)).filter((act) => act !== undefined);
  return [...first, ...others, final];
}

/** `write_actions`: adds to the set, and keeps `actset_output` up to date. */
export function writeActions(ctx: XlateContext, actions: readonly OfpAct[]): void {
  for (const act of actions) {
    if (ctx.actionSetHasGroup) break;
    if (act.type === "output") {
      ctx.flow.view.setUint32(AT.actsetOutput, act.port);
    } else if (act.type === "group") {
      ctx.flow.view.setUint32(AT.actsetOutput, OFPP.UNSET);
      ctx.actionSetHasGroup = true;
    }
  }
  ctx.actionSet.push(...actions);
}

export function clearActions(ctx: XlateContext): void {
  describeActionSet(ctx, "was");
  ctx.actionSet = [];
  ctx.actionSetHasGroup = false;
  ctx.flow.view.setUint32(AT.actsetOutput, OFPP.UNSET);
}

/** Tells what the action set `is` or `was`. */
export function describeActionSet(ctx: XlateContext, verb: "is" | "was"): void {
  if (!ctx.trace) return;
  const list = actionSetList(ctx.actionSet);
  const text = list.length > 0 ? `: ${describeActions(ctx, list)}` : " empty";
  ctx.detail(`action set ${verb}${text}`);
}

/** Executes the action set, which is empty afterwards. */
export function executeActionSet(ctx: XlateContext): void {
  if (ctx.actionSet.length === 0) return;
  const list = actionSetList(ctx.actionSet);
  ctx.actionSet = [];
  if (list.length === 0) return;
  ctx.inActionSet = true;
  const { last } = ctx;
  ctx.last = true;
  ctx.trace?.open("table", "--. Executing action set:");
  executeActions(ctx, list);
  ctx.trace?.close();
  ctx.last = last;
  ctx.inActionSet = false;
}

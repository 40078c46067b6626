// SPDX-License-Identifier: Apache-2.0
import type { OfpAct, OfpActType } from "../../openflow/ofp-actions.js";
import { executeActionSet } from "./action-set.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { executeActions } from "./execute.js";
import { finishFreezing } from "./freeze.js";

/** Actions whose effects in the datapath no later action takes back. */
const IRREVERSIBLE: readonly OfpActType[] = [
  "ct",
  "meter",
  "nat",
  "output_trunc",
  "encap",
  "decap",
  "dec_nsh_ttl",
];

/** Executes `actions` on a copy of the packet: its headers, stack and action set are as before
 * afterwards. Mostly the datapath needs no copy, for later actions set the headers back. */
export function executeCloned(ctx: XlateContext, actions: readonly OfpAct[]): void {
  const { last } = ctx;
  const isReversible = !actions.some(({ type }) => IRREVERSIBLE.includes(type));
  if (isReversible || last) executeAll(ctx, actions);
  else executeInDatapath(ctx, actions);
  ctx.last = last;
}

/** Has the datapath copy the packet. */
function executeInDatapath(ctx: XlateContext, actions: readonly OfpAct[]): void {
  commitActions(ctx);
  const restore = ctx.save();
  const outer = ctx.actions;
  ctx.actions = [];
  ctx.last = true;
  executeAll(ctx, actions);
  if (ctx.actions.length > 0) outer.push({ type: "clone", actions: ctx.actions });
  ctx.actions = outer;
  restore();
}

function executeAll(ctx: XlateContext, actions: readonly OfpAct[]): void {
  const saved = ctx.saveFlow();
  const { stack, actionSet, actionSetHasGroup } = ctx;
  ctx.stack = [...stack];
  ctx.actionSet = [...actionSet];
  executeActions(ctx, actions);
  if (!ctx.freezing) executeActionSet(ctx);
  if (ctx.freezing) finishFreezing(ctx);
  ctx.stack = stack;
  ctx.actionSet = actionSet;
  ctx.actionSetHasGroup = actionSetHasGroup;
  ctx.restoreFlow(saved);
}

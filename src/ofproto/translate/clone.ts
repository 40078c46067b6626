// SPDX-License-Identifier: Apache-2.0
import type { OfpAct } from "../../openflow/ofp-actions.js";
import { executeActionSet } from "./action-set.js";
import type { XlateContext } from "./context.js";
import { executeActions } from "./execute.js";
import { finishFreezing } from "./freeze.js";

/** Executes `actions` on a copy of the packet: its headers, stack and action set are as before
 * afterwards. The datapath needs no copy, for later actions set the headers back. */
export function executeCloned(ctx: XlateContext, actions: readonly OfpAct[]): void {
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

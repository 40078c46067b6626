// SPDX-License-Identifier: Apache-2.0
/** `check_pkt_larger`: the datapath knows a packet's length, translation does not; so the rest of
 * the list is translated for both cases. */
import type { OdpAction } from "../../odp/actions.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import type { FrozenAct } from "../recirc.js";
import { executeActionSet } from "./action-set.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { executeActions } from "./execute.js";
import { finishFreezing } from "./freeze.js";
import { putSubfield } from "./set-field.js";

/** Ends the list: `rest` is what follows in it. */
export function checkPacketLength(
  ctx: XlateContext,
  act: Extract<OfpAct, { type: "check_pkt_larger" }>,
  rest: readonly FrozenAct[],
): void {
  commitActions(ctx);
  const { actions, exit, stack, actionSet } = ctx;
  // As in the stock switch, the second case goes on with the stack and set that the first leaves.
  ctx.stack = [...stack];
  ctx.actionSet = [...actionSet];
  const branch = (isLarger: number): OdpAction[] => {
    const restore = ctx.save();
    ctx.actions = [];
    ctx.last = true;
    putSubfield(ctx, act.dst, Uint8Array.of(isLarger));
    executeActions(ctx, rest);
    if (!ctx.freezing) executeActionSet(ctx);
    if (ctx.freezing) finishFreezing(ctx);
    const done = ctx.actions;
    restore();
    return done;
  };
  const greater = branch(1);
  ctx.exit = false;
  const lessEqual = branch(0);
  ctx.exit = exit;
  ctx.actions = actions;
  ctx.actions.push({ type: "check_pkt_len", length: act.length, greater, lessEqual });
  ctx.stack = stack;
  // What was in the set has been executed in both cases.
  ctx.actionSet = actionSet;
}

// SPDX-License-Identifier: Apache-2.0
/** Suspending a translation: what is left to do is kept under a recirculation id. */
import { field, fieldValue } from "../../openflow/fields.js";
import { FLOW_FIELDS } from "../../openflow/flow.js";
import { OFPP, type OfpAct } from "../../openflow/ofp-actions.js";
import type { FrozenAct, FrozenState } from "../recirc.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { putControllerAction } from "./controller.js";

const METADATA = field("metadata");

/** Asks for suspension: nothing more is executed, `freezeActions` gets what follows. */
export function triggerFreeze(ctx: XlateContext): void {
  ctx.exit = true;
  ctx.freezing = true;
}

/** Asks for suspension until the datapath has hashed the packet. */
export function triggerHash(ctx: XlateContext, alg: "l4" | "sym_l4", basis: number): void {
  triggerFreeze(ctx);
  ctx.hash = { type: "hash", alg, basis };
}

export function cancelFreeze(ctx: XlateContext): void {
  if (!ctx.freezing) return;
  ctx.freezing = false;
  ctx.frozenActions = [];
  ctx.pause = null;
  ctx.hash = null;
}

/** Keeps `actions` of the rule that is executing for later. */
export function freezeActions(ctx: XlateContext, actions: readonly FrozenAct[]): void {
  for (const act of actions) {
    switch (act.type) {
      case "output":
      case "output_reg":
      case "output_trunc":
      case "group":
      case "controller":
      case "dec_ttl":
      case "dec_mpls_ttl":
      case "dec_nsh_ttl":
        unrollTo(ctx);
        break;
      case "resubmit":
        if (act.table === 255) unrollTo(ctx);
        break;
      case "goto_table":
        ctx.frozenActions.push({ type: "resubmit", port: OFPP.IN_PORT, table: act.table });
        continue;
      case "write_metadata":
        ctx.frozenActions.push(metadataSetter(act.metadata, act.mask));
        continue;
      case "note":
      case "conjunction":
        continue;
    }
    ctx.frozenActions.push(act);
  }
}

/** `write_metadata` as an action: instructions are not frozen. */
function metadataSetter(metadata: bigint, mask: bigint): OfpAct {
  const value = fieldValue(METADATA, metadata);
  return { type: "set_field", field: METADATA, value, mask: fieldValue(METADATA, mask) };
}

/** What follows is to be attributed to the table and the rule that are executing now. */
function unrollTo(ctx: XlateContext): void {
  const { tableId, ruleCookie, frozenActions } = ctx;
  const last = frozenActions.findLast((act) => act.type === "unroll");
  if (last?.type === "unroll" && last.tableId === tableId && last.ruleCookie === ruleCookie) return;
  frozenActions.push({ type: "unroll", tableId, ruleCookie });
}

/** Allocates the id of the suspended state and sends the packet there. */
export function finishFreezing(ctx: XlateContext): void {
  commitActions(ctx);
  const { frozenActions, actionSet, pause } = ctx;
  if (!pause || ctx.input.mayLearn || ctx.wantEffects) {
    const id = allocateState(ctx, { tableId: 0, actions: frozenActions, actionSet });
    if (pause) putControllerAction(ctx, pause, id, { continuation: true, dontSend: false });
    else ctx.actions.push(...(ctx.hash ? [ctx.hash] : []), { type: "recirc", id });
  }
  cancelFreeze(ctx);
}

/** Takes a recirculation id, held by the translation's output, for the state as it is now. */
export function allocateState(
  ctx: XlateContext,
  rest: { tableId: number; actions: readonly FrozenAct[]; actionSet: readonly OfpAct[] },
): number {
  const metadata = ctx.saveFlow();
  metadata.bytes.fill(0, 0, FLOW_FIELDS.in_port.offset);
  const state: FrozenState = {
    bridge: ctx.bridge.name,
    ruleCookie: ctx.ruleCookie,
    metadata: metadata.clone(),
    stack: [...ctx.stack],
    conntracked: ctx.conntracked,
    ...rest,
  };
  ctx.recycle(metadata);
  const id = ctx.bridge.datapath.recirc.allocate(state);
  ctx.recircIds.push(id);
  return id;
}

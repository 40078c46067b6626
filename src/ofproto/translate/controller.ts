// SPDX-License-Identifier: Apache-2.0
/** Sending the packet to controllers, and `dec_ttl`, which does so when the TTL ends. */
import { METER_ID } from "../../openflow/meter.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import { PACKET_IN_REASON } from "../ofproto-types.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { allocateState } from "./freeze.js";
import { AT, ETH_TYPE, ethType, isIp, mark } from "./headers.js";

type ControllerAct = Extract<OfpAct, { type: "controller" }>;

/** Sends the packet as it is now, with the pipeline fields as they are now. */
export function sendToController(ctx: XlateContext, act: ControllerAct): void {
  commitActions(ctx);
  const isMiss = act.reason === PACKET_IN_REASON.ACTION && ctx.rule?.isTableMiss();
  const reason = isMiss ? PACKET_IN_REASON.EXPLICIT_MISS : act.reason;
  const id = allocateState(ctx, { tableId: ctx.tableId, actions: [], actionSet: [] });
  // A trace shows what a packet would do, and keeps its hands off the controllers.
  const dontSend = !ctx.input.mayLearn && !ctx.wantEffects;
  const outer = ctx.actions;
  const meter = meterOf(ctx, act);
  if (meter !== undefined) ctx.actions = [{ type: "meter", id: meter }];
  putControllerAction(ctx, { ...act, reason }, id, { continuation: false, dontSend });
  if (meter === undefined) return;
  outer.push({ type: "clone", actions: ctx.actions, sampled: true });
  ctx.actions = outer;
}

/** The meter that the action asks for, or the one that is for all packets to controllers. */
function meterOf({ bridge }: XlateContext, { meterId }: ControllerAct): number | undefined {
  const own = meterId === undefined ? undefined : bridge.of.dpMeter(meterId);
  return own ?? bridge.of.dpMeter(METER_ID.CONTROLLER);
}

export function putControllerAction(
  ctx: XlateContext,
  act: ControllerAct,
  recircId: number,
  how: { continuation: boolean; dontSend: boolean },
): void {
  ctx.actions.push({
    type: "userspace",
    cookie: {
      kind: "controller",
      dontSend: how.dontSend,
      continuation: how.continuation,
      reason: act.reason,
      recircId,
      ruleCookie: ctx.ruleCookie,
      controllerId: act.controllerId,
      maxLen: act.maxLen,
      userdata: act.userdata,
    },
  });
}

/** Returns false when the TTL has run out: the packet has gone to the controllers instead, and
 * the rest of the action list is not for it. */
export function decrementTtl(ctx: XlateContext, controllerIds: readonly number[]): boolean {
  const { flow, wc } = ctx;
  mark(wc, AT.nwTtl, 1);
  mark(wc, AT.nwProto, 1);
  if (!isIp(flow)) return true;
  if (flow.bytes[AT.nwTtl] > 1) {
    flow.bytes[AT.nwTtl]--;
    return true;
  }
  for (const controllerId of controllerIds) {
    const reason = PACKET_IN_REASON.INVALID_TTL;
    sendToController(ctx, { type: "controller", maxLen: 0xffff, controllerId, reason });
  }
  const version = ethType(flow) === ETH_TYPE.IPV4 ? 4 : 6;
  ctx.warn(`IPv${version} decrement TTL exception`);
  return false;
}

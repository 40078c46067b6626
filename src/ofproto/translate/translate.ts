// SPDX-License-Identifier: Apache-2.0
/** From a packet's flow to datapath actions: the entry to translation. */
import type { OdpAction } from "../../odp/actions.js";
import { FLOW_FIELDS } from "../../openflow/flow.js";
import type { FrozenAct } from "../recirc.js";
import { executeActionSet, writeActions } from "./action-set.js";
import { clearConntrack } from "./conntrack.js";
import { XlateContext } from "./context.js";
import { describeActions, describeRule } from "./describe.js";
import { executeActions } from "./execute.js";
import { finishFreezing } from "./freeze.js";
import { AT, inPort } from "./headers.js";
import { finishLearning } from "./learn.js";
import { mayReceive } from "./receive.js";
import { lookupRule } from "./table.js";
import { XLATE_ERROR_DROP, type XlateInput, type XlateOutput } from "./types.js";
import { finishWildcards, startWildcards } from "./wildcards.js";

/** Of all outputs without recirculation ids. */
const NO_IDS: number[] = [];

/** Translates `input`. Never throws for what a packet or a flow table contains: an `error` in the
 * output means that the packet is dropped, and so is a flow installed for it. */
export function translate(input: XlateInput): XlateOutput {
  const ctx = new XlateContext(input);
  startWildcards(ctx.flow, ctx.wc);
  ctx.trace?.open("bridge", `bridge("${ctx.bridge.name}")`);
  run(ctx);
  ctx.trace?.close();
  if (ctx.learned.length > 0) finishLearning(ctx);
  finishWildcards(input.flow, ctx.flow, ctx.wc);
  const { error } = ctx;
  const finalFlow = ctx.trace ? ctx.flow.clone() : null;
  const effects = ctx.finish();
  return {
    actions: error ? [{ type: "drop", reason: XLATE_ERROR_DROP[error] }] : unwrapped(ctx.actions),
    wc: ctx.wc,
    slow: error ? 0 : ctx.slow,
    effects,
    error,
    recircIds: ctx.recircIds.length > 0 ? ctx.recircIds : NO_IDS,
    needsPacket: ctx.needsPacket,
    avoidCaching: ctx.avoidCaching,
    finalFlow,
  };
}

/** A clone at the end need not be one. */
function unwrapped(actions: OdpAction[]): OdpAction[] {
  const last = actions.at(-1);
  return last?.type === "clone" && !last.sampled
    ? [...actions.slice(0, -1), ...last.actions]
    : actions;
}

const CT_TRACKED = 0x20;

function run(ctx: XlateContext): void {
  const { input } = ctx;
  // A packet that comes back enters where it did first; its own in_port is that of the datapath.
  const proximatePort = ctx.inXPort();
  let actions: readonly FrozenAct[] | undefined = input.actions;
  ctx.rule = input.rule ?? null;
  const recircId = input.flow.view.getUint32(AT.recircId);
  if (recircId !== 0) {
    const restored = thaw(ctx);
    if (!restored) return;
    if (restored.length > 0) actions = restored;
  }
  if (recircId === 0 && ctx.flow.bytes[AT.ctState] & CT_TRACKED) ctx.conntracked = true;
  if (!actions && !ctx.rule) {
    const visit = { inPort: inPort(ctx.flow), mayPacketIn: true, honorMiss: true };
    ctx.rule = lookupRule(ctx, visit);
    ctx.trace?.open("table", describeRule(ctx, ctx.rule, ctx.tableId));
  }
  const isInTable = !actions && !input.rule;
  if (!proximatePort || mayReceive(ctx, proximatePort)) {
    if (!actions && ctx.rule) ctx.ruleCookie = ctx.rule.cookie;
    executeActions(ctx, actions ?? ctx.rule?.actions ?? []);
    if (!ctx.error) {
      if (!ctx.freezing) executeActionSet(ctx);
      if (ctx.freezing) finishFreezing(ctx);
    }
  }
  if (isInTable) ctx.trace?.close();
}

/** Restores what was suspended under the packet's recirculation id. Returns the actions to go on
 * with (none: look up the table), or null on error. */
function thaw(ctx: XlateContext): readonly FrozenAct[] | null {
  const { input, flow, trace } = ctx;
  const { datapath } = input.bridge;
  const id = flow.view.getUint32(AT.recircId);
  const state = datapath.recirc.get(id);
  if (!state) {
    ctx.fail(`Recirculation context not found for ID ${id.toString(16)}`);
    ctx.error = "no_recirculation_context";
    return null;
  }
  trace?.open("thaw", "thaw");
  const bridge = datapath.bridges.get(state.bridge);
  if (input.actions || input.rule) {
    ctx.fail(`Recirculation conflict (${input.actions ? "actions" : "rule"})!`);
    ctx.error = "recirculation_conflict";
  } else if (!bridge) {
    ctx.fail("Frozen bridge no longer exists.");
    ctx.error = "bridge_not_found";
  } else {
    ctx.bridge = bridge;
    ctx.tableId = state.tableId;
    trace?.add("thaw", `Resuming from table ${state.tableId}`);
    ctx.conntracked = state.conntracked;
    if (!state.conntracked) clearConntrack(flow);
    const { in_port, ct_ipv6_src } = FLOW_FIELDS;
    const metadata = state.metadata.bytes.subarray(in_port.offset, ct_ipv6_src.offset);
    flow.bytes.set(metadata, in_port.offset);
    ctx.stack = [...state.stack];
    if (state.actionSet.length > 0) {
      trace?.add("thaw", `Restoring action set: ${describeActions(ctx, state.actionSet)}`);
      writeActions(ctx, state.actionSet);
    }
    if (state.actions.length > 0) {
      trace?.add("thaw", `Restoring actions: ${describeActions(ctx, state.actions)}`);
    }
  }
  trace?.close();
  return ctx.error ? null : state.actions;
}

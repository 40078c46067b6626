// SPDX-License-Identifier: Apache-2.0
/** `learn`: what a packet teaches; `fin_timeout`. */
import { formatActions } from "../../openflow/actions-text.js";
import { fieldValue } from "../../openflow/fields.js";
import { emptyMatch } from "../../openflow/match.js";
import { formatMatch } from "../../openflow/match-text.js";
import { FLOW_COMMAND, FLOW_FLAG, type FlowMod } from "../../openflow/messages/flow-mod.js";
import { GROUP_ANY } from "../../openflow/messages/port-number.js";
import { keepEthernetImplicit } from "../../openflow/nxm-match.js";
import { type LearnSpec, OFPP, type OfpAct, type Subfield } from "../../openflow/ofp-actions.js";
import { matchSubfield, readSubfield, subfieldMask } from "../../openflow/subfield.js";
import { Classifier } from "../classifier.js";
import { Rule } from "../rule.js";
import type { XlateContext } from "./context.js";
import { AT, mark } from "./headers.js";
import { loadSubfield, markSubfield } from "./set-field.js";

type LearnAct = Extract<OfpAct, { type: "learn" }>;
type FinTimeoutAct = Extract<OfpAct, { type: "fin_timeout" }>;

const COOKIE_KEEP = 0xffffffffffffffffn;
const NO_BUFFER = 0xffffffff;

/** The flow is learned when the translation is over: the packet itself does not see it. */
export function executeLearn(ctx: XlateContext, act: LearnAct): void {
  for (const { src } of act.specs) if (src) markSubfield(ctx, src);
  const { mayLearn } = ctx.input;
  if (!mayLearn && !ctx.wantEffects) {
    ctx.warn("suppressing side effects, so learn action ignored");
    return;
  }
  const request = { flowMod: learnedFlow(ctx, act), limit: act.limit };
  if (ctx.trace) ctx.detail(describeLearned(request.flowMod));
  const verdict = ctx.bridge.of.learnVerdict(
    request,
    ctx.learned.map((l) => l.request),
  );
  if (typeof verdict === "object") {
    ctx.fail(`LEARN action execution failed (${verdict.error}).`);
    return;
  }
  // Without packets nothing is learned again, and the outcome is a guess.
  if (!mayLearn && act.limit > 0 && verdict !== "same") ctx.avoidCaching = true;
  const isLearned = verdict !== "limit" || !mayLearn;
  if (isLearned) ctx.effect({ type: "learn", bridge: ctx.bridge, request });
  if (mayLearn && verdict === "new") ctx.learned.push({ bridge: ctx.bridge, request });
  // A traced packet has no effects with counts: what it refreshes, it refreshes at once.
  if (mayLearn && verdict === "same" && ctx.trace) ctx.bridge.of.learn(request);
  if (act.resultDst) writeResult(ctx, act.resultDst, isLearned);
  if (!isLearned) ctx.detail("Limit exceeded, learn failed");
}

function writeResult(ctx: XlateContext, dst: Subfield, isLearned: boolean): void {
  loadSubfield(ctx, dst, Uint8Array.of(isLearned ? 1 : 0));
  if (ctx.trace) ctx.detail(ctx.trace.subfieldText(dst, ctx.flow));
}

/** The flow-mod that `act` comes to for the packet as it is now. */
function learnedFlow(ctx: XlateContext, act: LearnAct): FlowMod {
  const match = emptyMatch();
  const actions: OfpAct[] = [];
  if (act.finIdleTimeout || act.finHardTimeout) {
    actions.push({ type: "fin_timeout", idle: act.finIdleTimeout, hard: act.finHardTimeout });
  }
  for (const spec of act.specs) {
    const value = spec.src ? readSubfield(spec.src, ctx.flow) : spec.value;
    if (spec.to === "output") addOutput(actions, value);
    else if (spec.dst && spec.to === "match") {
      matchSubfield(match, spec.dst, value);
      keepEthernetImplicit(match, spec.dst.field);
    } else if (spec.dst) {
      actions.push(loadOf(spec, spec.dst, value));
    }
  }
  return {
    type: "flow_mod",
    ...{ command: FLOW_COMMAND.MODIFY_STRICT, tableId: act.table, priority: act.priority },
    ...{ match, actions, cookie: 0n, cookieMask: 0n, newCookie: act.cookie },
    modifyCookie: act.cookie !== COOKIE_KEEP,
    ...{ idleTimeout: act.idleTimeout, hardTimeout: act.hardTimeout, importance: 0 },
    ...{ bufferId: NO_BUFFER, outPort: OFPP.NONE, outGroup: GROUP_ANY },
    flags: act.sendFlowRem ? FLOW_FLAG.SEND_FLOW_REM : 0,
  };
}

function loadOf(spec: LearnSpec, dst: Subfield, value: bigint): OfpAct {
  const { field, start } = dst;
  return {
    type: "set_field",
    field,
    value: fieldValue(field, BigInt.asUintN(spec.bits, value) << BigInt(start)),
    mask: subfieldMask(dst),
    load: true,
  };
}

/** Reserved ports that a learned flow may send to, as their 16-bit numbers. */
const RESERVED = new Set([OFPP.IN_PORT, OFPP.FLOOD, OFPP.ALL, OFPP.LOCAL].map((p) => p & 0xffff));
const PORTS_END = 0xff00;

/** Anything that is no port to send to is left out. */
function addOutput(actions: OfpAct[], value: bigint): void {
  if (value > 0xffffn) return;
  const port = Number(value);
  if (port < PORTS_END) actions.push({ type: "output", port, maxLen: 0 });
  else if (RESERVED.has(port)) {
    actions.push({ type: "output", port: (port | 0xffff0000) >>> 0, maxLen: 0 });
  }
}

/** Without port names, whatever the rest of the trace has. */
function describeLearned(flowMod: FlowMod): string {
  const match = formatMatch(flowMod.match);
  const parts = [`table=${flowMod.tableId}`];
  if (match !== "") parts.push(match);
  parts.push(`priority=${flowMod.priority}`);
  if (flowMod.newCookie !== 0n) parts.push(`cookie=0x${flowMod.newCookie.toString(16)}`);
  if (flowMod.idleTimeout) parts.push(`idle=${flowMod.idleTimeout}`);
  if (flowMod.hardTimeout) parts.push(`hard=${flowMod.hardTimeout}`);
  if (flowMod.flags & FLOW_FLAG.SEND_FLOW_REM) parts.push("send_flow_rem");
  parts.push(`actions=${formatActions(flowMod.actions)}`);
  return parts.join(" ");
}

/** A lookup depends on flows that are learned when it is over, too, if they come before what it
 * found: they will be there when the result is in use. */
export function lookAtLearned(ctx: XlateContext, tableId: number, foundPriority: number): void {
  const soon = new Classifier();
  for (const { bridge, request } of ctx.learned) {
    const { match, priority, actions } = request.flowMod;
    const isHere = bridge === ctx.bridge && request.flowMod.tableId === tableId;
    if (!isHere || priority <= foundPriority || soon.findExact(match, priority)) continue;
    soon.insert(new Rule({ tableId, match, priority, actions }));
  }
  soon.lookup(ctx.flow, ctx.classifierWc);
}

/** Learns what the translation has put off. */
export function finishLearning(ctx: XlateContext): void {
  for (const { bridge, request } of ctx.learned) bridge.of.learn(request);
}

/** Shortens the timeouts of the rule when its connection ends. */
export function executeFinTimeout(ctx: XlateContext, act: FinTimeoutAct): void {
  mark(ctx.wc, AT.nwProto, 1);
  const { rule } = ctx;
  if (!rule) return;
  const { idle, hard } = act;
  ctx.effect({ type: "fin_timeout", bridge: ctx.bridge, rule, idle, hard });
}

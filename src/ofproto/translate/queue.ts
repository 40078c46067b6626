// SPDX-License-Identifier: Apache-2.0
/** Output variants: into a queue, by a register, truncated. */
import { OFPP, type OfpAct } from "../../openflow/ofp-actions.js";
import { NO_DP_PORT } from "../ports.js";
import type { XlateContext } from "./context.js";
import { output } from "./execute.js";
import { AT, inPort, mark } from "./headers.js";
import { composeOutput } from "./output.js";
import { markSubfield, readSubfield } from "./set-field.js";

/** In the userspace datapath the queue number is the priority. */
const priorityOf = (queue: number): number => queue;

export function enqueue(ctx: XlateContext, act: Extract<OfpAct, { type: "enqueue" }>): void {
  const { flow } = ctx;
  mark(ctx.wc, AT.skbPriority, 4);
  const from = inPort(flow);
  if (act.port === from) return;
  const priority = flow.view.getUint32(AT.skbPriority);
  flow.view.setUint32(AT.skbPriority, priorityOf(act.queue));
  composeOutput(ctx, act.port === OFPP.IN_PORT ? from : act.port);
  flow.view.setUint32(AT.skbPriority, priority);
}

export function setQueue(ctx: XlateContext, queue: number): void {
  mark(ctx.wc, AT.skbPriority, 4);
  ctx.flow.view.setUint32(AT.skbPriority, priorityOf(queue));
}

export function popQueue(ctx: XlateContext): void {
  mark(ctx.wc, AT.skbPriority, 4);
  if (ctx.flow.view.getUint32(AT.skbPriority) === ctx.origPriority) return;
  ctx.flow.view.setUint32(AT.skbPriority, ctx.origPriority);
  ctx.detail(`queue = ${hex(ctx.origPriority)}`);
}

const hex = (value: number): string => (value === 0 ? "0" : `0x${value.toString(16)}`);

export function outputRegister(
  ctx: XlateContext,
  act: Extract<OfpAct, { type: "output_reg" }>,
): void {
  const port = BigInt(`0x${Buffer.from(readSubfield(ctx, act.src)).toString("hex")}`);
  if (port > 0xffffn) {
    ctx.warn(`output port ${port} is out of range`);
    return;
  }
  ctx.detail(`output port is ${port}`);
  markSubfield(ctx, act.src);
  output(ctx, widenPort(Number(port)), act.maxLen, false);
}

/** 16-bit port numbers of OpenFlow 1.0 from 0xff00 on are the reserved ones. */
function widenPort(port: number): number {
  return port >= 0xff00 ? (port | 0xffff0000) >>> 0 : port;
}

const NOT_TRUNCATED: readonly number[] = [
  OFPP.TABLE,
  OFPP.NORMAL,
  OFPP.FLOOD,
  OFPP.ALL,
  OFPP.CONTROLLER,
  OFPP.NONE,
];

export function outputTruncated(
  ctx: XlateContext,
  act: Extract<OfpAct, { type: "output_trunc" }>,
): void {
  if (NOT_TRUNCATED.includes(act.port)) {
    ctx.warn(`output_trunc does not support port: ${ctx.trace?.portText(act.port)}`);
  } else if (act.port === inPort(ctx.flow)) {
    ctx.warn("skipping output to input port");
  } else if ((ctx.bridge.ports.get(act.port)?.dpPort ?? NO_DP_PORT) === NO_DP_PORT) {
    ctx.fail(`output_trunc does not support patch port ${ctx.trace?.portText(act.port)}`);
  } else {
    ctx.actions.push({ type: "trunc", maxLen: act.maxLen });
    output(ctx, act.port, 0, false, true);
  }
}

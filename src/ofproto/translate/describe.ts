// SPDX-License-Identifier: Apache-2.0
/** Lines of a trace that name rules and actions. Only called when there is a trace. */
import type { FrozenAct } from "../recirc.js";
import type { Rule } from "../rule.js";
import type { XlateContext } from "./context.js";

/** The line of a table lookup that found `rule`. */
export function describeRule(ctx: XlateContext, rule: Rule, table: number): string {
  const { bridge } = ctx.input;
  const start = `${table.toString().padStart(2)}. `;
  if (rule === bridge.missRule) return `${start}No match, and a "packet-in" is called for.`;
  if (rule === bridge.dropRule) return `${start}No match.`;
  if (rule === bridge.dropFragmentsRule) {
    return `${start}Packets are IP fragments and the fragment handling mode is "drop".`;
  }
  const match = ctx.trace?.matchText(ctx.bridge, rule.match) ?? "";
  const parts = match === "" ? [] : [match];
  parts.push(`priority ${rule.priority}`);
  if (rule.cookie !== 0n) parts.push(`cookie 0x${rule.cookie.toString(16)}`);
  return start + parts.join(", ");
}

/** The text of `actions` as `ovs-actions(7)` has it. */
export function describeActions(ctx: XlateContext, actions: readonly FrozenAct[]): string {
  const shown = actions.filter((act) => act.type !== "unroll");
  return ctx.trace?.actionsText(ctx.bridge, shown) ?? "";
}

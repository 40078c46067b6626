// SPDX-License-Identifier: Apache-2.0
/** Looking up a table and executing the rule that is found. */
import { FRAG_ANY } from "../../../pmd/shm/flow-key.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import { PORT_CONFIG } from "../ofproto-port.js";
import type { Rule } from "../rule.js";
import { FRAG_HANDLING, INTERNAL_TABLE } from "../xbridge.js";
import type { XlateContext } from "./context.js";
import { describeRule } from "./describe.js";
import { ruleHit } from "./effects.js";
import { triggerFreeze } from "./freeze.js";
import { AT, inPort, setInPort } from "./headers.js";
import { lookAtLearned } from "./learn.js";

export const MAX_DEPTH = 64;
export const MAX_RESUBMITS = MAX_DEPTH * MAX_DEPTH;
/** Beyond this many datapath actions resubmits are not followed: what the stock switch's limit of
 * 64 kB of encoded actions comes to with the smallest ones. */
const MAX_ACTIONS = 8192;
/** 64 kB of values of up to 128 bytes. */
const MAX_STACK = 512;

export interface TableVisit {
  /** The in_port that rules see; the packet's own is back afterwards. */
  inPort: number;
  table: number;
  /** A miss may go to the controller. */
  mayPacketIn: boolean;
  /** A miss does what the table's configuration says, which may be: on to the next table. */
  honorMiss: boolean;
  /** How the rule's actions are executed. */
  execute: (ctx: XlateContext, actions: readonly OfpAct[]) => void;
}

/** `resubmit`, `goto_table` and the like. */
export function executeTable(ctx: XlateContext, visit: TableVisit): void {
  // Tables cannot be looked up before it is known what was behind the last label.
  if (ctx.wasMpls) {
    triggerFreeze(ctx);
    return;
  }
  if (!mayVisit(ctx)) return;
  const { tableId, rule, ruleCookie, inBucket } = ctx;
  ctx.tableId = visit.table;
  const found = lookupRule(ctx, visit);
  if (ctx.trace) ctx.trace.open("table", describeRule(ctx, found, visit.table));

  const deepens = visit.table <= tableId ? 1 : 0;
  ctx.resubmits++;
  ctx.depth += deepens;
  ctx.rule = found;
  ctx.ruleCookie = found.cookie;
  ctx.inBucket = false;
  visit.execute(ctx, found.actions);
  ctx.inBucket = inBucket;
  ctx.ruleCookie = ruleCookie;
  ctx.rule = rule;
  ctx.depth -= deepens;

  ctx.trace?.close();
  ctx.tableId = tableId;
}

/** Whether the limits allow another table or group; tells if not. */
export function mayVisit(ctx: XlateContext): boolean {
  if (ctx.depth >= MAX_DEPTH) {
    ctx.fail(`over max translation depth ${MAX_DEPTH}`);
    ctx.error = "recursion_too_deep";
  } else if (ctx.resubmits >= MAX_RESUBMITS) {
    ctx.fail(`over ${MAX_RESUBMITS} resubmit actions`);
    ctx.error = "too_many_resubmits";
  } else if (ctx.actions.length > MAX_ACTIONS) {
    ctx.fail("resubmits yielded over 64 kB of actions");
    ctx.exit = true;
  } else if (ctx.stack.length >= MAX_STACK) {
    ctx.fail("resubmits yielded over 64 kB of stack");
    ctx.error = "stack_too_deep";
  } else {
    return true;
  }
  return false;
}

/** Finds the rule for `ctx.flow` from table `ctx.tableId` on, which becomes the table it was found
 * or missed in. Misses have rules of their own: see XBridge. */
export function lookupRule(
  ctx: XlateContext,
  visit: Pick<TableVisit, "inPort" | "mayPacketIn" | "honorMiss">,
): Rule {
  const { flow, bridge } = ctx;
  const isFragment = (flow.bytes[AT.nwFrag] & FRAG_ANY) !== 0;
  const { fragHandling } = bridge.of;
  if (isFragment && fragHandling !== FRAG_HANDLING.NX_MATCH) {
    if (fragHandling !== FRAG_HANDLING.NORMAL) {
      ctx.effect({ type: "table", table: bridge.of.tables[ctx.tableId], matched: true });
      ctx.effect(ruleHit(bridge.dropFragmentsRule, null));
      return bridge.dropFragmentsRule;
    }
    // Even first fragments have no ports then: all fragments of a packet go the same way.
    const ports = flow.view.getUint32(AT.tpSrc);
    flow.view.setUint32(AT.tpSrc, 0);
    const rule = lookupTables(ctx, visit);
    flow.view.setUint32(AT.tpSrc, ports);
    return rule;
  }
  return lookupTables(ctx, visit);
}

function lookupTables(
  ctx: XlateContext,
  visit: Pick<TableVisit, "inPort" | "mayPacketIn" | "honorMiss">,
): Rule {
  const { flow, bridge } = ctx;
  const { tables } = bridge.of;
  const ownInPort = inPort(flow);
  setInPort(flow, visit.inPort);
  let found: Rule | null = null;
  let miss = "continue";
  let id = ctx.tableId;
  while (id < tables.length) {
    ctx.tableId = id;
    const table = tables[id];
    found = table.classifier.lookup(flow, ctx.classifierWc);
    if (ctx.learned.length > 0) lookAtLearned(ctx, id, found?.priority ?? -1);
    if (found) {
      ctx.effect(ruleHit(found, table));
      break;
    }
    ctx.effect({ type: "table", table, matched: false });
    if (!visit.honorMiss) break;
    miss = table.missConfig;
    if (miss !== "continue") break;
    id++;
    if (id === INTERNAL_TABLE) id++;
  }
  setInPort(flow, ownInPort);
  if (found) return found;
  const own = missRule(ctx, visit.mayPacketIn, miss, ownInPort);
  ctx.effect(ruleHit(own, null));
  return own;
}

function missRule(ctx: XlateContext, mayPacketIn: boolean, miss: string, from: number): Rule {
  const { bridge } = ctx;
  if (!mayPacketIn) return bridge.dropRule;
  if (miss === "default") {
    return bridge.of.wantsPacketInOnMiss() ? bridge.missRule : bridge.dropRule;
  }
  if (miss === "drop") return bridge.dropRule;
  const port = bridge.ports.get(from);
  const mayTell = port !== undefined && !(port.of.config & PORT_CONFIG.NO_PACKET_IN);
  return mayTell ? bridge.missRule : bridge.dropRule;
}

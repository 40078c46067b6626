// SPDX-License-Identifier: Apache-2.0
/** The state of one translation, passed to every step of it. */
import type { OdpAction } from "../../odp/actions.js";
import { Flow } from "../../openflow/flow.js";
import { OFPP, type OfpAct } from "../../openflow/ofp-actions.js";
import type { LearnRequest } from "../ofproto-learn.js";
import type { XPort } from "../ports.js";
import type { FrozenAct } from "../recirc.js";
import type { Rule } from "../rule.js";
import type { XBridge } from "../xbridge.js";
import { AT, inPort } from "./headers.js";
import type { TraceSink, XlateEffect, XlateError, XlateInput } from "./types.js";

/** Cookie in packet-ins for which no rule is responsible. */
export const NO_COOKIE = 0xffffffffffffffffn;

/** Flows to use again: making one costs as much as a table lookup. */
const spare: Flow[] = [];
/** Lists to collect effects in. Growing one costs more than what is put into it. */
const spareEffects: XlateEffect[][] = [];

function copyOf(flow: Flow): Flow {
  const copy = spare.pop() ?? new Flow();
  copy.copyFrom(flow);
  return copy;
}

export class XlateContext {
  readonly input: XlateInput;
  readonly trace: TraceSink | null;
  /** The bridge that is executing: changes at patch ports. */
  bridge: XBridge;
  /** The packet as OpenFlow sees it now. */
  readonly flow: Flow;
  /** The packet as the datapath has it after `actions`. */
  readonly base: Flow;
  /** Bits of the input that were looked at. */
  readonly wc: Flow;
  /** `wc`, or null when nobody will use it. */
  readonly classifierWc: Flow | null;
  actions: OdpAction[] = [];
  slow = 0;
  error: XlateError | null = null;
  private readonly effects: XlateEffect[] = spareEffects.pop() ?? [];
  private effectCount = 0;
  readonly wantEffects: boolean;
  readonly recircIds: number[] = [];
  needsPacket = false;
  avoidCaching = false;
  /** To be learned when all is over. */
  readonly learned: { bridge: XBridge; request: LearnRequest }[] = [];

  /** Table and rule that are executing; for packet-ins. */
  tableId = 0;
  rule: Rule | null = null;
  ruleCookie = NO_COOKIE;
  depth = 0;
  resubmits = 0;
  /** Stop everything, except for the action set. */
  exit = false;
  inActionSet = false;
  /** Nothing of the packet is needed after the action that is executing. */
  last = true;
  readonly origPriority: number;
  stack: Uint8Array[] = [];

  actionSet: OfpAct[] = [];
  actionSetHasGroup = false;

  /** Executing the actions of a group's bucket, for packet-ins. */
  inBucket = false;

  /** Translation is being suspended: the actions that are left go to `frozenActions`. */
  freezing = false;
  frozenActions: FrozenAct[] = [];
  /** The hash that the datapath computes before the packet comes back. */
  hash: Extract<OdpAction, { type: "hash" }> | null = null;
  /** The `controller(pause)` that suspends. */
  pause: Extract<OfpAct, { type: "controller" }> | null = null;

  /** The last label was popped: what is behind it is not in the flow. */
  wasMpls = false;
  /** The packet has been through the connection tracker. */
  conntracked = false;
  /** The `nat` among the actions of a `ct`. */
  natAction: Extract<OfpAct, { type: "nat" }> | null = null;
  /** `encap` or `decap` have rewritten the flow; the next commit tells the datapath. */
  pendingEncap = false;
  pendingDecap = false;
  /** Context headers of an NSH of type 2. */
  encapContext: Uint8Array | null = null;

  constructor(input: XlateInput) {
    this.input = input;
    this.trace = input.trace ?? null;
    this.bridge = input.bridge;
    this.flow = copyOf(input.flow);
    this.base = copyOf(input.flow);
    this.wc = input.wc ?? new Flow();
    if (input.wc) this.wc.clear();
    this.classifierWc = input.skipWildcards ? null : this.wc;
    this.wantEffects = input.wantEffects ?? true;
    this.origPriority = input.flow.view.getUint32(AT.skbPriority);
    this.flow.view.setUint32(AT.actsetOutput, OFPP.UNSET);
  }

  /** The port of the executing bridge that the packet came in on, if it is one. */
  inXPort(): XPort | undefined {
    return this.bridge.ports.get(inPort(this.flow));
  }

  /** A copy of `flow` to come back to; give it to `restoreFlow`. */
  saveFlow(): Flow {
    return copyOf(this.flow);
  }

  /** Keeps the packet as OpenFlow and as the datapath has it; the result puts it back. */
  save(): () => void {
    const flow = copyOf(this.flow);
    const base = copyOf(this.base);
    const { wasMpls, conntracked } = this;
    return () => {
      this.restoreFlow(flow);
      this.base.copyFrom(base);
      this.recycle(base);
      this.wasMpls = wasMpls;
      this.conntracked = conntracked;
    };
  }

  restoreFlow(saved: Flow): void {
    this.flow.copyFrom(saved);
    this.recycle(saved);
  }

  /** Takes a flow of `saveFlow` back that is not to be restored. */
  recycle(saved: Flow): void {
    spare.push(saved);
  }

  /** Call at the end: `flow` and `base` must not be used any more. Returns the effects, in an
   * array without room to spare, for flows keep them for long. */
  finish(): XlateEffect[] {
    spare.push(this.flow, this.base);
    spareEffects.push(this.effects);
    return this.effects.slice(0, this.effectCount);
  }

  effect(effect: XlateEffect): void {
    if (this.wantEffects) this.effects[this.effectCount++] = effect;
  }

  detail(text: string): void {
    this.trace?.add("detail", text);
  }

  warn(text: string): void {
    this.trace?.add("warn", text);
  }

  /** Tells of something that is an error of the flow tables or of the packet. */
  fail(text: string): void {
    this.trace?.add("error", text);
  }
}

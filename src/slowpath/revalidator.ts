// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps installed megaflows true: credits their counts to the OpenFlow rules, removes idle ones,
 * and translates them again after anything that translation depends on has changed.
 *
 * Works in slices, so that misses never wait for a sweep of a large table. A change that arrives
 * during a round starts another round after it; two rounds are at least as far apart as the first
 * one took, so that a storm of changes leaves half of the control thread to misses.
 */
import type { Dpif, FlowStats } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";
import type { OdpAction } from "../odp/actions.js";
import { applyEffects, releaseOutput, type XlateOutput } from "../ofproto/translate/index.js";
import type { XDatapath } from "../ofproto/xbridge.js";
import { Flow } from "../openflow/flow.js";
import type { Megaflow, MegaflowTable } from "./megaflow.js";
import { installedActions, translateKey } from "./translate-key.js";

/** What of a datapath is needed here. */
export type RevalidatorDpif = Pick<Dpif, "flowStats" | "flowModify" | "flowDel">;

export interface RevalidatorSettings {
  /** Idle megaflows leave after this; `other_config:max-idle`. */
  maxIdleMs: number;
  /** Longest time between two sweeps; `other_config:max-revalidator`. */
  maxRevalidatorMs: number;
  /** `other_config:flow-limit`. */
  flowLimit: number;
}

export const DEFAULT_SETTINGS: RevalidatorSettings = {
  maxIdleMs: 10_000,
  maxRevalidatorMs: 500,
  flowLimit: 200_000,
};

/** How long one slice may hold the control thread. */
const SLICE_MS = 4;
/** When more flows than the limit are installed, they leave after this much idleness. */
const OVER_LIMIT_IDLE_MS = 100;

export class Revalidator {
  /** Milliseconds that the last whole sweep took. */
  lastSweepMs = 0;
  private round = 0;
  private dirty = false;
  private sweep: Iterator<Megaflow> | null = null;
  private sweepStartedMs = 0;
  private revalidating = false;
  private nextAllowedMs = 0;
  private timer: { cancel(): void } | null = null;
  private stopped = false;
  private seenSeq = 0;
  private readonly waiters: (() => void)[] = [];
  /** The key of the flow that is being translated. */
  private readonly key = new Flow();
  private readonly stats: FlowStats = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
  /** What is credited now. */
  private readonly counts: FlowStats = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };

  constructor(
    private readonly dpif: RevalidatorDpif,
    private readonly datapath: XDatapath,
    private readonly flows: MegaflowTable,
    private readonly clock: Clock,
    readonly settings: RevalidatorSettings,
  ) {
    this.schedule(settings.maxRevalidatorMs);
  }

  /** Something that translation depends on changed. */
  changed(): void {
    this.dirty = true;
    if (this.sweep === null) {
      this.schedule(Math.max(0, this.nextAllowedMs - this.clock.now()));
    }
  }

  /** Looks whether ports, bundles or learned addresses have changed since it last looked. */
  checkSeq(): void {
    let seq = 0;
    for (const bridge of this.datapath.bridges.values()) seq += bridge.seq + bridge.macLearning.seq;
    if (seq === this.seenSeq) return;
    this.seenSeq = seq;
    this.changed();
  }

  /** Resolves when every change so far is reflected in the installed flows. */
  async settled(): Promise<void> {
    while (this.dirty || (this.sweep !== null && this.revalidating)) {
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  /** Credits what every flow counted since the last time; cheap enough to do before a dump. */
  syncStats(): void {
    for (const flow of this.flows) this.credit(flow);
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Removes a flow; the counts up to its end are credited. */
  remove(flow: Megaflow): Promise<void> {
    if (!this.flows.remove(flow)) return Promise.resolve();
    return this.dpif.flowDel(flow.pmd, flow.flowId).then((last) => {
      this.creditUpTo(flow, last);
      releaseOutput(this.datapath, flow);
      this.flows.free(flow);
    });
  }

  /** A thread is about to go, and its flows with it. */
  forget(pmd: number): void {
    for (const flow of [...this.flows]) {
      if (flow.pmd !== pmd) continue;
      this.credit(flow);
      this.flows.remove(flow);
      releaseOutput(this.datapath, flow);
      this.flows.free(flow);
    }
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.timer = this.clock.after(delayMs, () => this.step());
  }

  private step(): void {
    if (this.sweep === null) {
      this.checkSeq();
      this.round++;
      this.revalidating = this.dirty;
      this.dirty = false;
      this.sweepStartedMs = this.clock.now();
      this.sweep = this.flows[Symbol.iterator]();
    }
    const endMs = this.clock.now() + SLICE_MS;
    do {
      const next = this.sweep.next();
      if (next.done) {
        this.finish();
        return;
      }
      this.check(next.value);
    } while (this.clock.now() < endMs);
    this.schedule(0);
  }

  private finish(): void {
    const nowMs = this.clock.now();
    this.sweep = null;
    this.lastSweepMs = nowMs - this.sweepStartedMs;
    this.nextAllowedMs = nowMs + this.lastSweepMs;
    this.schedule(this.dirty ? this.lastSweepMs : this.settings.maxRevalidatorMs);
    for (const wake of this.waiters.splice(0)) wake();
  }

  private check(flow: Megaflow): void {
    this.credit(flow);
    const usedMs = Math.max(flow.usedMs, flow.createdMs);
    const over = this.flows.size > this.settings.flowLimit;
    const idleMs = over ? OVER_LIMIT_IDLE_MS : this.settings.maxIdleMs;
    if (this.clock.now() - usedMs > idleMs) {
      void this.remove(flow);
    } else if (this.revalidating && flow.round !== this.round) {
      flow.round = this.round;
      this.revalidate(flow);
    }
  }

  private revalidate(flow: Megaflow): void {
    const { key } = this;
    key.clear();
    key.words.set(flow.keyWords);
    const fresh = translateKey(this.datapath, key.bytes, { mayLearn: false });
    if (!fresh || fresh.avoidCaching || looksAtMore(fresh, flow)) {
      if (fresh) releaseOutput(this.datapath, fresh);
      void this.remove(flow);
      return;
    }
    const actions = installedActions(this.datapath, fresh, key.bytes);
    const old = { recircIds: flow.recircIds };
    flow.effects = fresh.effects;
    flow.recircIds = fresh.recircIds;
    releaseOutput(this.datapath, old);
    if (!sameActions(actions, flow.actions)) {
      flow.actions = actions;
      this.dpif.flowModify(flow.pmd, flow.flowId, actions);
    }
  }

  private credit(flow: Megaflow): void {
    this.dpif.flowStats(flow.pmd, flow.flowId, this.stats);
    this.creditUpTo(flow, this.stats);
  }

  private creditUpTo(flow: Megaflow, stats: FlowStats): void {
    const { counts } = this;
    counts.packets = stats.packets - flow.packets;
    if (counts.packets <= 0) return;
    counts.bytes = stats.bytes - flow.bytes;
    counts.usedMs = stats.usedMs;
    counts.tcpFlags = stats.tcpFlags;
    flow.setCredited(stats);
    applyEffects(flow.effects, counts);
  }
}

/** Whether a new translation depends on bits that the installed flow leaves open. */
function looksAtMore(output: XlateOutput, flow: Megaflow): boolean {
  const { words } = flow.sharedMask;
  for (let i = 0; i < words.length; i++) {
    if (output.wc.words[i]! & ~words[i]!) return true;
  }
  return false;
}

function sameActions(a: readonly OdpAction[], b: readonly OdpAction[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!isSameAction(a[i]!, b[i]!)) return false;
  return true;
}

function isSameAction(a: OdpAction, b: OdpAction): boolean {
  if (a.type === "output" && b.type === "output") return a.port === b.port;
  return a.type === b.type && JSON.stringify(a, plain) === JSON.stringify(b, plain);
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return value.join();
  return value;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps installed megaflows true: credits their counts to the OpenFlow rules, removes idle ones,
 * and translates them again after anything that translation depends on has changed.
 *
 * Works in slices, shorter ones while there are misses, so that these never wait for a sweep of a
 * large table. A change that arrives
 * during a round starts another round after it; two rounds are at least as far apart as the first
 * one took, so that a storm of changes leaves half of the control thread to misses.
 */
import type { Dpif, FlowStats } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";
import type { OdpAction } from "../odp/actions.js";
import { applyEffects, releaseOutput, type XlateOutput } from "../ofproto/translate/index.js";
import type { XDatapath } from "../ofproto/xbridge.js";
import { Flow } from "../openflow/flow.js";
import { nextFlowLimit } from "./flow-limit.js";
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
  /** When sweeps take long, flows with fewer packets per second leave instead of being translated
   * again; `other_config:min-revalidate-pps`. */
  minRevalidatePps: number;
}

export const DEFAULT_SETTINGS: RevalidatorSettings = {
  maxIdleMs: 10_000,
  maxRevalidatorMs: 500,
  flowLimit: 200_000,
  minRevalidatePps: 5,
};

/** How long one slice may hold the control thread, and how long when misses came meanwhile. */
const SLICE_MS = 2;
const BUSY_SLICE_MS = 0.25;
/** Flows between two looks at the clock. */
const CHECKS = 8;
/** When more flows than the limit are installed, they leave after this much idleness. */
const OVER_LIMIT_IDLE_MS = 100;

export class Revalidator {
  /** Milliseconds that the last whole sweep took. */
  lastSweepMs = 0;
  /** Flows that may be installed now, of `settings.flowLimit`: see `nextFlowLimit`. */
  flowLimit: number;
  private sweptFlows = 0;
  /** Misses came since the last slice. */
  private hadMisses = false;
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
    this.flowLimit = settings.flowLimit;
    this.schedule(settings.maxRevalidatorMs);
  }

  /** Changes the limit that the next sweeps start from (`upcall/set-flow-limit`). */
  setFlowLimit(flows: number): void {
    this.settings.flowLimit = flows;
    this.flowLimit = flows;
  }

  /** A batch of misses was handled: slices are short for a while. */
  handledMisses(): void {
    this.hadMisses = true;
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
    while (!this.stopped && (this.dirty || (this.sweep !== null && this.revalidating))) {
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  /** Credits what every flow counted since the last time; cheap enough to do before a dump. */
  syncStats(): void {
    for (const flow of this.flows) this.credit(flow);
  }

  stop(): void {
    this.pause(true);
  }

  /** Leaves flows as they are (`revalidator/pause`), or goes on. */
  pause(isOn: boolean): void {
    this.stopped = isOn;
    this.timer?.cancel();
    for (const wake of this.waiters.splice(0)) wake();
    if (!isOn) this.schedule(0);
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
      this.sweptFlows = 0;
      this.sweep = this.flows[Symbol.iterator]();
    }
    let nowMs = this.clock.now();
    const endMs = nowMs + (this.hadMisses ? BUSY_SLICE_MS : SLICE_MS);
    this.hadMisses = false;
    do {
      for (let i = 0; i < CHECKS; i++) {
        const next = this.sweep.next();
        if (next.done) {
          this.finish();
          return;
        }
        this.sweptFlows++;
        this.check(next.value, nowMs);
      }
      nowMs = this.clock.now();
    } while (nowMs < endMs);
    this.schedule(0);
  }

  private finish(): void {
    const nowMs = this.clock.now();
    this.sweep = null;
    this.lastSweepMs = nowMs - this.sweepStartedMs;
    this.nextAllowedMs = nowMs + this.lastSweepMs;
    const { flowLimit: configured, maxRevalidatorMs, maxIdleMs } = this.settings;
    const sweep = { flows: this.sweptFlows, sweepMs: this.lastSweepMs, configured };
    this.flowLimit = nextFlowLimit(this.flowLimit, sweep);
    const restMs = Math.min(maxRevalidatorMs, maxIdleMs);
    this.schedule(this.dirty ? this.lastSweepMs : restMs);
    for (const wake of this.waiters.splice(0)) wake();
  }

  private check(flow: Megaflow, nowMs: number): void {
    const seenMs = Math.max(flow.usedMs, flow.createdMs);
    const before = flow.packets;
    this.credit(flow);
    const usedMs = Math.max(flow.usedMs, flow.createdMs);
    const { size } = this.flows;
    const idleMs = size > this.flowLimit ? OVER_LIMIT_IDLE_MS : this.settings.maxIdleMs;
    if (nowMs - usedMs > idleMs || size > 2 * this.flowLimit) {
      void this.remove(flow);
    } else if (this.revalidating && flow.round !== this.round) {
      flow.round = this.round;
      if (this.isWorthIt(flow, flow.packets - before, nowMs - seenMs)) this.revalidate(flow);
      else void this.remove(flow);
    }
  }

  /** Whether a flow is translated again: all are, while sweeps are short; then those that had
   * enough `packets` within the last `elapsedMs`, and new ones. */
  private isWorthIt(flow: Megaflow, packets: number, elapsedMs: number): boolean {
    const { maxRevalidatorMs, minRevalidatePps } = this.settings;
    if (this.lastSweepMs < maxRevalidatorMs / 2 || flow.usedMs === 0) return true;
    return packets * 1000 >= minRevalidatePps * elapsedMs;
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

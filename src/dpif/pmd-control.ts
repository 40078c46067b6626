// SPDX-License-Identifier: Apache-2.0
/** What PMD threads are told to do and how busy they are: settings, assignment, load balance. */
import { type PmdCore, rxqKey } from "../../pmd/rxq/assign.js";
import type { PmdLoad } from "../../pmd/rxq/auto-lb.js";
import { Balancer } from "../../pmd/rxq/balancer.js";
import type { Placement } from "../../pmd/rxq/placement.js";
import type { PerfShow } from "../../pmd/stats/perf-show.js";
import type { StallState } from "../../pmd/stats/stalls.js";
import { USAGE_STEPS } from "../../pmd/stats/usage-history.js";
import { systemClock } from "../lib/clock.js";
import type { DpifFailure } from "./dpif.js";
import { IterationWatch } from "./iteration-watch.js";
import type { DpifLog } from "./log.js";
import { MAIN_CORE, type PacketThread } from "./packet-thread.js";
import type { QueuePause } from "./pause-watch.js";
import {
  type AutoLbState,
  PAUSES_KEPT,
  type PerfLengths,
  type PerfLogSettings,
  type PmdOperations,
  type SleepState,
} from "./pmd-operations.js";
import { type PmdSettings, parsePmdSettings, settingsLog } from "./pmd-settings.js";
import { type PlanRequest, type RxqPlan, RxqPlanner, type RxqState } from "./rxq-planner.js";
import { RxqScheduler, type SchedulablePort } from "./rxq-scheduler.js";
import { StallWatch } from "./stall-watch.js";
import type { ThreadTable } from "./thread-table.js";

export interface PmdControlOwner {
  /** `pmd-cpu-mask` at the start. */
  readonly mask: string | null;
  ports(): readonly SchedulablePort[];
  threads(): Pick<ThreadTable, "all" | "pmds">;
  tscHz(): number;
  /** The cores that a `pmd-cpu-mask` means. */
  cores(mask: string | null): readonly PmdCore[];
  setTxFlush(us: number): void;
  /** Makes threads and queues what they should be, when no other change is in progress. */
  reassign(): Promise<void>;
}

export class PmdControl implements PmdOperations {
  readonly scheduler: RxqScheduler;
  readonly balancer = new Balancer();
  private readonly watch: IterationWatch;
  private readonly stallWatch: StallWatch;
  settings: PmdSettings = parsePmdSettings({}).settings;
  private isConfigured = false;
  private lastConfig = "";
  private config: Readonly<Record<string, string>> = {};
  private readonly planner: RxqPlanner;
  private readonly pauseList: QueuePause[] = [];

  /** `pmd-cpu-mask`; null: not set. */
  mask: string | null;

  constructor(
    private readonly log: DpifLog,
    private readonly owner: PmdControlOwner,
  ) {
    this.scheduler = new RxqScheduler(log);
    this.mask = owner.mask;
    const pmds = () => owner.threads().pmds();
    const tscHz = () => owner.tscHz();
    this.watch = new IterationWatch(log, pmds, tscHz);
    this.stallWatch = new StallWatch(log, pmds, tscHz);
    this.stallWatch.limitUs = this.settings.stallLimitUs;
    this.planner = new RxqPlanner({
      ...{ scheduler: this.scheduler, pmds, ports: () => owner.ports() },
      cores: (mask) => owner.cores(mask),
      mask: () => this.mask,
      config: () => this.config,
    });
  }

  async setOtherConfig(config: Readonly<Record<string, string>>): Promise<void> {
    const reassign = this.configure(config);
    const mask = config["pmd-cpu-mask"] ?? null;
    if (!reassign && mask === this.mask) return;
    this.mask = mask;
    await this.owner.reassign();
  }

  async setMask(mask: string | null): Promise<void> {
    if (mask === this.mask) return;
    this.mask = mask;
    await this.owner.reassign();
  }

  rebalance(): Promise<void> {
    return this.owner.reassign();
  }

  rxqState(): RxqState {
    return this.planner.state();
  }

  rxqPlan(request: PlanRequest): RxqPlan | DpifFailure {
    return this.planner.plan(request);
  }

  rxqPlace(placement: Placement): Promise<void> {
    this.scheduler.placeOnce(placement);
    return this.owner.reassign();
  }

  autoLb(): AutoLbState {
    const { settings, decisions, nextLookMs } = this.balancer;
    return { settings, decisions, nowMs: systemClock.now(), nextLookMs };
  }

  stalls(): readonly StallState[] {
    return this.stallWatch.states(performance.now());
  }

  pauses(): readonly QueuePause[] {
    return this.pauseList;
  }

  /** A queue is polled again. */
  queuePaused(pause: QueuePause): void {
    this.pauseList.push(pause);
    if (this.pauseList.length > PAUSES_KEPT) this.pauseList.shift();
    const { port, queue, fromCore, toCore, us } = pause;
    const text =
      `port '${port}' rx queue ${queue} was not polled for ${us.toFixed(0)} us ` +
      `on its way from core ${fromCore} to core ${toCore}`;
    this.log("dpif_netdev", "dbg", text);
  }

  clearStalls(): void {
    this.stallWatch.clear();
  }

  perf(lengths: PerfLengths): PerfShow[] {
    const tscHz = this.owner.tscHz();
    return this.owner
      .threads()
      .pmds()
      .map((thread) => ({
        ...{ coreId: thread.coreId, numaId: thread.handle.numaId, tscHz },
        ...{ counters: thread.counters(), seconds: thread.perf.seconds },
        metrics: this.settings.perfMetrics ? thread.perf.metrics(lengths) : undefined,
      }));
  }

  get perfLog(): PerfLogSettings {
    return this.watch.settings;
  }

  setPerfLog(settings: PerfLogSettings): void {
    this.watch.set(settings);
  }

  sleep(): SleepState {
    const pmds = this.owner
      .threads()
      .pmds()
      .map(({ coreId, handle }) => {
        return { coreId, numaId: handle.numaId, maxUs: this.sleepMaxUs(coreId) };
      });
    return { defaultUs: this.settings.sleep.defaultUs, pmds };
  }

  /** For a thread that is new, or after a change of settings. */
  tune(thread: PacketThread): void {
    const polls = thread.coreId !== MAIN_CORE;
    thread.tune(polls && this.settings.perfMetrics, polls ? this.sleepMaxUs(thread.coreId) : 0);
    this.watch.tune(thread);
    if (polls) this.stallWatch.tune(thread);
  }

  /** Once a second. */
  everySecond(): void {
    this.balance();
    this.watch.report();
    this.stallWatch.look(performance.now());
  }

  private sleepMaxUs(coreId: number): number {
    const { byCore, defaultUs } = this.settings.sleep;
    return byCore.get(coreId) ?? defaultUs;
  }

  /** Takes `Open_vSwitch.other_config`. True when queues must be assigned anew. */
  private configure(config: Readonly<Record<string, string>>): boolean {
    const text = JSON.stringify(Object.entries(config).sort());
    if (this.isConfigured && text === this.lastConfig) return false;
    this.lastConfig = text;
    this.config = config;
    const before = this.isConfigured ? this.settings : undefined;
    const { settings, warnings } = parsePmdSettings(config);
    for (const warning of warnings) this.log("dpif_netdev", "warn", warning);
    for (const line of settingsLog(before, settings)) this.log("dpif_netdev", "info", line);
    this.isConfigured = true;
    this.settings = settings;
    this.balancer.settings = settings.autoLb;
    this.stallWatch.limitUs = settings.stallLimitUs;
    if (settings.txFlushUs !== (before?.txFlushUs ?? 0)) this.owner.setTxFlush(settings.txFlushUs);
    for (const thread of this.owner.threads().all()) this.tune(thread);
    const { algorithm, isolate } = this.scheduler.settings;
    this.scheduler.settings = settings.assign;
    return algorithm !== settings.assign.algorithm || isolate !== settings.assign.isolate;
  }

  /** Ends a measuring interval on every thread. */
  sample(): void {
    let longest = 0;
    for (const thread of this.owner.threads().all()) {
      const step = thread.sampleUsage();
      if (!step) continue;
      for (const [key, cycles] of step.rxqs) this.scheduler.cycles.add(key, cycles);
      const { coreId } = thread;
      if (coreId !== MAIN_CORE) longest = Math.max(longest, step.total);
      // It did not get to run, or is in the middle of a very long iteration.
      if (step.total === 0) continue;
      const busy = Math.floor((step.busy * 100) / step.total);
      this.balancer.interval(coreId, this.scheduler.isIsolated(coreId), busy);
    }
    this.scheduler.cycles.endStep(longest);
  }

  /** PMDs with the load of their queues. */
  private loads(): PmdLoad[] {
    const demands = this.scheduler.demands(this.owner.ports());
    const byKey = new Map(demands.map((rxq) => [rxqKey(rxq), rxq]));
    return this.owner
      .threads()
      .pmds()
      .map(({ coreId, handle, history, rxqs }) => ({
        ...{ coreId, numaId: handle.numaId, isolated: this.scheduler.isIsolated(coreId) },
        windowCycles: (history.lastStep?.total ?? 0) * USAGE_STEPS,
        rxqs: [...rxqs.keys()].map((key) => byKey.get(key)).filter((rxq) => rxq !== undefined),
      }));
  }

  /** Lets the balancer look, if it is time, and assigns anew if it says so.
   * @param nowMs monotonic. */
  balance(nowMs = systemClock.now()): void {
    const { assign, autoLb } = this.settings;
    const loads = autoLb.enabled ? this.loads() : [];
    const decision = this.balancer.look(nowMs, assign, loads);
    for (const line of decision?.debug ?? []) this.log("dpif_netdev", "dbg", line);
    if (decision?.outcome !== "reassigned") return;
    const text = "PMD auto load balance dry run. Requesting datapath reconfigure.";
    this.log("dpif_netdev", "info", text);
    void this.rebalance();
  }
}

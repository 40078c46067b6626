// SPDX-License-Identifier: Apache-2.0
/** What operators and performance engineers do with PMD threads: one part of `Dpif`. */
import type { AutoLbSettings } from "../../pmd/rxq/auto-lb.js";
import type { Decision } from "../../pmd/rxq/balancer.js";
import type { Placement } from "../../pmd/rxq/placement.js";
import type { PerfShow } from "../../pmd/stats/perf-show.js";
import type { StallState } from "../../pmd/stats/stalls.js";
import type { PmdThread } from "../../pmd/stats/types.js";
import type { DpifFailure } from "./dpif.js";
import type { QueuePause } from "./pause-watch.js";
import type { PlanRequest, RxqPlan, RxqState } from "./rxq-planner.js";

/** Pauses of queues that are remembered. */
export const PAUSES_KEPT = 1000;

/** `pmd-auto-lb`. Times are of the clock whose present is `nowMs`. */
export interface AutoLbState {
  readonly settings: AutoLbSettings;
  /** Newest last. */
  readonly decisions: readonly Decision[];
  readonly nowMs: number;
  /** Undefined: it is not enabled, or only just. */
  readonly nextLookMs: number | undefined;
}

/** What of the measurements is wanted. */
export interface PerfLengths {
  readonly histograms: boolean;
  /** Samples, 0…1000. */
  readonly iterations: number;
  readonly milliseconds: number;
}

/** `pmd-perf-log-set`. */
export interface PerfLogSettings {
  readonly enabled: boolean;
  /** Iterations that are logged before and after a suspicious one. */
  readonly before: number;
  readonly after: number;
  readonly extend: boolean;
  /** Suspicious: longer than this. */
  readonly us: number;
  /** Suspicious: a vhost queue as full as this. */
  readonly fill: number;
}

/** `pmd-sleep-max` as it is applied. */
export interface SleepState {
  readonly defaultUs: number;
  /** In order of core. */
  readonly pmds: readonly (PmdThread & { readonly maxUs: number })[];
}

export interface PmdOperations {
  /** Applies `Open_vSwitch.other_config` as far as it concerns PMD threads: `pmd-*`, among them the
   * core mask, and `tx-flush-interval`. Queues are assigned anew if that changes anything. */
  setOtherConfig(config: Readonly<Record<string, string>>): Promise<void>;
  /** Assigns receive queues anew, by their measured load: `dpif-netdev/pmd-rxq-rebalance`. */
  rebalance(): Promise<void>;
  /** Cores, their queues and what each costs. */
  rxqState(): RxqState;
  /** What another assignment would be; nothing changes. */
  rxqPlan(request: PlanRequest): RxqPlan | DpifFailure;
  /** Assigns receive queues anew, but puts those that are not pinned where this says, on cores that
   * are open. The next change of ports, cores or settings assigns as usual. */
  rxqPlace(placement: Placement): Promise<void>;
  /** What the load balancer decided lately, and why. */
  autoLb(): AutoLbState;
  /** What the PMDs, in order of core, did since the last `pmd-stats-clear`. */
  perf(lengths: PerfLengths): readonly PerfShow[];
  readonly perfLog: PerfLogSettings;
  setPerfLog(settings: PerfLogSettings): void;
  sleep(): SleepState;
  /** Queues that moved or whose device was changed, and for how long nobody polled them: the last
   * PAUSES_KEPT, oldest first. */
  pauses(): readonly QueuePause[];
  /** Iterations that took too long, and why, by PMD in order of core. */
  stalls(): readonly StallState[];
}

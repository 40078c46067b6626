// SPDX-License-Identifier: Apache-2.0
/** What `pmd-stats-show` and `pmd-rxq-show` are computed from: plain sums, no shared memory. */

/** One thread's sums since the last `pmd-stats-clear`. Packets are counted once per pass through
 * the tables in the hit counters, once per reception in `packetsReceived`. */
export interface PmdCounters {
  packetsReceived: number;
  recirculations: number;
  phwolHits: number;
  mfexOptHits: number;
  simpleMatchHits: number;
  emcHits: number;
  smcHits: number;
  megaflowHits: number;
  /** Subtables probed by the lookups that hit a megaflow. */
  subtableLookups: number;
  upcallsSucceeded: number;
  upcallsFailed: number;
  /** Batches and packets handed to netdevs. */
  outputBatches: number;
  outputPackets: number;
  /** TSC cycles of iterations that moved nothing, and of those that did. The main thread sleeps
   * instead of polling and has none. */
  idleCycles: number;
  busyCycles: number;
  /** Iterations, as cycles; those after which the thread slept, and how long. */
  idleIterations: number;
  busyIterations: number;
  sleepIterations: number;
  sleepCycles: number;
  /** Cycles of the thread for all upcalls. */
  upcallCycles: number;
}

/** Which thread: -1 as `coreId` is the main thread. */
export interface PmdThread {
  readonly coreId: number;
  readonly numaId: number;
}

/** One receive queue of one thread. */
export interface RxqUsage {
  readonly port: string;
  readonly queue: number;
  readonly enabled: boolean;
  /** Percent of the thread's cycles over the asked window; undefined: not available yet. */
  readonly usagePercent: number | undefined;
}

/** `b - a`, field by field: what happened between two readings. */
export function countersSince(now: PmdCounters, then: PmdCounters): PmdCounters {
  const difference = { ...now };
  for (const key of Object.keys(now) as (keyof PmdCounters)[]) difference[key] -= then[key];
  return difference;
}

// SPDX-License-Identifier: Apache-2.0
/** What commands about packet threads say in JSON. */
import type { Decision } from "../../pmd/rxq/balancer.js";
import { PERF_BINS, PERF_HISTOGRAMS, type PerfHistogram } from "../../pmd/shm/perf.js";
import type { PerfSample } from "../../pmd/shm/perf-shm.js";
import { PERF_WALLS } from "../../pmd/stats/histogram.js";
import type { PerfMetrics, PerfShow } from "../../pmd/stats/perf-show.js";
import type { RxqShow } from "../../pmd/stats/rxq-show.js";
import type { PmdCounters, PmdThread } from "../../pmd/stats/types.js";
import type { AutoLbState, SleepState } from "../dpif/pmd-operations.js";
import {
  flag,
  integer,
  list,
  object,
  optional,
  real,
  table,
  text,
  type ValueOf,
  word,
} from "./schema.js";

const THREAD = {
  thread: word(["pmd", "main"], "main: the thread that serves kernel devices"),
  numa_id: optional(integer("of PMD threads")),
  core_id: optional(integer("of PMD threads")),
};

function threadJson({ coreId, numaId }: PmdThread) {
  if (coreId < 0) return { thread: "main" as const };
  return { thread: "pmd" as const, numa_id: numaId, core_id: coreId };
}

const COUNTERS = {
  packets_received: integer(),
  packet_recirculations: integer(),
  datapath_passes: integer("packets received and recirculations"),
  phwol_hits: integer(),
  mfex_opt_hits: integer(),
  simple_match_hits: integer(),
  emc_hits: integer(),
  smc_hits: integer(),
  megaflow_hits: integer(),
  subtable_lookups: integer("of the lookups that hit a megaflow"),
  miss_with_success_upcall: integer(),
  miss_with_failed_upcall: integer(),
  output_packets: integer(),
  output_batches: integer(),
  idle_cycles: integer("TSC cycles"),
  processing_cycles: integer("TSC cycles"),
};

function countersJson(c: PmdCounters): ValueOf<typeof COUNTERS_OBJECT> {
  return {
    packets_received: c.packetsReceived,
    packet_recirculations: c.recirculations,
    datapath_passes: c.packetsReceived + c.recirculations,
    phwol_hits: c.phwolHits,
    mfex_opt_hits: c.mfexOptHits,
    simple_match_hits: c.simpleMatchHits,
    emc_hits: c.emcHits,
    smc_hits: c.smcHits,
    megaflow_hits: c.megaflowHits,
    subtable_lookups: c.subtableLookups,
    miss_with_success_upcall: c.upcallsSucceeded,
    miss_with_failed_upcall: c.upcallsFailed,
    output_packets: c.outputPackets,
    output_batches: c.outputBatches,
    idle_cycles: c.idleCycles,
    processing_cycles: c.busyCycles,
  };
}

const COUNTERS_OBJECT = object(COUNTERS);
export const STATS = list(object({ ...THREAD, ...COUNTERS }));

export function statsJson(
  threads: readonly (PmdThread & { readonly counters: PmdCounters })[],
): ValueOf<typeof STATS> {
  return threads.map((each) => ({ ...threadJson(each), ...countersJson(each.counters) }));
}

const NOT_YET = "absent: not available yet";
export const RXQS = object({
  seconds: integer("window of the percentages"),
  pmds: list(
    object({
      ...THREAD,
      isolated: flag("polls pinned queues only"),
      rxqs: list(
        object({
          port: text(),
          queue: integer(),
          enabled: flag("by the guest"),
          usage_percent: optional(integer(NOT_YET)),
        }),
      ),
      overhead_percent: optional(integer(`cycles spent busy but on no queue; ${NOT_YET}`)),
    }),
  ),
});

export function rxqsJson(pmds: readonly RxqShow[], seconds: number): ValueOf<typeof RXQS> {
  return {
    seconds,
    pmds: pmds
      .filter(({ coreId }) => coreId >= 0)
      .map((pmd) => ({
        ...threadJson(pmd),
        isolated: pmd.isolated,
        rxqs: pmd.rxqs.map(({ port, queue, enabled, usagePercent }) => {
          return { port, queue, enabled, usage_percent: usagePercent };
        }),
        overhead_percent: pmd.overheadPercent,
      })),
  };
}

const SAMPLE = object({
  timestamp: integer("number of the iteration, or milliseconds of a monotonic clock"),
  iterations: integer(),
  cycles: integer(),
  busy_cycles: integer(),
  packets: integer(),
  batches: integer(),
  upcalls: integer(),
  upcall_cycles: integer(),
  vhost_fill: integer("descriptors in use; of a millisecond: the sum over its iterations"),
});
const BINS = list(
  object({ le: optional(integer("inclusive upper bound; absent: none")), count: integer() }),
);

export const PERF = list(
  object({
    ...THREAD,
    ...COUNTERS,
    seconds: real("since the statistics were cleared"),
    tsc_hz: integer(),
    idle_iterations: integer(),
    busy_iterations: integer(),
    sleep_iterations: integer(),
    sleep_us: integer(),
    upcall_cycles: integer(),
    metrics: optional(
      object(
        {
          histograms: optional(table(BINS, "counts by bin; absent with -nh")),
          iterations: list(SAMPLE, "of -it, newest first"),
          milliseconds: list(SAMPLE, "of -ms, newest first"),
        },
        "with other_config:pmd-perf-metrics=true",
      ),
    ),
  }),
);

export function perfJson(pmds: readonly PerfShow[]): ValueOf<typeof PERF> {
  return pmds.map(({ counters, seconds, tscHz, metrics, ...thread }) => ({
    ...threadJson(thread),
    ...countersJson(counters),
    ...{ seconds, tsc_hz: Math.round(tscHz), upcall_cycles: counters.upcallCycles },
    idle_iterations: counters.idleIterations,
    busy_iterations: counters.busyIterations,
    sleep_iterations: counters.sleepIterations,
    sleep_us: Math.round((counters.sleepCycles * 1e6) / tscHz),
    metrics: metrics && metricsJson(metrics),
  }));
}

function metricsJson({ bins, iterations, milliseconds }: PerfMetrics) {
  return {
    histograms: bins && Object.fromEntries(bins.map((counts, at) => histogramJson(counts, at))),
    iterations: iterations.map(sampleJson),
    milliseconds: milliseconds.map(sampleJson),
  };
}

function histogramJson(counts: readonly number[], at: number) {
  const name: PerfHistogram = PERF_HISTOGRAMS[at]!;
  const bound = (bin: number) => (bin === PERF_BINS - 1 ? undefined : PERF_WALLS[name][bin]!);
  return [name, counts.map((count, bin) => ({ le: bound(bin), count }))] as const;
}

function sampleJson(sample: PerfSample): ValueOf<typeof SAMPLE> {
  const { timestamp, iterations, cycles, busy_cycles, packets } = sample;
  const { batches, upcalls, upcall_cycles, vhost_fill } = sample;
  return {
    ...{ timestamp, iterations, cycles, busy_cycles, packets },
    ...{ batches, upcalls, upcall_cycles, vhost_fill },
  };
}

export const SLEEP = object({
  default_max_us: integer(),
  pmds: list(object({ ...THREAD, max_us: integer() })),
});

export function sleepJson({ defaultUs, pmds }: SleepState): ValueOf<typeof SLEEP> {
  const threads = pmds.map((pmd) => ({ ...threadJson(pmd), max_us: pmd.maxUs }));
  return { default_max_us: defaultUs, pmds: threads };
}

const PERCENT = "percent";

function secondsOf(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}

const DECISION = object({
  age_s: integer(),
  outcome: word(["reassigned", "not overloaded", "not possible", "not worth it"]),
  reason: text(),
  assignment: text("algorithm"),
  load_threshold: integer(PERCENT),
  improvement_threshold: integer(PERCENT),
  pmds: list(
    object({
      ...THREAD,
      isolated: flag(),
      load: integer(PERCENT),
      overloaded_s: integer("without a break, up to then"),
    }),
  ),
  numas: list(
    object({
      numa_id: integer(),
      variance: integer(),
      estimated_variance: integer("after a reassignment"),
      improvement: integer(PERCENT),
    }),
  ),
});
export const AUTO_LB = object({
  enabled: flag(),
  interval_min: integer(),
  load_threshold: integer(PERCENT),
  improvement_threshold: integer(PERCENT),
  next_look_s: optional(integer("seconds until then; absent: not enabled, or only just")),
  decisions: list(DECISION, "oldest first"),
});

export function autoLbJson(state: AutoLbState): ValueOf<typeof AUTO_LB> {
  const { settings, decisions, nowMs, nextLookMs } = state;
  return {
    ...{ enabled: settings.enabled, interval_min: settings.intervalMinutes },
    load_threshold: settings.loadThreshold,
    improvement_threshold: settings.improvementThreshold,
    next_look_s: nextLookMs === undefined ? undefined : secondsOf(nextLookMs - nowMs),
    decisions: decisions.map((decision) => decisionJson(decision, nowMs)),
  };
}

function decisionJson(decision: Decision, nowMs: number): ValueOf<typeof DECISION> {
  const { settings, outcome, reason, algorithm, dryRun } = decision;
  return {
    ...{ age_s: secondsOf(nowMs - decision.atMs), outcome, reason, assignment: algorithm },
    load_threshold: settings.loadThreshold,
    improvement_threshold: settings.improvementThreshold,
    pmds: decision.pmds.map((pmd) => ({
      ...{ ...threadJson(pmd), isolated: pmd.isolated, load: pmd.load },
      overloaded_s: pmd.overloadedIntervals * 5,
    })),
    numas: (dryRun?.nodes ?? []).map((node) => ({
      ...{ numa_id: node.numaId, variance: node.currentVariance },
      ...{ estimated_variance: node.estimatedVariance, improvement: node.improvement },
    })),
  };
}

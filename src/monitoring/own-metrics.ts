// SPDX-License-Identifier: Apache-2.0
/** What only this switch can tell, beside whatever profile is chosen. Names and units are as
 * Prometheus advises. */
import { PERF_BINS, PERF_HISTOGRAMS, type PerfHistogram } from "../../pmd/shm/perf.js";
import type { PerfTotals } from "../../pmd/shm/perf-shm.js";
import { PERF_WALLS } from "../../pmd/stats/histogram.js";
import type { PmdInfo } from "../dpif/dpif.js";
import { family, type Metric, type Sample, single } from "./metric.js";
import type { PmdSnapshot } from "./snapshot.js";

const PMD_LABELS = ({ info }: PmdSnapshot) => ({ numa: info.numaId, cpu: info.coreId });
const pmd = family(({ pmds }) => pmds, PMD_LABELS);
const THREAD_LABELS = ({ coreId }: PmdInfo) => ({
  thread: coreId < 0 ? "main" : "pmd",
  cpu: coreId < 0 ? "" : coreId,
});
const thread = family(({ threads }) => threads, THREAD_LABELS);

/** A histogram of iterations, of which the thread counts the bins itself. */
function iterations(
  histogram: PerfHistogram,
  name: string,
  help: string,
  sumOf: (totals: PerfTotals) => number,
): Metric {
  const at = PERF_HISTOGRAMS.indexOf(histogram);
  return {
    ...{ name, help, type: "histogram" },
    *read({ pmds }): Iterable<Sample> {
      for (const each of pmds) {
        const bins = each.perf?.metrics?.bins?.[at];
        if (!bins) continue;
        const labels = PMD_LABELS(each);
        let count = 0;
        for (let bin = 0; bin < PERF_BINS; bin++) {
          count += bins[bin]!;
          const le = bin === PERF_BINS - 1 ? "+Inf" : PERF_WALLS[histogram][bin]!;
          yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
        }
        yield { metricName: `${name}_sum`, labels, value: sumOf(each.perf!.metrics!.totals) };
        yield { metricName: `${name}_count`, labels, value: count };
      }
    },
  };
}

export const OWN_METRICS: readonly Metric[] = [
  {
    ...{ name: "pollux_drops_total", type: "counter", help: "Packets lost, by reason" },
    *read({ threads }): Iterable<Sample> {
      for (const each of threads) {
        for (const [reason, value] of Object.entries(each.drops)) {
          yield { labels: { ...THREAD_LABELS(each), reason }, value };
        }
      }
    },
  },
  thread("pollux_parked_packets", "gauge", "Packets that wait for the control thread", (of) => {
    return of.parked;
  }),
  thread("pollux_thread_flows", "gauge", "Datapath flows of a thread", (of) => of.flows),
  thread("pollux_thread_masks", "gauge", "Tables of the tuple space", (of) => of.masks),
  thread("pollux_thread_restarts_total", "counter", "Times a thread died", (of) => of.restarts),
  pmd("pollux_pmd_busy_cycles_total", "counter", "TSC cycles with packets", ({ info }) => {
    return info.counters.busyCycles;
  }),
  pmd("pollux_pmd_idle_cycles_total", "counter", "TSC cycles without packets", ({ info }) => {
    return info.counters.idleCycles;
  }),
  pmd("pollux_pmd_sleep_cycles_total", "counter", "TSC cycles asleep", ({ info }) => {
    return info.counters.sleepCycles;
  }),
  pmd("pollux_pmd_upcall_cycles_total", "counter", "TSC cycles for misses", ({ info }) => {
    return info.counters.upcallCycles;
  }),
  pmd("pollux_pmd_subtable_lookups_total", "counter", "Tables that lookups went through", (of) => {
    return of.info.counters.subtableLookups;
  }),
  pmd("pollux_pmd_stalls_total", "counter", "Iterations over the limit", ({ stalls }) => {
    return stalls?.count;
  }),
  {
    name: "pollux_pmd_stall_seconds_total",
    type: "counter",
    help: "Duration of iterations over the limit, by whose fault it was",
    *read({ pmds }): Iterable<Sample> {
      for (const each of pmds) {
        for (const { side, cause, totalMs } of each.stalls?.causes ?? []) {
          yield { labels: { ...PMD_LABELS(each), side, cause }, value: totalMs / 1000 };
        }
      }
    },
  },
  iterations(
    "cycles",
    "pollux_pmd_iteration_cycles",
    "TSC cycles of an iteration (pmd-perf-metrics)",
    ({ cycles }) => cycles,
  ),
  iterations(
    "packets",
    "pollux_pmd_iteration_packets",
    "Packets of an iteration (pmd-perf-metrics)",
    ({ packets }) => packets,
  ),
  iterations(
    "packets_per_batch",
    "pollux_pmd_batch_packets",
    "Packets of a batch (pmd-perf-metrics)",
    ({ packets }) => packets,
  ),
  iterations(
    "vhost_fill",
    "pollux_pmd_vhost_queue_fill",
    "Descriptors in use of the fullest vhost queue (pmd-perf-metrics)",
    ({ vhost_fill }) => vhost_fill,
  ),
  single("pollux_upcalls_total", "counter", "Misses and packets of the slow path", (of) => {
    return of.slowpath?.upcalls;
  }),
  single("pollux_flow_limit", "gauge", "Datapath flows that may be installed", (of) => {
    return of.slowpath?.flowLimit;
  }),
  single("pollux_revalidation_seconds", "gauge", "Duration of the last pass", ({ slowpath }) => {
    return slowpath && slowpath.sweepMs / 1000;
  }),
  {
    name: "pollux_interface_error",
    type: "gauge",
    help: "1 for interfaces that do not work; the database has the reason",
    *read({ interfaces }): Iterable<Sample> {
      for (const { name, bridge, error } of interfaces) {
        yield { labels: { bridge, interface: name }, value: Number(error !== undefined) };
      }
    },
  },
];

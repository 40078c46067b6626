// SPDX-License-Identifier: Apache-2.0
/** What ovs_exporter of saeed-mcu adds to its ancestor: PMD threads, caches, drops. */
import type { PmdCounters } from "../../../pmd/stats/types.js";
import { type Metric, type Sample, single } from "../metric.js";
import type { PmdSnapshot, Snapshot } from "../snapshot.js";

function systemId({ root }: Snapshot): string {
  return root?.external_ids.get("system-id") ?? "";
}

/** A sample per PMD thread. */
function pmd(
  name: string,
  type: "counter" | "gauge",
  help: string,
  value: (of: PmdSnapshot) => number | undefined,
): Metric {
  return {
    ...{ name: `ovs_${name}`, type, help },
    *read(snapshot): Iterable<Sample> {
      const system_id = systemId(snapshot);
      for (const each of snapshot.pmds) {
        const { coreId, numaId } = each.info;
        const number = value(each);
        const labels = { system_id, pmd_id: coreId, numa_id: numaId, core_id: coreId };
        if (number !== undefined) yield { labels, value: number };
      }
    },
  };
}

function counter(name: string, help: string, value: (counters: PmdCounters) => number): Metric {
  return pmd(name, "counter", help, ({ info }) => value(info.counters));
}

/** A quotient; 0 where there is nothing to divide by. */
function ratio(
  name: string,
  help: string,
  part: (counters: PmdCounters) => number,
  whole: (counters: PmdCounters) => number,
): Metric {
  return pmd(name, "gauge", help, ({ info: { counters } }) => {
    const all = whole(counters);
    return all > 0 ? part(counters) / all : 0;
  });
}

function coverage(name: string, event: string, help: string): Metric {
  return single(`ovs_${name}`, "counter", help, ({ events }) => events.get(event) ?? 0);
}

const cycles = (c: PmdCounters): number => c.idleCycles + c.busyCycles;
const passes = (c: PmdCounters): number => c.packetsReceived + c.recirculations;
const iterations = (c: PmdCounters): number => c.idleIterations + c.busyIterations;

export const OVS_EXPORTER_PMD: readonly Metric[] = [
  ratio("pmd_cpu_utilization_ratio", "Busy cycles of all", (c) => c.busyCycles, cycles),
  counter("pmd_iterations_total", "Iterations", iterations),
  counter("pmd_sleep_iterations_total", "Iterations that slept", (c) => c.sleepIterations),
  counter("pmd_busy_cycles_total", "TSC cycles with packets", (c) => c.busyCycles),
  counter("pmd_idle_cycles_total", "TSC cycles without packets", (c) => c.idleCycles),
  ratio("pmd_cycles_per_iteration", "TSC cycles", cycles, iterations),
  ratio("pmd_packets_per_iteration", "Packets", (c) => c.packetsReceived, iterations),
  ratio(
    "pmd_cycles_per_packet",
    "TSC cycles",
    (c) => c.busyCycles,
    (c) => c.packetsReceived,
  ),
  ratio(
    "pmd_packets_per_batch",
    "Packets",
    (c) => c.outputPackets,
    (c) => c.outputBatches,
  ),
  counter("pmd_rx_packets_total", "Packets received", (c) => c.packetsReceived),
  counter("pmd_tx_packets_total", "Packets sent", (c) => c.outputPackets),
  counter("pmd_tx_batches_total", "Batches sent", (c) => c.outputBatches),
  counter("pmd_upcalls_total", "Misses answered", (c) => c.upcallsSucceeded),
  counter("pmd_upcall_cycles_total", "TSC cycles for misses", (c) => c.upcallCycles),
  counter("pmd_lost_total", "Misses lost", (c) => c.upcallsFailed),
  pmd("pmd_suspicious_iterations_total", "counter", "Iterations that took too long", (of) => {
    return of.stalls?.count ?? 0;
  }),
  pmd("pmd_avg_vhost_queue_length", "gauge", "Descriptors (pmd-perf-metrics)", ({ perf }) => {
    const totals = perf?.metrics?.totals;
    return totals && totals.iterations > 0 ? totals.vhost_fill / totals.iterations : 0;
  }),
  ratio("flow_cache_emc_hit_ratio", "Hits of all passes", (c) => c.emcHits, passes),
  ratio("flow_cache_smc_hit_ratio", "Hits of all passes", (c) => c.smcHits, passes),
  ratio("flow_cache_megaflow_hit_ratio", "Hits of all passes", (c) => c.megaflowHits, passes),
  counter("flow_cache_emc_hits_total", "Passes", (c) => c.emcHits),
  counter("flow_cache_smc_hits_total", "Passes", (c) => c.smcHits),
  counter("flow_cache_megaflow_hits_total", "Passes", (c) => c.megaflowHits),
  counter("flow_cache_megaflow_misses_total", "Passes", (c) => c.upcallsSucceeded),
  counter("flow_cache_lookups_total", "Passes", passes),
  {
    ...{ name: "ovs_datapath_drops_total", type: "counter", help: "Packets lost, by reason" },
    *read(snapshot): Iterable<Sample> {
      const system_id = systemId(snapshot);
      const sums = new Map<string, number>();
      for (const { drops } of snapshot.threads) {
        for (const [reason, count] of Object.entries(drops)) {
          sums.set(reason, (sums.get(reason) ?? 0) + count);
        }
      }
      for (const [drop_reason, value] of sums) yield { labels: { system_id, drop_reason }, value };
    },
  },
  single("ovs_vhost_tx_retries_total", "counter", "Attempts to send again", ({ interfaces }) =>
    interfaces.reduce((sum, { statistics }) => sum + (statistics.ovs_tx_retries ?? 0), 0),
  ),
  coverage("vhost_tx_contention_total", "vhost_tx_contention", "Waits for a shared queue"),
  coverage("vhost_tx_irqs_total", "vhost_notification", "Notifications of guests"),
];

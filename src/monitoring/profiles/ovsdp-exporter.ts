// SPDX-License-Identifier: Apache-2.0
/** The names of ovsdp-exporter (coreweave): sums over all threads. */
import { DROP_REASONS } from "../../../pmd/shm/drop-reasons.js";
import type { PmdCounters } from "../../../pmd/stats/types.js";
import { COVERAGE_NAMES } from "../coverage-names.js";
import { type Metric, single } from "../metric.js";
import type { Snapshot } from "../snapshot.js";

function sum({ threads }: Snapshot, value: (counters: PmdCounters) => number): number {
  return threads.reduce((total, { counters }) => total + value(counters), 0);
}

function counter(name: string, help: string, value: (counters: PmdCounters) => number): Metric {
  return single(`ovsdp_${name}`, "counter", help, (snapshot) => sum(snapshot, value));
}

/** Counters of coverage that it takes over: drops, and those of devices and of the flow limit. */
const TAKEN = /^(datapath_drop_|drop_action_|netdev_.*_drops$|upcall_flow_limit_)/;
const EVENTS = [...new Set([...COVERAGE_NAMES, ...DROP_REASONS])].filter((name) =>
  TAKEN.test(name),
);

export const OVSDP_EXPORTER: readonly Metric[] = [
  counter("miss_with_success_upcall", "Misses answered", (c) => c.upcallsSucceeded),
  counter("miss_with_failed_upcall", "Misses lost", (c) => c.upcallsFailed),
  counter("processing_cycles", "TSC cycles with packets", (c) => c.busyCycles),
  counter("idle_cycles", "TSC cycles without packets", (c) => c.idleCycles),
  single("ovsdp_avg_subtable_lookups_megaflow", "gauge", "Tables per megaflow hit", (snapshot) => {
    const hits = sum(snapshot, (c) => c.megaflowHits);
    return hits === 0 ? 0 : sum(snapshot, (c) => c.subtableLookups) / hits;
  }),
  ...EVENTS.map((name) =>
    single(`ovsdp_${name}`, "counter", `${name} of coverage`, ({ events }) => {
      return events.get(name) ?? 0;
    }),
  ),
];

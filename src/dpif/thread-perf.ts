// SPDX-License-Identifier: Apache-2.0
/** What a thread measured of its iterations since the last `pmd-stats-clear`. */
import { PERF_HISTOGRAMS, PERF_SAMPLE } from "../../pmd/shm/perf.js";
import type { PerfSample, PerfShm, PerfTotals } from "../../pmd/shm/perf-shm.js";
import { PERF_WALLS } from "../../pmd/stats/histogram.js";
import type { PerfMetrics } from "../../pmd/stats/perf-show.js";
import type { PerfLengths } from "./pmd-operations.js";

interface Baseline {
  readonly atMs: number;
  readonly bins: readonly (readonly number[])[];
  readonly totals: PerfTotals;
  readonly iterations: number;
  readonly milliseconds: number;
}

export class ThreadPerf {
  private baseline: Baseline;

  constructor(readonly shm: PerfShm) {
    shm.setWalls(PERF_HISTOGRAMS.map((name) => PERF_WALLS[name]));
    this.baseline = this.reading();
  }

  /** Seconds since the last `clear`. */
  get seconds(): number {
    return (performance.now() - this.baseline.atMs) / 1000;
  }

  clear(): void {
    this.baseline = this.reading();
  }

  metrics(lengths: PerfLengths): PerfMetrics {
    const { shm, baseline } = this;
    const bins = lengths.histograms
      ? shm.bins().map((each, i) => each.map((count, bin) => count - baseline.bins[i]![bin]!))
      : undefined;
    const totals = shm.totals();
    for (const key of Object.keys(totals) as (keyof PerfTotals)[]) {
      totals[key] -= baseline.totals[key];
    }
    return {
      ...{ bins, totals },
      iterations: this.history("iterations", lengths.iterations),
      milliseconds: this.history("milliseconds", lengths.milliseconds),
    };
  }

  /** `count` samples; zeros for those before the last `clear`. */
  private history(of: "iterations" | "milliseconds", count: number): PerfSample[] {
    const since = this.shm[of] - this.baseline[of];
    const samples = this.shm.history(of, Math.min(count, since));
    return Array.from({ length: count }, (_, i) => samples[i] ?? emptySample());
  }

  private reading(): Baseline {
    const { shm } = this;
    return {
      atMs: performance.now(),
      ...{ bins: shm.bins(), totals: shm.totals() },
      ...{ iterations: shm.iterations, milliseconds: shm.milliseconds },
    };
  }
}

function emptySample(): PerfSample {
  return Object.fromEntries(Object.keys(PERF_SAMPLE.fields).map((key) => [key, 0])) as PerfSample;
}

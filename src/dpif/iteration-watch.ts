// SPDX-License-Identifier: Apache-2.0
/** `pmd-perf-log-set`: iterations that took too long, or found a vhost queue full, in the log with
 * what was around them. The threads find them; this writes them down. */
import { SUSPICION } from "../../pmd/shm/perf.js";
import type { PerfEvent } from "../../pmd/shm/perf-shm.js";
import { iterationHistory } from "../../pmd/stats/perf-show.js";
import type { DpifLog } from "./log.js";
import type { PacketThread } from "./packet-thread.js";
import type { PerfLogSettings } from "./pmd-operations.js";

const DEFAULT_BEFORE = 5;
const DEFAULT_AFTER = 5;
/** Logging more than this at once disturbs what is measured: then the defaults come back. */
const CALM_SAMPLES = 100;

export class IterationWatch {
  settings: PerfLogSettings = {
    ...{ enabled: false, before: DEFAULT_BEFORE, after: DEFAULT_AFTER, extend: false },
    ...{ us: 250, fill: 128 },
  };

  constructor(
    private readonly log: DpifLog,
    private readonly pmds: () => readonly PacketThread[],
    private readonly tscHz: () => number,
  ) {}

  set(settings: PerfLogSettings): void {
    this.settings = settings;
    const { enabled, before, after, extend, us, fill } = settings;
    const text =
      `pmd-perf-log-set: ${enabled ? "on" : "off"}, before=${before}, after=${after}, ` +
      `extend=${extend}, us_thr=${us}, q_thr=${fill}`;
    this.log("pmd_perf", "info", text);
    for (const pmd of this.pmds()) this.tune(pmd);
  }

  tune({ perf }: PacketThread): void {
    const { enabled, before, after, extend, us, fill } = this.settings;
    const cycleThreshold = (us * this.tscHz()) / 1e6;
    perf.shm.setLogThresholds({
      ...{ enabled, before, after, extend },
      ...{ cycleThreshold, fillThreshold: fill },
    });
  }

  /** Logs what the threads have found since the last call. */
  report(): void {
    for (const { perf } of this.pmds()) {
      const found = perf.shm.takeSnapshot();
      if (!found) continue;
      for (const event of found.events) this.log("pmd_perf", "warn", this.describe(event));
      const around = iterationHistory(found.samples);
      this.log("pmd_perf", "warn", `Neighborhood of suspicious iteration:\n${around}`);
      if (found.samples.length > CALM_SAMPLES) this.calm();
    }
  }

  private calm(): void {
    this.set({
      ...this.settings,
      ...{ before: DEFAULT_BEFORE, after: DEFAULT_AFTER, extend: false },
    });
  }

  private describe({ iteration, cycles, reason }: PerfEvent): string {
    const why = reason === SUSPICION.CYCLES ? "Excessive total cycles" : "Vhost RX queue full";
    const us = Math.floor((cycles * 1e6) / this.tscHz());
    return `Suspicious iteration (${why}): iter=${iteration} duration=${us} us`;
  }
}

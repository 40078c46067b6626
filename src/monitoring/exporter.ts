// SPDX-License-Identifier: Apache-2.0
/** The text of `/metrics`. */
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { type Metric, SnapshotMetric } from "./metric.js";
import { OWN_METRICS } from "./own-metrics.js";
import { type Snapshot, takeSnapshot } from "./snapshot.js";

/** How long a scrape may hold the control thread before misses get their turn. */
const SLICE_MS = 1;

/** Node's own metrics. They live as long as the process: their observers cannot be stopped. */
let processRegistry: Registry | undefined;

function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

/** Lets the event loop run when a slice of time is over. */
class Slices {
  #begin = performance.now();
  /** Time that was spent in slices, milliseconds. */
  spentMs = 0;

  pause(): Promise<void> | undefined {
    if (performance.now() - this.#begin < SLICE_MS) return undefined;
    this.end();
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#begin = performance.now();
        resolve();
      });
    });
  }

  end(): void {
    this.spentMs += performance.now() - this.#begin;
  }
}

export class Exporter {
  readonly #registry = new Registry();
  readonly #cost: Histogram;
  #snapshot: Snapshot | undefined;
  #running: Promise<string> | undefined;

  /** Of several metrics of one name the first one counts. */
  constructor(
    private readonly manager: BridgeManager,
    metrics: readonly Metric[],
  ) {
    const known = new Set<string>();
    for (const metric of [...metrics, ...OWN_METRICS]) {
      if (known.has(metric.name)) continue;
      known.add(metric.name);
      this.#registry.registerMetric(new SnapshotMetric(metric, () => this.#snapshot!));
    }
    this.#cost = new Histogram({
      name: "pollux_scrape_seconds",
      help: "Time of the control thread that scrapes before this one took",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
      registers: [this.#registry],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Whoever asks while a collection is running gets its result. */
  text(): Promise<string> {
    this.#running ??= this.#collect().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #collect(): Promise<string> {
    const slices = new Slices();
    this.#snapshot = await takeSnapshot(this.manager, () => slices.pause());
    const parts: string[] = [];
    for (const registry of [this.#registry, processMetrics()]) {
      for (const { name } of registry.getMetricsAsArray()) {
        parts.push(await registry.getSingleMetricAsString(name));
        await slices.pause();
      }
    }
    this.#snapshot = undefined;
    slices.end();
    this.#cost.observe(slices.spentMs / 1000);
    return `${parts.join("\n")}\n`;
  }
}

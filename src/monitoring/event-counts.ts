// SPDX-License-Identifier: Apache-2.0
/** How often things happened since the start, and how often lately: what `coverage/show` and the
 * metrics tell. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Clock } from "../lib/clock.js";

export type Counts = ReadonlyMap<string, number>;

/** Everything that is counted now, under the stock daemon's names where it has them. */
export function countEvents({ bridges, datapath, passes }: BridgeManager): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (name: string, count: number): void => {
    counts.set(name, (counts.get(name) ?? 0) + count);
  };
  add("bridge_reconfigure", passes);
  for (const { xbridge } of bridges.values()) {
    const { learned, expired, evicted, moved } = xbridge.macLearning.stats;
    add("mac_learning_learned", learned);
    add("mac_learning_expired", expired);
    add("mac_learning_evicted", evicted);
    add("mac_learning_moved", moved);
  }
  if (!datapath) return counts;
  add("xlate_actions", datapath.slowpath.stats().upcalls);
  for (const { counters, drops, restarts } of datapath.dpif.pmds()) {
    add("netdev_received", counters.packetsReceived);
    add("netdev_sent", counters.outputPackets);
    add("pmd_restart", restarts);
    for (const [reason, packets] of Object.entries(drops)) add(reason, packets);
  }
  return counts;
}

const STEP_MS = 5000;
export const MINUTE_STEPS = 12;
export const HOUR_STEPS = 720;

/** Keeps a reading every five seconds for an hour. */
export class EventHistory {
  /** Oldest first. */
  readonly #readings: Counts[] = [];

  constructor(
    private readonly manager: BridgeManager,
    clock: Clock,
  ) {
    const sample = (): void => {
      this.#readings.push(countEvents(this.manager));
      if (this.#readings.length > HOUR_STEPS + 1) this.#readings.shift();
      clock.after(STEP_MS, sample);
    };
    sample();
  }

  /** Events per second in the last `steps` whole steps. */
  rate(name: string, steps: number): number {
    const last = this.#readings.at(-1);
    const first = this.#readings.at(-1 - steps) ?? this.#readings[0];
    const events = (last?.get(name) ?? 0) - (first?.get(name) ?? 0);
    return Math.max(0, events) / ((steps * STEP_MS) / 1000);
  }
}

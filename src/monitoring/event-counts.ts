// SPDX-License-Identifier: Apache-2.0
/** How often things happened since the start, and how often lately: what `coverage/show` and the
 * metrics tell. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Clock } from "../lib/clock.js";
import { eventCounters } from "../lib/events.js";

export type Counts = ReadonlyMap<string, number>;

/** Sums of counters that begin anew now and then: of a thread whose statistics are cleared, of a
 * bridge that goes. */
class GrowingTotals {
  readonly #totals = new Map<string, number>();
  #last = new Map<string, number>();
  #now = new Map<string, number>();

  /** A source says that it has counted so much. */
  add(source: string, name: string, count: number): void {
    const key = `${source} ${name}`;
    const last = this.#last.get(key) ?? 0;
    const more = count >= last ? count - last : count;
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + more);
    this.#now.set(key, count);
  }

  /** All sources have spoken; those that did not are gone. */
  finish(): Map<string, number> {
    this.#last = this.#now;
    this.#now = new Map();
    return new Map(this.#totals);
  }
}

const totals = new WeakMap<BridgeManager, GrowingTotals>();

/** Everything that is counted, since the start, under the stock daemon's names where it has them.
 * To be called before counters are cleared, too. */
export function countEvents(manager: BridgeManager): Map<string, number> {
  const { bridges, datapath, passes } = manager;
  const sums = totals.get(manager) ?? new GrowingTotals();
  totals.set(manager, sums);
  sums.add("", "bridge_reconfigure", passes);
  for (const { name, count } of eventCounters()) sums.add("", name, count);
  for (const { row, xbridge } of bridges.values()) {
    const { learned, expired, evicted, moved } = xbridge.macLearning.stats;
    sums.add(row._uuid, "mac_learning_learned", learned);
    sums.add(row._uuid, "mac_learning_expired", expired);
    sums.add(row._uuid, "mac_learning_evicted", evicted);
    sums.add(row._uuid, "mac_learning_moved", moved);
  }
  if (!datapath) return sums.finish();
  sums.add("", "xlate_actions", datapath.slowpath.stats().upcalls);
  for (const { coreId, counters, drops, restarts } of datapath.dpif.pmds()) {
    const thread = `core ${coreId}`;
    sums.add(thread, "netdev_received", counters.packetsReceived);
    sums.add(thread, "netdev_sent", counters.outputPackets);
    sums.add(thread, "pmd_restart", restarts);
    for (const [reason, packets] of Object.entries(drops)) sums.add(thread, reason, packets);
  }
  return sums.finish();
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

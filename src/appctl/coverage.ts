// SPDX-License-Identifier: Apache-2.0
/** `coverage/show`: how often things happened, and how often lately. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { type Clock, systemClock } from "../lib/clock.js";
import { type Command, CommandError } from "./command.js";

type Counts = ReadonlyMap<string, number>;

/** Everything that is counted now, under the stock daemon's names where it has them. */
function countEvents({ bridges, datapath, passes }: BridgeManager): Map<string, number> {
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
const MINUTE_STEPS = 12;
const HOUR_STEPS = 720;

/** Keeps a reading every five seconds for an hour. */
class CoverageHistory {
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

/** A number that tells sets of events apart, so that logs need not repeat them. */
function hashOf(counts: Counts): string {
  let hash = 0x811c9dc5;
  for (const [name, count] of counts) {
    if (count === 0) continue;
    for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
    hash = Math.imul(hash ^ Math.floor(Math.log2(count)), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function show(manager: BridgeManager, history: CoverageHistory): string {
  const counts = countEvents(manager);
  const lines = [
    "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  " +
      `hash=${hashOf(counts)}:\n`,
  ];
  let never = 0;
  for (const [name, total] of counts) {
    if (total === 0) {
      never++;
      continue;
    }
    const five = history.rate(name, 1).toFixed(1).padStart(5);
    const minute = history.rate(name, MINUTE_STEPS).toFixed(3).padStart(9);
    const hour = history.rate(name, HOUR_STEPS).toFixed(4).padStart(13);
    lines.push(`${name.padEnd(24)} ${five}/sec ${minute}/sec ${hour}/sec   total: ${total}\n`);
  }
  lines.push(`${never} events never hit\n`);
  return lines.join("");
}

export function coverageCommands(manager: BridgeManager): Command[] {
  const history = new CoverageHistory(manager, systemClock);
  return [
    {
      name: "coverage/show",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => show(manager, history),
    },
    {
      name: "coverage/read-counter",
      usage: "COUNTER",
      minArgs: 1,
      maxArgs: 1,
      run: ([name]) => {
        const count = countEvents(manager).get(name!);
        if (count === undefined) throw new CommandError("No such counter");
        return `${count}\n`;
      },
    },
  ];
}

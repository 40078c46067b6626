// SPDX-License-Identifier: Apache-2.0
/** `coverage/show`: how often things happened, and how often lately. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { systemClock } from "../lib/clock.js";
import {
  type Counts,
  countEvents,
  EventHistory,
  HOUR_STEPS,
  MINUTE_STEPS,
} from "../monitoring/event-counts.js";
import { type Command, CommandError, structured } from "./command.js";
import { integer, object, real, table } from "./schema.js";

interface EventRates {
  readonly total: number;
  /** Per second over the last 5 seconds, the last minute, the last hour. */
  readonly rate_5s: number;
  readonly rate_1m: number;
  readonly rate_1h: number;
}

const RATES = object({
  total: integer("since the start"),
  rate_5s: real("per second over the last 5 seconds"),
  rate_1m: real("per second over the last minute"),
  rate_1h: real("per second over the last hour"),
});

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

function rates(manager: BridgeManager, history: EventHistory): Map<string, EventRates> {
  const events = new Map<string, EventRates>();
  for (const [name, total] of countEvents(manager)) {
    const rate = (steps: number) => (total === 0 ? 0 : history.rate(name, steps));
    const [rate_5s, rate_1m, rate_1h] = [rate(1), rate(MINUTE_STEPS), rate(HOUR_STEPS)];
    events.set(name, { total, rate_5s, rate_1m, rate_1h });
  }
  return events;
}

function showText(events: ReadonlyMap<string, EventRates>): string {
  const totals = new Map([...events].map(([name, { total }]) => [name, total]));
  const lines = [
    "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  " +
      `hash=${hashOf(totals)}:\n`,
  ];
  const hit = [...events].filter(([, { total }]) => total > 0);
  for (const [name, { total, rate_5s, rate_1m, rate_1h }] of hit) {
    const five = rate_5s.toFixed(1).padStart(5);
    const minute = rate_1m.toFixed(3).padStart(9);
    const hour = rate_1h.toFixed(4).padStart(13);
    lines.push(`${name.padEnd(24)} ${five}/sec ${minute}/sec ${hour}/sec   total: ${total}\n`);
  }
  lines.push(`${events.size - hit.length} events never hit\n`);
  return lines.join("");
}

export function coverageCommands(manager: BridgeManager): Command[] {
  const history = new EventHistory(manager, systemClock);
  return [
    structured({
      ...{ name: "coverage/show", usage: "", minArgs: 0, maxArgs: 0 },
      schema: table(RATES, "events by name, those that never happened included"),
      read: () => rates(manager, history),
      text: showText,
      json: (events) => Object.fromEntries(events),
    }),
    structured({
      ...{ name: "coverage/read-counter", usage: "COUNTER", minArgs: 1, maxArgs: 1 },
      schema: object({ total: integer("since the start") }),
      read: ([name]) => {
        const total = countEvents(manager).get(name!);
        if (total === undefined) throw new CommandError("No such counter");
        return { total };
      },
      text: ({ total }) => `${total}\n`,
      json: (counter) => counter,
    }),
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** `dpif-netdev/pmd-top`, our own: what PMDs do, or did at some moment of the last hour. */
import { TOP_CACHES, type TopFrame, topFrame } from "../../pmd/stats/top.js";
import { drawTop } from "../../pmd/stats/top-text.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { systemClock } from "../lib/clock.js";
import { PmdHistory, takeReading } from "../monitoring/pmd-history.js";
import { type Command, CommandError, structured } from "./command.js";
import {
  either,
  flag,
  integer,
  list,
  nothing,
  object,
  real,
  table,
  text,
  type ValueOf,
} from "./schema.js";

const THREAD = object({
  core: integer("-1: the thread that serves kernel devices"),
  ...{ numa: integer(), isolated: flag() },
  busy: either(real("percent of its cycles"), nothing()),
  ...{ rx_per_s: real(), tx_per_s: real() },
  cycles_per_packet: either(real("of busy iterations"), nothing("no packets")),
  caches: table(real("percent of passes"), "where passes of packets ended"),
  ...{ flows: integer(), masks: integer(), parked: integer("packets"), restarts: integer() },
  ...{ host_stalls: integer(), switch_stalls: integer(), stuck_ms: real(), last_stall: text() },
  involuntary_switches_per_s: real(),
  rxqs: list(
    object({
      ...{ port: text(), queue: integer(), enabled: flag() },
      load: either(real("percent of the core, last 5 s"), nothing("not measured yet")),
    }),
  ),
});

const TOP = object({
  at_ms: real("since the epoch"),
  seconds: real("over which rates were taken"),
  oldest_ms: real("how far back at=MS may go"),
  threads: list(THREAD),
  drops: list(object({ reason: text(), per_s: real(), total: integer() })),
});

function topValue(frame: TopFrame, oldestMs: number): ValueOf<typeof TOP> {
  return {
    ...{ at_ms: frame.atMs, seconds: frame.seconds, oldest_ms: oldestMs },
    threads: frame.threads.map((thread) => ({
      ...{ core: thread.coreId, numa: thread.numaId, isolated: thread.isolated },
      ...{ busy: thread.busy ?? null, rx_per_s: thread.rx, tx_per_s: thread.tx },
      cycles_per_packet: thread.cyclesPerPacket ?? null,
      caches: Object.fromEntries(TOP_CACHES.map((name, i) => [name, thread.caches[i]!])),
      ...{ flows: thread.flows, masks: thread.masks, parked: thread.parked },
      ...{ restarts: thread.restarts, host_stalls: thread.hostStalls },
      ...{ switch_stalls: thread.switchStalls, stuck_ms: thread.stuckMs },
      last_stall: thread.lastStall,
      involuntary_switches_per_s: thread.involuntarySwitches,
      rxqs: thread.rxqs.map(({ port, queue, enabled, usagePercent }) => ({
        ...{ port, queue, enabled, load: usagePercent ?? null },
      })),
    })),
    drops: frame.drops.map(({ reason, perSecond, total }) => ({
      ...{ reason, per_s: perSecond, total },
    })),
  };
}

export function pmdTopCommands(manager: BridgeManager): Command[] {
  const history = new PmdHistory(() => {
    const dpif = manager.datapath?.dpif;
    return dpif && takeReading(dpif, systemClock);
  }, systemClock);
  return [
    structured({
      ...{ name: "dpif-netdev/pmd-top", usage: "[at=MS]", minArgs: 0, maxArgs: 1, schema: TOP },
      read: ([at]) => {
        const [, ms] = /^at=(\d{1,15})$/.exec(at ?? "") ?? [];
        if (at !== undefined && ms === undefined) throw new CommandError(`${at}: not at=MS`);
        const pair = history.pair(ms === undefined ? undefined : Number(ms));
        if (!pair) throw new CommandError("nothing has been measured yet; try again in a second");
        return { frame: topFrame(pair.older, pair.newer), oldestMs: pair.oldestMs };
      },
      text: ({ frame, oldestMs }) => drawTop(frame, oldestMs),
      json: ({ frame, oldestMs }) => topValue(frame, oldestMs),
    }),
  ];
}

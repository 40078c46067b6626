// SPDX-License-Identifier: Apache-2.0
/** `dpif-netdev/pmd-stall-show`, our own: iterations that took too long, and whose fault it was. */
import { type StallState, stallShow } from "../../pmd/stats/stalls.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { systemClock } from "../lib/clock.js";
import { type Command, structured } from "./command.js";
import { parsePmdArguments } from "./dpif-netdev.js";
import { integer, list, object, real, text, type ValueOf, word } from "./schema.js";

const SIDE = word(["host", "switch"], "whose fault");

export const STALLS = object({
  limit_us: integer("iterations of at least so long are stalls; 0: nobody looks"),
  count: integer(),
  causes: list(
    object({
      ...{ side: SIDE, cause: text(), count: integer(), total_ms: real(), longest_ms: real() },
    }),
    "most frequent first",
  ),
  recent: list(
    object({
      ...{ age_ms: integer(), side: SIDE, cause: text(), duration_ms: real() },
      off_cpu_ms: real("of the duration, when the thread was not on its core"),
      involuntary_switches: integer(),
    }),
    "oldest first",
  ),
  stuck_ms: real("no iteration has ended for so long; 0: it has"),
  involuntary_switches: integer("since the thread began"),
  waited_ms: real("ready to run, but not running, since the thread began"),
  steal_ms: real("taken from the core by a hypervisor, since the thread is watched"),
});

/** @param nowMs of the clock of the stalls. */
export function stallValue(pmd: StallState, nowMs: number): ValueOf<typeof STALLS> {
  return {
    ...{ limit_us: pmd.limitUs, count: pmd.count },
    causes: pmd.causes.map(({ side, cause, count, totalMs, longestMs }) => ({
      ...{ side, cause, count, total_ms: totalMs, longest_ms: longestMs },
    })),
    recent: pmd.recent.map((stall) => ({
      ...{ age_ms: Math.max(0, Math.round(nowMs - stall.atMs)), side: stall.side },
      ...{ cause: stall.cause, duration_ms: stall.durationMs, off_cpu_ms: stall.offCpuMs },
      involuntary_switches: stall.involuntarySwitches,
    })),
    ...{ stuck_ms: pmd.stuckMs, involuntary_switches: pmd.involuntarySwitches },
    ...{ waited_ms: pmd.waitedMs, steal_ms: pmd.stealMs },
  };
}

export function pmdStallCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpif-netdev/pmd-stall-show", usage: "[-pmd core] [dp]", minArgs: 0, maxArgs: 3 },
      schema: list(
        object({ core: integer(), numa: integer(), stalls: STALLS }),
        "PMDs in order of core",
      ),
      read: (args) => {
        const { dpif, core } = parsePmdArguments(manager, args);
        const all = dpif.pmdControl.stalls();
        const pmds = all.filter(({ coreId }) => core === undefined || coreId === core);
        return { pmds, nowMs: systemClock.now() };
      },
      text: ({ pmds, nowMs }) => stallShow(pmds, nowMs),
      json: ({ pmds, nowMs }) =>
        pmds.map((pmd) => ({
          ...{ core: pmd.coreId, numa: pmd.numaId, stalls: stallValue(pmd, nowMs) },
        })),
    }),
  ];
}

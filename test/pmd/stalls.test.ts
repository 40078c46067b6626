// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, test } from "vitest";
import { STALL_STEP, type StallRecord } from "../../pmd/shm/stalls.js";
import {
  judgeStall,
  STALLS_SHOWN,
  StallTally,
  stallShow,
  stallStep,
} from "../../pmd/stats/stalls.js";
import { coreSums } from "../../src/dpif/proc-times.js";

const MS = 1e6;
const CALM = { stealMs: 0, interruptMs: 0 };

/** Ten milliseconds, on the core all the time. */
function stall(values: Partial<StallRecord> = {}): StallRecord {
  return {
    ...{ iteration: 7, at_ms: 1000, duration_ns: 10 * MS, off_cpu_ns: 0, step_ns: 9 * MS, step: 0 },
    ...{ involuntary_switches: 0, voluntary_switches: 0, major_faults: 0, minor_faults: 0 },
    ...values,
  };
}

describe("whose fault a stall was", () => {
  it.each([
    ["preempted", { off_cpu_ns: 9 * MS, involuntary_switches: 1 }, CALM, "host", "another task"],
    ["paged out", { off_cpu_ns: 9 * MS, major_faults: 1 }, CALM, "host", "a page"],
    ["blocked", { off_cpu_ns: 9 * MS, voluntary_switches: 1 }, CALM, "switch", "blocked in q"],
    ["stolen, seen by the thread's clock", { off_cpu_ns: 6 * MS }, CALM, "host", "taken away"],
    ["stolen, seen by the core's", {}, { stealMs: 10, interruptMs: 0 }, "host", "taken away"],
    ["interrupts", {}, { stealMs: 0, interruptMs: 10 }, "host", "interrupts"],
    ["a little preemption", { off_cpu_ns: MS, involuntary_switches: 1 }, CALM, "switch", "q"],
    ["new pages", { minor_faults: 30_000 }, CALM, "switch", "first use of memory by q"],
    ["long steps", {}, CALM, "switch", "q"],
  ] as const)("%s", (_name, values, core, side, cause) => {
    const verdict = judgeStall(stall(values), "q", core);
    expect(verdict.side).toBe(side);
    expect(verdict.cause).toContain(cause);
  });

  it("names the step", () => {
    const rxqs = new Map([[3, "p0/1"]]);
    expect(stallStep(3, rxqs)).toBe("rx queue p0/1");
    expect(stallStep(4, rxqs)).toBe("a queue that has gone");
    expect(stallStep(STALL_STEP.COMMANDS, rxqs)).toContain("commands");
    expect(stallStep(STALL_STEP.OTHER, rxqs)).toContain("without packets");
  });
});

describe("the tally", () => {
  const tally = new StallTally();
  const host = { side: "host", cause: "interrupts" } as const;
  for (let i = 0; i < STALLS_SHOWN + 5; i++) tally.add(stall({ at_ms: i * 1000 }), host);
  tally.add(stall({ duration_ns: 2 * MS, at_ms: 50_000 }), { side: "switch", cause: "q" });
  tally.addUnknown(3);
  tally.addUnknown(0);
  const state = tally.state();

  it("counts by cause and keeps the last ones", () => {
    expect(state.count).toBe(STALLS_SHOWN + 9);
    expect(state.causes.map(({ cause, count }) => [cause, count])).toEqual([
      ["interrupts", STALLS_SHOWN + 5],
      ["too many to look at", 3],
      ["q", 1],
    ]);
    expect(state.causes[0]).toMatchObject({ totalMs: 250, longestMs: 10 });
    expect(state.recent).toHaveLength(STALLS_SHOWN);
    expect(state.recent.at(-1)).toMatchObject({ cause: "q", atMs: 50_000, durationMs: 2 });
  });

  it("is shown", () => {
    const pmd = {
      ...{ coreId: 1, numaId: 0, limitUs: 1000, ...state, stuckMs: 2000 },
      ...{ involuntarySwitches: 4, waitedMs: 12.34, stealMs: 10 },
    };
    expect(stallShow([pmd], 53_000)).toBe(
      "pmd thread numa_id 0 core_id 1:\n" +
        "  stalls: 29 (iterations over 1000 us)\n" +
        "    host: interrupts: 25, 250.0 ms in all, longest 10.0 ms\n" +
        "    switch: too many to look at: 3, 0.0 ms in all, longest 0.0 ms\n" +
        "    switch: q: 1, 2.0 ms in all, longest 2.0 ms\n" +
        "  stuck: no iteration has ended for 2000.0 ms\n" +
        "  involuntary context switches: 4\n" +
        "  waited for the core: 12.3 ms\n" +
        "  steal: 10.0 ms\n" +
        "  last: 3 s ago, 2.0 ms, 0.0 ms off the core, switch: q\n",
    );
  });
});

test("steal and interrupts of a core, from /proc/stat", () => {
  const stat =
    "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu11 0 0 0 0 0 0 1 2\nintr 5\n";
  expect([...coreSums(stat)]).toEqual([
    [0, { interruptMs: 130, stealMs: 80 }],
    [11, { interruptMs: 10, stealMs: 20 }],
  ]);
});

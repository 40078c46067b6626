// SPDX-License-Identifier: Apache-2.0
/** The expected texts were printed by the stock daemon 3.1 for these sums. */
import { describe, expect, test } from "vitest";
import { rxqShow } from "../../pmd/stats/rxq-show.js";
import { statsShow } from "../../pmd/stats/stats-show.js";
import { countersSince, type PmdCounters } from "../../pmd/stats/types.js";
import { UsageHistory, usageWindow } from "../../pmd/stats/usage-history.js";

const none: PmdCounters = {
  ...{ packetsReceived: 0, recirculations: 0, phwolHits: 0, mfexOptHits: 0, simpleMatchHits: 0 },
  ...{ emcHits: 0, smcHits: 0, megaflowHits: 0, subtableLookups: 0, upcallsSucceeded: 0 },
  ...{ upcallsFailed: 0, outputBatches: 0, outputPackets: 0, idleCycles: 0, busyCycles: 0 },
  ...{ idleIterations: 0, busyIterations: 0, sleepIterations: 0, sleepCycles: 0, upcallCycles: 0 },
};

describe("pmd-stats-show", () => {
  test("a PMD", () => {
    const counters = {
      ...none,
      ...{ packetsReceived: 987955969, emcHits: 987954880, megaflowHits: 15, subtableLookups: 15 },
      ...{ upcallsSucceeded: 1, upcallsFailed: 1073 },
      ...{ idleCycles: 79964064492, busyCycles: 82332881463 },
    };
    expect(statsShow({ coreId: 1, numaId: 0 }, counters)).toBe(`pmd thread numa_id 0 core_id 1:
  packets received: 987955969
  packet recirculations: 0
  avg. datapath passes per packet: 1.00
  phwol hits: 0
  mfex opt hits: 0
  simple match hits: 0
  emc hits: 987954880
  smc hits: 0
  megaflow hits: 15
  avg. subtable lookups per megaflow hit: 1.00
  miss with success upcall: 1
  miss with failed upcall: 1073
  avg. packets per output batch: 0.00
  idle cycles: 79964064492 (49.27%)
  processing cycles: 82332881463 (50.73%)
  avg cycles per packet: 164.28 (162296945955/987955969)
  avg processing cycles per packet: 83.34 (82332881463/987955969)
`);
  });

  test("the main thread has no cycles", () => {
    expect(statsShow({ coreId: -1, numaId: 0 }, none)).toBe(`main thread:
  packets received: 0
  packet recirculations: 0
  avg. datapath passes per packet: 0.00
  phwol hits: 0
  mfex opt hits: 0
  simple match hits: 0
  emc hits: 0
  smc hits: 0
  megaflow hits: 0
  avg. subtable lookups per megaflow hit: 0.00
  miss with success upcall: 0
  miss with failed upcall: 0
  avg. packets per output batch: 0.00
`);
  });

  test("cycles without packets have no averages", () => {
    const text = statsShow({ coreId: 1, numaId: 0 }, { ...none, idleCycles: 10 });
    expect(text).toContain("  idle cycles: 10 (100.00%)\n  processing cycles: 0 (0.00%)\n");
    expect(text).not.toContain("avg cycles");
  });

  test("since a clear", () => {
    const since = countersSince({ ...none, emcHits: 7 }, { ...none, emcHits: 3 });
    expect(since).toEqual({ ...none, emcHits: 4 });
  });
});

test("pmd-rxq-show", () => {
  const rxq = (port: string, queue: number, usagePercent?: number, enabled = true) => {
    return { port, queue, enabled, usagePercent };
  };
  const pmds = [
    {
      ...{ coreId: 1, numaId: 0, isolated: false, overheadPercent: 4 },
      rxqs: [rxq("n0", 0, 0), rxq("a7", 1, 14), rxq("a7", 0, 100, false)],
    },
    { coreId: 2, numaId: 0, isolated: false, overheadPercent: undefined, rxqs: [rxq("v0", 0)] },
    { coreId: -1, numaId: 0, isolated: false, overheadPercent: undefined, rxqs: [] },
  ];
  expect(rxqShow(pmds, 60)).toBe(`Displaying last 60 seconds pmd usage %
pmd thread numa_id 0 core_id 1:
  isolated : false
  port: a7                queue-id:  0 (disabled)  pmd usage: 100 %
  port: a7                queue-id:  1 (enabled)   pmd usage: 14 %
  port: n0                queue-id:  0 (enabled)   pmd usage:  0 %
  overhead:  4 %
pmd thread numa_id 0 core_id 2:
  isolated : false
  port: v0                queue-id:  0 (enabled)   pmd usage: NOT AVAIL
  overhead: NOT AVAIL
`);
});

describe("usage", () => {
  test("is of the asked window, with the rest of the busy time as overhead", () => {
    const history = new UsageHistory();
    const sample = (total: number, busy: number, a: number) =>
      history.sample({ total, busy, rxqs: new Map([["a", a]]) });
    expect(history.usage(60).rxqPercent("a")).toBeUndefined();
    sample(1000, 500, 400);
    expect(history.usage(60).overheadPercent).toBeUndefined();
    sample(2000, 1400, 1200);
    expect(history.usage(5).rxqPercent("a")).toBe(80);
    expect(history.usage(5).overheadPercent).toBe(10);
    sample(3000, 1400, 1200);
    expect(history.usage(5).rxqPercent("a")).toBe(0);
    expect(history.usage(60).rxqPercent("a")).toBe(40);
    for (let i = 4; i < 20; i++) sample(i * 1000, 1400, 1200);
    expect(history.usage(60).rxqPercent("a")).toBe(0);
  });

  test("windows are whole steps up to a minute", () => {
    expect([1, 5, 7, 60, 1000].map(usageWindow)).toEqual([5, 5, 10, 60, 60]);
  });
});

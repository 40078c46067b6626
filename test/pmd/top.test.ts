// SPDX-License-Identifier: Apache-2.0
/** Rates between two readings, how they look, and the hour of history. */
import { describe, expect, it } from "vitest";
import { type ThreadReading, type TopReading, topFrame } from "../../pmd/stats/top.js";
import { drawTop } from "../../pmd/stats/top-text.js";
import type { PmdCounters } from "../../pmd/stats/types.js";
import { LIVE, pressed, screenLines } from "../../src/cli/top/view.js";
import { ManualClock } from "../../src/lib/clock.js";
import { PmdHistory } from "../../src/monitoring/pmd-history.js";

const NAMES = [
  ...["packetsReceived", "recirculations", "phwolHits", "mfexOptHits", "simpleMatchHits"],
  ...["emcHits", "smcHits", "megaflowHits", "subtableLookups", "upcallsSucceeded"],
  ...["upcallsFailed", "outputBatches", "outputPackets", "idleCycles", "busyCycles"],
  ...["idleIterations", "busyIterations", "sleepIterations", "sleepCycles", "upcallCycles"],
];
const counters = (values: Partial<PmdCounters>): PmdCounters => ({
  ...(Object.fromEntries(NAMES.map((name) => [name, 0])) as unknown as PmdCounters),
  ...values,
});

function thread(values: Partial<ThreadReading>): ThreadReading {
  return {
    ...{ coreId: 1, numaId: 0, isolated: false, counters: counters({}), rxqs: [], drops: {} },
    ...{ parked: 0, flows: 0, masks: 0, restarts: 0, hostStalls: 0, switchStalls: 0 },
    ...{ lastStall: "", stuckMs: 0, involuntarySwitches: 0 },
    ...values,
  };
}

const before = thread({
  counters: counters({ packetsReceived: 100, emcHits: 100, busyCycles: 1000 }),
  drops: { a: 5, b: 7 },
});
const after = thread({
  counters: counters({
    ...{ packetsReceived: 4100, emcHits: 3100, megaflowHits: 1000, outputPackets: 2_000_000 },
    ...{ busyCycles: 401_000, idleCycles: 400_000, sleepCycles: 200_000 },
  }),
  ...{ drops: { a: 5, b: 17, c: 2 }, involuntarySwitches: 4, flows: 9, masks: 3, isolated: true },
  rxqs: [
    { port: "p0", queue: 1, enabled: false, usagePercent: undefined },
    { port: "p0", queue: 0, enabled: true, usagePercent: 40 },
  ],
  ...{ hostStalls: 3, switchStalls: 1, lastStall: "2.0 ms", stuckMs: 1500, restarts: 0 },
});
const pair = (a: ThreadReading, b: ThreadReading): [TopReading, TopReading] => [
  { atMs: 1_000_000, threads: [a] },
  { atMs: 1_002_000, threads: [b] },
];

describe("rates", () => {
  it("are differences by time", () => {
    const frame = topFrame(...pair(before, after));
    expect(frame).toMatchObject({ atMs: 1_002_000, seconds: 2 });
    const [pmd] = frame.threads;
    expect(pmd).toMatchObject({ rx: 2000, tx: 1_000_000, busy: 40, cyclesPerPacket: 100 });
    expect(pmd!.caches).toEqual([0, 75, 0, 25, 0, 0]);
    expect(pmd!.involuntarySwitches).toBe(2);
    expect(frame.drops).toEqual([
      { reason: "b", perSecond: 5, total: 17 },
      { reason: "c", perSecond: 1, total: 2 },
      { reason: "a", perSecond: 0, total: 5 },
    ]);
  });

  it("survive pmd-stats-clear, threads that are new and those that were started again", () => {
    const cleared = thread({ counters: counters({ packetsReceived: 10 }) });
    const [pmd] = topFrame(...pair(before, cleared)).threads;
    expect(pmd).toMatchObject({ rx: 5, busy: undefined, cyclesPerPacket: undefined });
    const [fresh] = topFrame(...pair({ ...before, coreId: 9 }, after)).threads;
    expect(fresh!.rx).toBe(2050);
    const [again] = topFrame(...pair(before, { ...after, restarts: 1 })).threads;
    expect(again!.rx).toBe(2050);
  });

  it("are drawn in 80 columns", () => {
    const main = thread({ coreId: -1 });
    const [older, newer] = pair(before, after);
    const both = { ...newer, threads: [...newer.threads, main] };
    const text = drawTop(topFrame(older, both), 1_002_000 - 61_000);
    expect(text).toMatch(/^00:16:42 UTC, rates over 2\.0 s, 1 min of history before it\n/);
    expect(text).toMatch(
      /^ {3}1 {4}0 {2}40 % #{6}\.{8} {4}2\.00k {4}1\.00M {5}100 {7}2\.0 {6}3\/1 isolated$/m,
    );
    expect(text).toMatch(/^main {4}0 {4}- /m);
    expect(text).toMatch(/^p0 +0 +1 +40 % +#{6}\.{8}$/m);
    expect(text).toMatch(/^p0 +1 +1 +\? % +disabled$/m);
    expect(text).toMatch(/^b +5\.0 +17$/m);
    expect(text).toContain("core 1 is STUCK for 1.5 s\n");
    expect(text).toContain("core 1: 2.0 ms\n");
    expect(drawTop(topFrame(older, { ...newer, threads: [main] }), 0)).toContain("No packet was");
    const widest = Math.max(...text.split("\n").map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(90);
  });
});

describe("the hour of history", () => {
  const clock = new ManualClock(5_000_000);
  let isOpen = false;
  const history = new PmdHistory(
    () => (isOpen ? { atMs: clock.wall(), threads: [] } : undefined),
    clock,
  );
  const times = (at?: number) => {
    const found = history.pair(at)!;
    return [found.older.atMs, found.newer.atMs].map((ms) => (ms - 5_000_000) / 1000);
  };

  it("begins with the datapath, and is fine at first and coarse later", () => {
    expect(history.pair()).toBeUndefined();
    isOpen = true;
    clock.advance(10_000);
    clock.advance(250);
    expect(times()).toEqual([9, 10.25]);
    expect(times(5_007_100)).toEqual([6, 7]);
    // Before the beginning is the beginning.
    expect(times(0)).toEqual([1, 1]);
    clock.advance(2 * 3_600_000);
    const [older, newer] = times(clock.wall() - 30 * 60_000);
    expect(newer! - older!).toBe(10);
    expect(Math.abs(newer! - (clock.wall() - 5_000_000) / 1000 + 1800)).toBeLessThanOrEqual(10);
    const oldest = clock.wall() - history.pair()!.oldestMs;
    expect(oldest).toBeGreaterThanOrEqual(3_600_000);
    expect(oldest).toBeLessThan(3_800_000);
  });
});

describe("keys", () => {
  const NOW = 1_000_000;
  const after = (...keys: string[]) => keys.reduce((view, key) => pressed(view, key, NOW), LIVE);

  it.each([
    [["p"], { atMs: NOW }],
    [["p", " "], { atMs: undefined }],
    [["[", "\x1b[D"], { atMs: NOW - 10_000 }],
    [["{", "]"], { atMs: NOW - 55_000 }],
    [["}"], { atMs: NOW }],
    [["{", "0"], { atMs: undefined }],
    [["j", "j", "k"], { scroll: 1 }],
    [["k"], { scroll: 0 }],
    [["q"], { quit: true }],
    [["\x03"], { quit: true }],
  ])("%j", (keys, view) => {
    expect(after(...keys)).toMatchObject(view);
  });

  it("say what they mean on the last line, and cut the frame to the screen", () => {
    const screen = { rows: 4, columns: 20 };
    expect(screenLines(LIVE, "1\n2\n3\n4\n5\n", screen, NOW)).toEqual([
      ...["1", "2", "3", " LIVE   space pause "],
    ]);
    const paused = { atMs: NOW - 7000, scroll: 9, quit: false };
    const [first, , , last] = screenLines(paused, "1\n2\n3\n4\n5\n", screen, NOW);
    expect([first, last]).toEqual(["3", " PAUSED, 7 s ago   s"]);
    expect(screenLines(LIVE, "x\n", screen, NOW)).toHaveLength(4);
  });
});

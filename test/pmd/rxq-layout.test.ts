// SPDX-License-Identifier: Apache-2.0
/** Plans before they are applied: what they say of cores, loads and moves, and how they look. */
import { describe, expect, it, test } from "vitest";
import { assignRxqs, type PmdCore, type RxqDemand } from "../../pmd/rxq/assign.js";
import { compareVariance, layoutOf, movesBetween, plannedLayout } from "../../pmd/rxq/layout.js";
import { drawLayout, drawPlan } from "../../pmd/rxq/layout-text.js";
import { followPlacement } from "../../pmd/rxq/placement.js";
import { RxqCycles } from "../../pmd/rxq/rxq-cycles.js";
import { parsePmdSettings } from "../../src/dpif/pmd-settings.js";
import { type PlannerOwner, RxqPlanner } from "../../src/dpif/rxq-planner.js";
import { RxqScheduler } from "../../src/dpif/rxq-scheduler.js";

const CORES: readonly PmdCore[] = [3, 7, 8].map((coreId) => ({ coreId, numaId: 0 }));
const NONE: ReadonlySet<number> = new Set();
const GROUP = { algorithm: "group", isolate: true } as const;

/** The queues of the reference document's "group" example, all on core 3 now. */
const QUEUES = [
  ...[10, 80, 0, 50, 70, 10].map((cycles, queue): RxqDemand => {
    return { port: "p0", portNo: 1, queue, numaId: 0, cycles };
  }),
].filter(({ queue }) => queue !== 2);
const load = (rxq: RxqDemand) => rxq.cycles;
const before = layoutOf(
  CORES,
  QUEUES.map((rxq) => ({ rxq, coreId: 3 })),
  NONE,
  load,
);

describe("a plan beside the assignment as it is", () => {
  const plan = assignRxqs(QUEUES, CORES, GROUP);
  const after = plannedLayout(CORES, plan, load);
  const moves = movesBetween(before, after);
  const nodes = compareVariance(before, after);

  it("has the loads of the worked example", () => {
    expect(before.cores.map((core) => core.load)).toEqual([220, 0, 0]);
    const cores = after.cores.map((core) => [core.load, core.rxqs.map(({ queue }) => queue)]);
    expect(cores).toEqual([
      [80, [1]],
      [70, [4]],
      [70, [0, 3, 5]],
    ]);
  });

  it("lists what moves", () => {
    expect(moves).toEqual([
      { port: "p0", queue: 0, from: 3, to: 8, load: 10 },
      { port: "p0", queue: 3, from: 3, to: 8, load: 50 },
      { port: "p0", queue: 4, from: 3, to: 7, load: 70 },
      { port: "p0", queue: 5, from: 3, to: 8, load: 10 },
    ]);
  });

  it("compares variances as the load balancer does", () => {
    expect(nodes).toEqual([
      { numaId: 0, currentVariance: 10755, estimatedVariance: 22, improvement: 99 },
    ]);
  });

  it("is drawn in 80 columns", () => {
    const text = drawPlan(before, after, moves, nodes, { algorithm: "group", seconds: 60 });
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.slice(0, 6)).toEqual([
      "Plan: assign by group; load over the last 60 s",
      "",
      "                now                             planned",
      `core   3 numa 0  220 % ${"#".repeat(24)}   80 % ${"#".repeat(19)}.....`,
      `core   7 numa 0    0 % ${".".repeat(24)}   70 % ${"#".repeat(17)}.......`,
      `core   8 numa 0    0 % ${".".repeat(24)}   70 % ${"#".repeat(17)}.......`,
    ]);
    expect(text).toContain("   p0               queue   4      70 %");
    expect(text).toContain(" from core 3\n");
    expect(text).toContain("4 of 5 queues move.\n");
    expect(text).toContain("variance of loads 10755 now, 22 planned: improvement 99 %\n");
  });
});

test("pins, queues from other nodes, what nobody polls and what is not measured are marked", () => {
  const cores = [{ coreId: 1, numaId: 1 }];
  const far = { port: "far", portNo: 2, queue: 0, numaId: 0, cycles: 0 };
  const pinned = { ...far, port: "pinned", portNo: 1, pinnedCore: 1 };
  const plan = assignRxqs([far, pinned], cores, GROUP);
  const isolated = plannedLayout(cores, plan, () => undefined);
  const text = drawLayout(isolated, { algorithm: "group", seconds: 0 });
  expect(text).toMatch(/^Receive queues, assigned by group; load not measured yet\n/);
  expect(text).toMatch(/^core +1 numa 1 +\? % \.+ isolated$/m);
  expect(text).toMatch(/^ +pinned +queue +0 +\? % \.+ pinned$/m);
  expect(text).toContain("NOT POLLED: far queue 0\n");
  const open = assignRxqs([far], cores, GROUP);
  const crossed = plannedLayout(cores, open, () => 1);
  expect(drawLayout(crossed, { algorithm: "group", seconds: 5 })).toContain(" CROSS-NUMA\n");
  expect(drawLayout({ cores: [], unpolled: [] }, { algorithm: "group", seconds: 5 })).toContain(
    "No PMD thread",
  );
});

test("a placement is followed as far as the rules allow", () => {
  const demands = QUEUES.map((rxq) => (rxq.queue === 4 ? { ...rxq, pinnedCore: 7 } : rxq));
  const plan = assignRxqs(demands, CORES, GROUP);
  // Core 7 is isolated and core 9 does not exist; queue 4 is pinned.
  const wanted = new Map([
    ["0/p0", 3],
    ["1/p0", 7],
    ["3/p0", 9],
    ["4/p0", 3],
    ["5/p0", 3],
  ]);
  const followed = followPlacement(plan, CORES, wanted);
  const cores = Object.fromEntries(followed.placements.map((p) => [p.rxq.queue, p.coreId]));
  const planned = Object.fromEntries(plan.placements.map((p) => [p.rxq.queue, p.coreId]));
  expect(cores).toEqual({ ...planned, 0: 3, 5: 3 });
  const assigned = followed.events.filter(({ kind }) => kind === "assigned");
  expect(assigned).toHaveLength(4);
  for (const event of assigned) {
    if (event.kind === "assigned") expect(event.core.coreId).toBe(cores[event.rxq.queue]);
  }
});

test("loads are averages of the steps that a queue was there", () => {
  const cycles = new RxqCycles();
  expect(cycles.percent({ port: "a", queue: 0 })).toBeUndefined();
  cycles.add("0/a", 500);
  cycles.endStep(1000);
  cycles.add("0/a", 500);
  cycles.add("0/b", 300);
  cycles.endStep(1000);
  expect(cycles.percent({ port: "a", queue: 0 })).toBe(50);
  expect(cycles.percent({ port: "b", queue: 0 })).toBe(30);
  expect(cycles.percent({ port: "c", queue: 0 })).toBe(0);
  expect(cycles.seconds).toBe(10);
});

describe("the planner", () => {
  const scheduler = new RxqScheduler(() => {});
  const { assign } = parsePmdSettings({}).settings;
  scheduler.settings = assign;
  const config = { "pmd-cpu-mask": "6" };
  const port = {
    name: "p0",
    type: "dpdk",
    options: {},
    otherConfig: { "pmd-rxq-affinity": "0:1" },
  };
  const owner: PlannerOwner = {
    scheduler,
    mask: () => "6",
    config: () => config,
    ports: () => [
      { portNo: 1, config: port, polled: true, rxQueues: 2, numaId: 0 },
      { portNo: 2, config: { ...port, name: "tap" }, polled: false, rxQueues: 1, numaId: 0 },
    ],
    pmds: () => [{ handle: { coreId: 1, numaId: 0 }, rxqs: new Map([["0/p0", 0]]) }],
    cores: (mask) => (mask === "6" ? [1, 2] : [4]).map((coreId) => ({ coreId, numaId: 0 })),
  };
  const planner = new RxqPlanner(owner);
  const noPins = new Map<string, string>();

  it("tells what is, and what nobody polls", () => {
    const { layout, settings, seconds } = planner.state();
    expect(layout.cores).toMatchObject([{ coreId: 1, rxqs: [{ port: "p0", queue: 0 }] }]);
    expect(layout.unpolled).toEqual([{ port: "p0", queue: 1 }]);
    expect({ settings, seconds }).toEqual({ settings: assign, seconds: 0 });
  });

  it("lists what must be configured", () => {
    const request = { mask: "10", algorithm: "group", isolate: false } as const;
    const plan = planner.plan({ ...request, pins: new Map([["p0", ""]]) });
    if ("error" in plan) throw new Error(plan.error);
    expect(plan.planned.cores).toMatchObject([{ coreId: 4, isolated: false }]);
    expect(plan.changes.map(({ key, before, after }) => [key, before, after])).toEqual([
      ["pmd-rxq-assign", null, "group"],
      ["pmd-rxq-isolate", null, "false"],
      ["pmd-cpu-mask", "6", "10"],
      ["pmd-rxq-affinity", "0:1", null],
    ]);
    const same = planner.plan({ mask: "6", pins: new Map([["p0", "0:1"]]) });
    expect("error" in same ? same.error : same.changes).toEqual([]);
  });

  it("warns of cores that do not poll", () => {
    const plan = planner.plan({ pins: new Map([["p0", "1:9"]]) });
    if ("error" in plan) throw new Error(plan.error);
    expect(plan.log.map(({ text }) => text).join()).toContain("Core  9 cannot be pinned");
  });

  it.each([
    [{ pins: new Map([["p9", "0:1"]]) }, "no port p9"],
    [{ pins: new Map([["tap", "0:1"]]) }, "tap: the port is not polled"],
    [{ pins: new Map([["p0", "0"]]) }, "0: not a list of <queue>:<core>"],
    [{ pins: noPins, mask: "xyz" }, "xyz: not a hexadecimal core mask"],
    [{ pins: noPins, isolate: false }, "pmd-rxq-isolate can only be set false"],
  ])("refuses %j", (request, error) => {
    const plan = planner.plan(request);
    expect("error" in plan ? plan.error : "").toContain(error);
  });
});

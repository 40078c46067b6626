// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { AssignSettings } from "../../pmd/rxq/assign.js";
import {
  AUTO_LB_DEFAULTS,
  dryRun,
  dryRunObstacle,
  improvementPercent,
  type PmdLoad,
  variance,
} from "../../pmd/rxq/auto-lb.js";
import { Balancer, DECISIONS_KEPT } from "../../pmd/rxq/balancer.js";
import { RxqCycles } from "../../pmd/rxq/rxq-cycles.js";

const GROUP: AssignSettings = { algorithm: "group", isolate: true };
const MINUTE = 60_000;

/** A PMD of which 100 cycles are 100 %. */
function pmd(coreId: number, cycles: readonly number[], more: Partial<PmdLoad> = {}): PmdLoad {
  const rxqs = cycles.map((load, queue) => ({
    ...{ port: `p${coreId}`, portNo: coreId, queue, numaId: more.numaId ?? 0, cycles: load },
  }));
  return { coreId, numaId: 0, isolated: false, windowCycles: 100, rxqs, ...more };
}

test("the arithmetic is in integers", () => {
  expect(variance([])).toBe(0);
  expect(variance([100, 0])).toBe(2500);
  expect(variance([99, 50, 2])).toBe(1568);
  expect(improvementPercent(2500, 100)).toBe(96);
  expect(improvementPercent(100, 100)).toBe(0);
  expect(improvementPercent(100, 200)).toBe(0);
});

describe("a dry run", () => {
  test("is of use with two open PMDs of which one polls several queues", () => {
    expect(dryRunObstacle([pmd(0, [1, 2]), pmd(1, [])], "cycles")).toBeUndefined();
    const few = "not enough non-isolated PMDs or RxQs.";
    expect(dryRunObstacle([pmd(0, [1]), pmd(1, [1])], "cycles")).toBe(few);
    expect(dryRunObstacle([pmd(0, [1, 2])], "cycles")).toBe(few);
    expect(dryRunObstacle([pmd(0, [1, 2]), pmd(1, [1], { isolated: true })], "group")).toBe(few);
    expect(dryRunObstacle([pmd(0, [1, 2]), pmd(1, [])], "roundrobin")).toBe(
      "pmd-rxq-assign=roundrobin assignment type configured.",
    );
  });

  test("compares the spread of loads", () => {
    const run = dryRun([pmd(0, [60, 39]), pmd(1, [1])], GROUP, 25);
    // 99 and 1 become 60 and 40.
    expect(run.nodes).toEqual([
      { numaId: 0, currentVariance: 2401, estimatedVariance: 100, improvement: 95 },
    ]);
    expect(run).toMatchObject({ met: true, crossNuma: false });
    expect(dryRun([pmd(0, [60, 39]), pmd(1, [1])], GROUP, 96).met).toBe(false);
  });

  test("looks at each node, and at no isolated PMD", () => {
    const pinned = pmd(5, [100], { numaId: 1 });
    const rxqs = pinned.rxqs.map((rxq) => ({ ...rxq, pinnedCore: 5 }));
    const pmds = [
      pmd(0, [50, 50]),
      pmd(1, []),
      pmd(4, [10, 10], { numaId: 1 }),
      { ...pinned, rxqs, isolated: true },
    ];
    expect(dryRun(pmds, GROUP, 25).nodes).toEqual([
      { numaId: 0, currentVariance: 2500, estimatedVariance: 0, improvement: 100 },
      { numaId: 1, currentVariance: 0, estimatedVariance: 0, improvement: 0 },
    ]);
  });

  test("does not estimate across nodes, unless all PMDs are on one", () => {
    const foreign = pmd(0, [50, 50]);
    const rxqs = foreign.rxqs.map((rxq) => ({ ...rxq, numaId: 3 }));
    const two = [{ ...foreign, rxqs }, pmd(1, [], { numaId: 1 })];
    expect(dryRun(two, GROUP, 0)).toEqual({ crossNuma: true, nodes: [], met: false });
    expect(dryRun([{ ...foreign, rxqs }, pmd(1, [])], GROUP, 25).met).toBe(true);
  });

  test("a threshold of 0 is always met", () => {
    expect(dryRun([pmd(0, [50]), pmd(1, [50])], GROUP, 0).met).toBe(true);
  });
});

describe("the balancer", () => {
  const pmds = [pmd(0, [60, 39]), pmd(1, [1])];

  function overloaded(intervals: number, settings = {}): Balancer {
    const balancer = new Balancer();
    balancer.settings = { ...AUTO_LB_DEFAULTS, enabled: true, ...settings };
    for (let i = 0; i < intervals; i++) balancer.interval(0, false, 99);
    return balancer;
  }

  test("looks once per interval", () => {
    const balancer = overloaded(12, { intervalMinutes: 2 });
    expect(balancer.look(1000, GROUP, pmds)).toBeUndefined();
    expect(balancer.look(1000 + 2 * MINUTE, GROUP, pmds)).toBeUndefined();
    expect(balancer.look(1001 + 2 * MINUTE, GROUP, pmds)?.outcome).toBe("reassigned");
    expect(balancer.look(1002 + 2 * MINUTE, GROUP, pmds)).toBeUndefined();
    expect(balancer.decisions).toHaveLength(1);
    expect(balancer.nextLookMs).toBe(1001 + 4 * MINUTE);
  });

  test("acts on a whole minute of overload only", () => {
    const balancer = overloaded(11);
    balancer.look(0, GROUP, pmds);
    const decision = balancer.look(MINUTE + 1, GROUP, pmds);
    expect(decision).toMatchObject({
      outcome: "not overloaded",
      reason: "no PMD was at 95% or more for a whole minute",
      pmds: [
        { coreId: 0, load: 99, overloadedIntervals: 11 },
        { coreId: 1, load: 1, overloadedIntervals: 0 },
      ],
    });
    balancer.interval(0, false, 99);
    balancer.interval(0, false, 94);
    expect(balancer.overloadedIntervals(0)).toBe(0);
  });

  test("says why not", () => {
    const balancer = overloaded(12, { improvementThreshold: 100 });
    balancer.look(0, GROUP, pmds);
    expect(balancer.look(MINUTE + 1, GROUP, pmds)).toMatchObject({
      outcome: "not worth it",
      reason: "variance improves by 95%: improvement threshold 100% is not met",
      debug: [
        "PMD auto load balance performing dry run.",
        "Numa node 0. Current variance 2401 Estimated variance 100. Variance improvement 95%.",
        "PMD load variance improvement threshold 100% is not met.",
      ],
    });
  });

  test("asks once per configuration whether it could help", () => {
    const balancer = overloaded(12);
    const few = [pmd(0, [99]), pmd(1, [])];
    balancer.look(0, GROUP, few);
    const debug = (atMs: number) => balancer.look(atMs, GROUP, few)?.debug;
    const nothing = "PMD auto load balance nothing to do, ";
    expect(debug(MINUTE + 1)).toEqual([`${nothing}not enough non-isolated PMDs or RxQs.`]);
    const same = `${nothing}no configuration changes since last check.`;
    expect(debug(2 * MINUTE + 2)).toEqual([same]);
    balancer.reconfigured();
    expect(debug(3 * MINUTE + 3)).toEqual([`${nothing}not enough non-isolated PMDs or RxQs.`]);
  });

  test("remembers the last decisions", () => {
    const balancer = overloaded(0);
    for (let i = 0; i <= DECISIONS_KEPT + 5; i++) balancer.look(i * (MINUTE + 1), GROUP, pmds);
    expect(balancer.decisions).toHaveLength(DECISIONS_KEPT);
    expect(balancer.decisions.at(-1)!.atMs).toBe((DECISIONS_KEPT + 5) * (MINUTE + 1));
  });
});

test("a queue's cycles are those of the last minute, whoever polled it", () => {
  const cycles = new RxqCycles();
  for (let step = 0; step < 13; step++) {
    cycles.add("0/a", 10);
    if (step < 2) cycles.add("0/a", 5);
    cycles.endStep();
  }
  // The first step is too old by now; 5 more in the second.
  expect(cycles.of("0/a")).toBe(125);
  expect(cycles.of("0/b")).toBe(0);
});

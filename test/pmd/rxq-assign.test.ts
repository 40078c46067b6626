// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { parseRxqAffinity } from "../../pmd/rxq/affinity.js";
import {
  type AssignSettings,
  assignRxqs,
  type PmdCore,
  type RxqDemand,
} from "../../pmd/rxq/assign.js";
import { assignLog } from "../../pmd/rxq/assign-log.js";

const core = (coreId: number, numaId = 0): PmdCore => ({ coreId, numaId });
const rxq = (portNo: number, queue = 0, more: Partial<RxqDemand> = {}): RxqDemand => ({
  ...{ port: `P${portNo}`, portNo, queue, numaId: 0, cycles: 0 },
  ...more,
});
const CORES = [core(7), core(3), core(8)];

/** Core → its queues in the order in which they were given to it. */
function byCore(
  rxqs: readonly RxqDemand[],
  algorithm: AssignSettings["algorithm"],
  cores = CORES,
  isolate = true,
): Record<number, string[]> {
  const result: Record<number, string[]> = {};
  for (const { coreId } of cores) result[coreId] = [];
  for (const placed of assignRxqs(rxqs, cores, { algorithm, isolate }).placements) {
    result[placed.coreId]!.push(`${placed.rxq.port}Q${placed.rxq.queue}`);
  }
  return result;
}

/** The queues of one port, by their load. */
const loads = (cycles: Record<number, number>): RxqDemand[] =>
  Object.entries(cycles).map(([queue, load]) => rxq(0, Number(queue), { cycles: load }));

describe("the examples of the documentation", () => {
  test("cycles: by load, up and down the cores", () => {
    expect(byCore(loads({ 0: 30, 1: 80, 3: 60, 4: 70, 5: 10 }), "cycles")).toEqual({
      3: ["P0Q1"],
      7: ["P0Q4", "P0Q5"],
      8: ["P0Q3", "P0Q0"],
    });
  });

  test("group: by load, each to the least loaded core", () => {
    expect(byCore(loads({ 0: 10, 1: 80, 3: 50, 4: 70, 5: 10 }), "group")).toEqual({
      3: ["P0Q1"],
      7: ["P0Q4"],
      8: ["P0Q3", "P0Q0", "P0Q5"],
    });
  });

  test("roundrobin: in order of port and queue", () => {
    const rxqs = [rxq(1, 2), rxq(0, 1), rxq(1, 0), rxq(0, 0), rxq(1, 1)];
    expect(byCore(rxqs, "roundrobin")).toEqual({
      3: ["P0Q0", "P1Q1"],
      7: ["P0Q1", "P1Q2"],
      8: ["P1Q0"],
    });
  });
});

describe("without a measure", () => {
  const eight = Array.from({ length: 8 }, (_, queue) => rxq(1, queue));
  const two = [core(0), core(1)];

  test.each([
    ["roundrobin", [0, 2, 4, 6], [1, 3, 5, 7]],
    ["cycles", [0, 3, 4, 7], [1, 2, 5, 6]],
    ["group", [0, 2, 4, 6], [1, 3, 5, 7]],
  ] as const)("%s deals queues in their order", (algorithm, first, second) => {
    const names = (queues: readonly number[]) => queues.map((queue) => `P1Q${queue}`);
    expect(byCore(eight, algorithm, two)).toEqual({ 0: names(first), 1: names(second) });
  });

  test("without cores nothing is polled", () => {
    const plan = assignRxqs([rxq(1)], [], { algorithm: "cycles", isolate: true });
    expect(plan.placements).toEqual([]);
    expect(plan.unpolled).toEqual([rxq(1)]);
  });
});

describe("pinned queues", () => {
  const pinned = (queue: number, pinnedCore?: number) => rxq(1, queue, { pinnedCore });
  const cores = Array.from({ length: 8 }, (_, i) => core(i + 1));

  test("are where they are wanted, and their cores poll nothing else", () => {
    const rxqs = [pinned(0, 3), pinned(1, 7), pinned(2), pinned(3, 8)];
    const plan = assignRxqs(rxqs, cores, { algorithm: "cycles", isolate: true });
    const at = Object.fromEntries(plan.placements.map((p) => [p.rxq.queue, p.coreId]));
    expect(at).toMatchObject({ 0: 3, 1: 7, 3: 8 });
    expect([...plan.isolated]).toEqual([3, 7, 8]);
    expect(plan.isolated.has(at[2]!)).toBe(false);
  });

  test("whose core does not poll go to cores that stay open", () => {
    const rxqs = [pinned(0, 3), pinned(1, 7), pinned(2, 2), pinned(3, 8)];
    const two = [core(1), core(2)];
    const expected = { 1: ["P1Q0", "P1Q1", "P1Q3"], 2: ["P1Q2"] };
    expect(byCore(rxqs, "cycles", two)).toEqual(expected);
  });

  test("leave their cores open with group and pmd-rxq-isolate=false, with that alone", () => {
    const rxqs = [pinned(0, 1), pinned(1), pinned(2), pinned(3)];
    const two = [core(1), core(2)];
    const open = { 1: ["P1Q0", "P1Q2"], 2: ["P1Q1", "P1Q3"] };
    const closed = { 1: ["P1Q0"], 2: ["P1Q1", "P1Q2", "P1Q3"] };
    expect(byCore(rxqs, "group", two, false)).toEqual(open);
    expect(byCore(rxqs, "group", two, true)).toEqual(closed);
    expect(byCore(rxqs, "cycles", two, false)).toEqual(closed);
  });

  test("on every core leave none for the others", () => {
    const plan = assignRxqs([pinned(0, 1), pinned(1)], [core(1)], {
      ...{ algorithm: "cycles", isolate: true },
    });
    expect(plan.unpolled.map(({ queue }) => queue)).toEqual([1]);
    expect(assignLog(plan, "cycles").at(-1)).toEqual({
      level: "warn",
      text:
        "No non-isolated pmd on any numa available for port 'P1' rx queue 1 (measured " +
        "processing cycles 0). This rx queue will not be polled.",
    });
  });
});

describe("NUMA nodes", () => {
  test("queues stay on their node", () => {
    const rxqs = [rxq(1, 0, { numaId: 1 }), rxq(1, 1), rxq(2, 0, { numaId: 1 })];
    const cores = [core(0), core(1), core(2, 1)];
    expect(byCore(rxqs, "cycles", cores)).toEqual({ 0: ["P1Q1"], 1: [], 2: ["P1Q0", "P2Q0"] });
  });

  test("queues of a node without open cores visit the other nodes in turn", () => {
    const rxqs = [0, 1, 2, 3].map((queue) => rxq(1, queue));
    const cores = [core(0, 1), core(1, 2), core(2, 1), core(3, 2)];
    const plan = assignRxqs(rxqs, cores, { algorithm: "cycles", isolate: true });
    expect(plan.placements.map((p) => [p.coreId, p.crossNuma])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, true],
    ]);
  });
});

test("the log is the stock switch's", () => {
  const rxqs = [
    rxq(1, 0, { pinnedCore: 3, cycles: 5 }),
    rxq(1, 1, { pinnedCore: 12 }),
    rxq(1, 2, { numaId: 4, cycles: 70 }),
  ];
  const plan = assignRxqs(rxqs, [core(3), core(4)], { algorithm: "group", isolate: true });
  expect(assignLog(plan, "group").map(({ level, text }) => `${level} ${text}`)).toEqual([
    "info Core  3 on numa node 0 is pinned with port 'P1' rx queue 0 " +
      "(measured processing cycles 5)",
    "warn Core 12 cannot be pinned with port 'P1' rx queue 1. Use pmd-cpu-mask to enable a pmd " +
      "on core 12. An alternative core will be assigned.",
    "info Performing pmd to rx queue assignment using group algorithm.",
    "info There's no available (non-isolated) pmd thread on numa node 4. Port 'P1' rx queue 2 " +
      "will be assigned to a pmd on numa node 0. This may lead to reduced performance.",
    "info Core  4 on numa node 0 assigned port 'P1' rx queue 2 (measured processing cycles 70).",
    "info Core  4 on numa node 0 assigned port 'P1' rx queue 1 (measured processing cycles 0).",
  ]);
  const plain = assignRxqs([rxq(1)], [core(4)], { algorithm: "roundrobin", isolate: true });
  expect(assignLog(plain, "roundrobin").at(-1)!.text).toBe(
    "Core  4 on numa node 0 assigned port 'P1' rx queue 0.",
  );
});

describe("pmd-rxq-affinity", () => {
  const parsed = (list: string) => {
    const cores = parseRxqAffinity(list);
    return cores && Object.fromEntries(cores);
  };

  test("queues and their cores", () => {
    expect(parsed("0:3,1:7,3:8")).toEqual({ 0: 3, 1: 7, 3: 8 });
    expect(parsed("")).toEqual({});
    expect(parsed("0=3 1(0x10), 1:5")).toEqual({ 0: 3, 1: 5 });
  });

  test.each(["0:x", "a:1", "0", "-1:2", "0:-2", "0:3,1"])("%s is no list", (list) => {
    expect(parseRxqAffinity(list)).toBeUndefined();
  });
});

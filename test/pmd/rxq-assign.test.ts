// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { assignRoundRobin, rxqKey } from "../../pmd/rxq/assign.js";

const core = (coreId: number, numaId = 0) => ({ coreId, numaId });
const rxq = (port: string, queue = 0, numaId = 0) => ({ port, queue, numaId });

function plan(...args: Parameters<typeof assignRoundRobin>): Record<string, number> {
  return Object.fromEntries(assignRoundRobin(...args).map((p) => [rxqKey(p.rxq), p.coreId]));
}

describe("round robin", () => {
  test("deals in order of port and queue", () => {
    const rxqs = [rxq("b"), rxq("a", 1), rxq("a", 0), rxq("c")];
    expect(plan(rxqs, [core(7), core(3)])).toEqual({ "0/a": 3, "1/a": 7, "0/b": 3, "0/c": 7 });
  });

  test("queues stay on their NUMA node, and say so when they cannot", () => {
    const placed = assignRoundRobin(
      [rxq("a"), rxq("b", 0, 1), rxq("c", 0, 2)],
      [core(0, 0), core(1, 1)],
    );
    expect(placed.map((p) => [p.rxq.port, p.coreId, p.crossNuma])).toEqual([
      ["a", 0, false],
      ["b", 1, false],
      ["c", 0, true],
    ]);
  });

  test("nobody polls without cores", () => {
    expect(assignRoundRobin([rxq("a")], [])).toEqual([]);
  });

  test("what has a core stays there; new queues go where there are fewest", () => {
    const keep = new Map([
      ["0/a", 1],
      ["0/b", 1],
      ["0/gone", 2],
      ["0/c", 9],
    ]);
    const rxqs = [rxq("a"), rxq("b"), rxq("c"), rxq("d"), rxq("e")];
    expect(plan(rxqs, [core(1), core(2)], keep)).toEqual({
      ...{ "0/a": 1, "0/b": 1, "0/c": 2, "0/d": 2, "0/e": 1 },
    });
  });
});

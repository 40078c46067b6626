// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { macText } from "../../src/ofproto/mac-learning.js";
import { addPort, ManualClock, makeBridge, makeDatapath } from "./model.js";

function makeTable() {
  const clock = new ManualClock();
  const { bridge } = makeBridge(makeDatapath(clock), "br0");
  const ports = [1, 2].map((n) => addPort(bridge, `p${n}`, { ofpPort: n, dpPort: n }));
  return { clock, bridge, ports, table: bridge.macLearning };
}

describe("MAC learning", () => {
  it("says when what it learned changes where packets go", () => {
    const { table, ports } = makeTable();
    const before = table.seq;
    expect(table.learn(0, 2, ports[0])).toBe(true);
    expect(table.learn(0, 2, ports[0])).toBe(false);
    expect(table.seq).toBe(before + 1);
    expect(table.learn(0, 2, ports[1])).toBe(true);
    expect(table.seq).toBe(before + 2);
  });

  it("does not learn group addresses or in flooded VLANs", () => {
    const { table, ports } = makeTable();
    expect(table.learn(0, 0x01005e000001, ports[0])).toBe(false);
    table.floodVlans = new Set([7]);
    expect(table.learn(7, 2, ports[0])).toBe(false);
    expect(table.size).toBe(0);
  });

  it("evicts the oldest entry of the port that has most, and stays within its size", () => {
    const { table, ports } = makeTable();
    table.setMaxEntries(10);
    table.learn(0, 1000, ports[1]);
    for (let mac = 1; mac <= 50; mac++) table.learn(0, mac * 2, ports[0]);
    expect(table.size).toBe(10);
    expect(table.lookup(0, 1000)?.port).toBe(ports[1]);
    expect([...table].map(({ mac }) => mac).slice(-2)).toEqual([98, 100]);
    expect(table.stats.evicted).toBe(41);
  });

  it("ages entries, but for those that were added by hand", () => {
    const { table, ports, clock } = makeTable();
    table.setAgingTime(15);
    table.learn(1, 2, ports[0]);
    table.addStatic(1, 4, ports[0]);
    clock.ms += 14_999;
    expect([...table].map(({ mac, ageSeconds }) => [mac, ageSeconds])).toEqual([
      [2, 14],
      [4, 14],
    ]);
    clock.ms += 1;
    expect(table.lookup(1, 2)).toBeUndefined();
    expect(table.expire()).toBe(1);
    expect(table.learn(1, 4, ports[1])).toBe(false);
    table.flush();
    expect([...table].map(({ mac }) => macText(mac))).toEqual(["00:00:00:00:00:04"]);
  });

  it("forgets what it learned on a port that goes, and keeps it when only its name stays", () => {
    const { table, ports, bridge } = makeTable();
    table.learn(0, 2, ports[0]);
    bridge.setBundle({ name: "p1" }, [ports[0]]);
    expect(table.lookup(0, 2)?.bundle).toBe(ports[0].bundle);
    bridge.setBundle({ name: "p1", vlanMode: "access", tag: 3 }, [ports[0]]);
    expect(table.size).toBe(0);
    table.learn(3, 2, ports[0]);
    bridge.removeBundle("p1");
    expect(table.size).toBe(0);
  });
});

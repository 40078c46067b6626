// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { Reconnect } from "../../src/net/reconnect.js";

describe("reconnect", () => {
  test("the first attempt is immediate, failures wait 1, 2, 4, 8, 8 … seconds", () => {
    const fsm = new Reconnect();
    fsm.enable(0);
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      const start = fsm.deadline();
      waits.push(start - now);
      now = start;
      expect(fsm.run(now)).toBe("connect");
      fsm.connecting(now);
      fsm.disconnected(now);
    }
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(fsm.patient).toBe(true);
    expect(fsm.counts).toEqual({ attempts: 7, successes: 0 });
  });

  test("a connection that was useful starts over at once when it breaks", () => {
    const fsm = new Reconnect();
    fsm.enable(0);
    fsm.connecting(0);
    fsm.disconnected(0);
    fsm.connecting(1000);
    fsm.connectSucceeded(1000);
    fsm.activity(60_000);
    fsm.disconnected(61_000);
    expect(fsm.deadline()).toBe(61_000);
    expect(fsm.elapsed(63_000)).toEqual({ connectedS: 62, disconnectedS: 2 });
  });

  test("one that breaks before it was of use waits", () => {
    const fsm = new Reconnect();
    fsm.enable(0);
    fsm.connecting(0);
    fsm.connectSucceeded(0);
    fsm.disconnected(0);
    expect(fsm.deadline()).toBe(1000);
  });

  test("silence is probed, and ends the connection after as long again", () => {
    const fsm = new Reconnect({ probeMs: 5000 });
    fsm.enable(0);
    fsm.connecting(0);
    fsm.connectSucceeded(0);
    expect(fsm.run(4999)).toBeUndefined();
    expect(fsm.run(5000)).toBe("probe");
    expect(fsm.run(6000)).toBeUndefined();
    fsm.activity(7000);
    expect(fsm.state).toBe("active");
    expect(fsm.run(12_000)).toBe("probe");
    expect(fsm.run(17_000)).toBe("disconnect");
  });

  test("an attempt that hangs is given up, and without probes silence is fine", () => {
    const fsm = new Reconnect({ probeMs: 0 });
    fsm.enable(0);
    fsm.connecting(0);
    expect(fsm.run(1000)).toBe("disconnect");
    fsm.connectSucceeded(1500);
    expect(fsm.deadline()).toBe(Number.POSITIVE_INFINITY);
    fsm.disable(2000);
    expect(fsm.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

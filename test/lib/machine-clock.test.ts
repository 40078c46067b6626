// SPDX-License-Identifier: Apache-2.0
/** A clock of the running daemon that stands or jumps. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { MachineClock } from "../../src/lib/machine-clock.js";

describe("the machine's clock", () => {
  it("stands when stopped and moves by what it is told", async () => {
    const clock = new MachineClock();
    clock.stop();
    const before = clock.now();
    await sleep(5);
    expect(clock.now()).toBe(before);
    clock.warp(1000);
    expect(clock.now()).toBeCloseTo(before + 1000, 6);
  });

  it("runs what falls due, in order of time, and nothing else", () => {
    const clock = new MachineClock();
    clock.stop();
    const ran: number[] = [];
    for (const ms of [3000, 1000, 2000, 9000]) clock.after(ms, () => ran.push(ms));
    clock.after(1500, () => ran.push(0)).cancel();
    clock.warp(4000);
    expect(ran).toEqual([1000, 2000, 3000]);
    clock.warp(5000);
    expect(ran).toEqual([1000, 2000, 3000, 9000]);
  });

  it("keeps long waits while it stands, not short ones", async () => {
    const clock = new MachineClock();
    clock.stop();
    let long = false;
    const short = new Promise<void>((resolve) => clock.after(1, resolve));
    clock.after(501, () => {
      long = true;
    });
    await short;
    expect(long).toBe(false);
  });

  it("knows what it showed at moments of the machine's", async () => {
    const clock = new MachineClock();
    const early = performance.now();
    const shown = clock.now();
    await sleep(2);
    clock.stop();
    clock.warp(100_000);
    expect(clock.at(early)).toBeLessThanOrEqual(shown);
    expect(clock.at(performance.now())).toBe(clock.now());
  });

  it("goes on from where a jump took it", async () => {
    const clock = new MachineClock();
    const before = clock.now();
    clock.warp(60_000);
    expect(clock.now()).toBeGreaterThanOrEqual(before + 60_000);
    await new Promise<void>((resolve) => clock.after(1, resolve));
  });
});

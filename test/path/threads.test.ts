// SPDX-License-Identifier: Apache-2.0
/** The rings between two real threads: a worker that polls, and this one that commands. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { COMMAND, SYNC } from "../../pmd/shm/commands.js";
import { UPCALL_RECORD } from "../../pmd/shm/upcalls.js";
import { udpFrame } from "../harness/frames.js";
import { HARNESS_PATH, loadHarness, TestPmd } from "../harness/path.js";
import { Random } from "./random.js";

const POLLER = `
const { workerData } = require("node:worker_threads");
const native = require(workerData.path);
const stop = new Int32Array(workerData.stop);
while (Atomics.load(stop, 0) === 0) native.poll(workerData.pmd, 50);
`;
const ROUNDS = 40_000;

it("lose and mix up nothing between two threads", { timeout: 120_000 }, async () => {
  const native = loadHarness();
  const pmd = new TestPmd(native);
  const stop = new SharedArrayBuffer(4);
  const workerData = { path: HARNESS_PATH, pmd: pmd.handle, stop };
  const worker = new Worker(POLLER, { eval: true, workerData });
  const failed = once(worker, "error").then(([error]) => Promise.reject(error));
  failed.catch(() => undefined);
  const random = new Random(51);
  let seen = 0;
  const expected: ["ACTION" | "SYNCED", number][] = [];
  const drain = () => {
    for (const event of pmd.events()) {
      expect([event.type, event.cookie]).toEqual(expected[seen]);
      if (event.type === "ACTION") {
        // The key behind the record is that of the packet with this number.
        const flow = (event.key[33]! << 16) | (event.key[34]! << 8) | event.key[35]!;
        expect(flow).toBe(event.cookie);
        pmd.resolve(event.slot, "done");
      }
      seen++;
    }
  };
  const roomFor = UPCALL_RECORD.bytes * 64;
  for (let n = 0; n < ROUNDS; n++) {
    // Bursts of commands, then of reading, so that both rings are now full, now empty.
    while (pmd.shm.commands.reserve(roomFor) < 0) drain();
    if (random.chance(70)) {
      pmd.execute(udpFrame(n, 0, 60 + random.below(1000)), 1, [{ type: "userspace", cookie: n }]);
      expected.push(["ACTION", n]);
    } else {
      pmd.command(SYNC, COMMAND.SYNC, { token: n });
      expected.push(["SYNCED", n]);
    }
    if (random.chance(2)) drain();
    // Fewer than there are upcall slots.
    while (n - seen > 1000) drain();
    if (n % 4096 === 0) await new Promise(setImmediate);
  }
  while (seen < expected.length) drain();
  const target = pmd.shm.commands.position();
  while (!pmd.shm.commands.reached(target)) await new Promise(setImmediate);
  Atomics.store(new Int32Array(stop), 0, 1);
  await Promise.race([once(worker, "exit"), failed]);
  expect(seen).toBe(ROUNDS);
  expect(pmd.counters()).toMatchObject({ parked: 0 });
  expect(pmd.imbalance()).toBe(0);
  expect(pmd.counters().delivered).toBe(expected.filter(([type]) => type === "ACTION").length);
  pmd.close();
  expect(native.buffersInUse()).toBe(0);
});

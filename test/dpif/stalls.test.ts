// SPDX-License-Identifier: Apache-2.0
/** A PMD that is kept from running, and one that works for too long: each is blamed for its own. */
import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StallState } from "../../pmd/stats/stalls.js";
import type { Dpif } from "../../src/dpif/dpif.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

let dpif: Dpif;
let source: number;

beforeAll(async () => {
  dpif = await openTestDpif();
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "2", "pmd-stall-limit": "2000" });
  source = await addPort(dpif, "source", "dummy-pmd");
  dpif.flowPut(dpif.pmds()[0]!.pmd, fromPort(source, []));
  await dpif.sync();
}, 60_000);
afterAll(() => dpif?.close());

const stalls = (): StallState => dpif.pmdControl.stalls()[0]!;

test("another task on its core", async () => {
  dpif.clearStats();
  const before = stalls();
  const hog = spawn("taskset", ["-c", "1", "sh", "-c", "while :; do :; done"]);
  try {
    const preempted = () => stalls().causes.find(({ cause }) => cause.startsWith("another task"));
    await eventually(() => preempted() !== undefined);
    expect(preempted()).toMatchObject({ side: "host" });
    expect(preempted()!.longestMs).toBeGreaterThan(2);
  } finally {
    hog.kill("SIGKILL");
  }
  const after = stalls();
  expect(after).toMatchObject({ coreId: 1, limitUs: 2000, stuckMs: 0 });
  expect(after.involuntarySwitches).toBeGreaterThan(before.involuntarySwitches);
  expect(after.waitedMs).toBeGreaterThan(before.waitedMs);
  const stall = after.recent.find(({ side }) => side === "host")!;
  expect(stall.offCpuMs).toBeGreaterThan(stall.durationMs / 2);
  expect(stall.involuntarySwitches).toBeGreaterThan(0);
});

test("a burst of packets that takes longer than it may", async () => {
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "2", "pmd-stall-limit": "1" });
  dpif.clearStats();
  const served = () => stalls().causes.find(({ cause }) => cause === "rx queue source/0");
  await eventually(() => {
    for (let i = 0; i < 32; i++) dpif.dummyReceive(source, udpFrame(i));
    return served() !== undefined;
  });
  expect(served()).toMatchObject({ side: "switch" });
});

test("nobody looks when the limit is 0", async () => {
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "2", "pmd-stall-limit": "0" });
  await dpif.sync();
  // What was found before is taken out first.
  await eventually(() => {
    dpif.clearStats();
    return stalls().count === 0;
  });
  expect(stalls().limitUs).toBe(0);
});

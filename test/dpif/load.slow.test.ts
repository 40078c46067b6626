// SPDX-License-Identifier: Apache-2.0
/**
 * What a loaded PMD says of itself: hits are passes, cycles are the time that went by, queues have
 * the share of the load that they brought. `POLLUX_LOAD_SECONDS=65` measures for a minute.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dpif, PmdInfo } from "../../src/dpif/dpif.js";
import { fromPort, udpFrame, writePcap } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const seconds = Number(process.env.POLLUX_LOAD_SECONDS ?? 6.5);
/** Percent that elapsed cycles may be off. */
const PERCENT = 2;
/** Points that a share may be off: rounding down is one of them, and in a few seconds somebody else
 * on the core is many. */
const POINTS = seconds > 60 ? 2 : 10;
/** Receive queues by port: each brings as many packets as any other. */
const QUEUES: Readonly<Record<string, number>> = { one: 1, two: 2, five: 5 };
const dir = mkdtempSync(join(tmpdir(), "pollux-load-"));
let dpif: Dpif;

beforeAll(async () => {
  const capture = join(dir, "in.pcap");
  writePcap(
    capture,
    Array.from({ length: 64 }, (_, i) => udpFrame(i)),
  );
  dpif = await openTestDpif();
  await dpif.setPmdMask("2");
  const sink = await addPort(dpif, "sink", "dpdk", { "dpdk-devargs": "net_null6,no-rx=1" });
  dpif.onUpcalls((batch) => {
    for (const { pmd, slot, inPort } of batch) {
      const flow = fromPort(inPort, [{ type: "output", port: sink }]);
      dpif.resolve(pmd, slot, { flowId: dpif.flowPut(pmd, flow)! });
    }
  });
  for (const [name, queues] of Object.entries(QUEUES)) {
    const sources = Array.from({ length: queues }, () => `rx_pcap=${capture}`).join(",");
    await addPort(dpif, name, "dpdk", {
      "dpdk-devargs": `net_pcap_${name},${sources},infinite_rx=1`,
      n_rxq: String(queues),
    });
  }
  await eventually(() => busy().counters.packetsReceived > 1_000_000);
});
afterAll(async () => {
  await dpif?.close();
  rmSync(dir, { recursive: true });
});

function busy(): PmdInfo {
  return dpif.pmds()[0]!;
}

function cycles({ counters: c }: PmdInfo): number {
  return c.idleCycles + c.busyCycles + c.sleepCycles;
}

test("cycles are the time that went by, and queues have their share of it", async () => {
  const { tscHz } = dpif.pmdControl.perf({ histograms: false, iterations: 0, milliseconds: 0 })[0]!;
  const from = { cycles: cycles(busy()), ms: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const to = { cycles: cycles(busy()), ms: performance.now() };
  const expected = ((to.ms - from.ms) / 1000) * tscHz;
  expect((100 * (to.cycles - from.cycles)) / expected).toBeGreaterThan(100 - PERCENT);
  expect((100 * (to.cycles - from.cycles)) / expected).toBeLessThan(100 + PERCENT);
  const { rxqs, overheadPercent } = busy();
  const all = Object.values(QUEUES).reduce((sum, queues) => sum + queues, 0);
  const packets = Object.keys(QUEUES).map(
    (name) => dpif.portStatistics(dpif.portByName(name)!.portNo).rx_packets!,
  );
  const total = packets.reduce((sum, count) => sum + count, 0);
  for (const [i, [name, queues]] of Object.entries(QUEUES).entries()) {
    // The load as the device counts it is as it was meant.
    expect(Math.abs((100 * packets[i]!) / total - (100 * queues) / all)).toBeLessThan(1);
    const shares = rxqs.filter(({ port }) => port === name).map((rxq) => rxq.usagePercent!);
    expect(shares).toHaveLength(queues);
    const share = (100 - overheadPercent!) / all;
    for (const percent of shares) expect(Math.abs(percent - share)).toBeLessThanOrEqual(POINTS);
  }
  if (seconds > 60) console.log(JSON.stringify({ rxqs, overheadPercent, packets }));
});

test("hits and misses are passes", async () => {
  for (const name of Object.keys(QUEUES)) await dpif.portDel(dpif.portByName(name)!.portNo);
  await dpif.flowFlush();
  const source = await addPort(dpif, "source", "dummy-pmd");
  dpif.clearStats();
  for (let i = 0; i < 500; i++) {
    expect(dpif.dummyReceive(source, udpFrame(i % 64))).toBe(true);
    if (i % 50 === 0) await dpif.settled();
  }
  await dpif.settled();
  const { counters: c } = busy();
  expect(c.packetsReceived + c.recirculations).toBe(500);
  const hits = c.simpleMatchHits + c.emcHits + c.smcHits + c.megaflowHits;
  expect(hits + c.upcallsSucceeded + c.upcallsFailed).toBe(500);
  expect(c.upcallsSucceeded).toBeGreaterThan(0);
  expect(c.upcallCycles).toBeGreaterThan(0);
});

// SPDX-License-Identifier: Apache-2.0
/** Iterations as the threads measure them; sleep; load on queues. On cores that do not exist. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PerfMetrics } from "../../pmd/stats/perf-show.js";
import type { Dpif } from "../../src/dpif/dpif.js";
import type { PerfLogSettings } from "../../src/dpif/pmd-operations.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const ALL = { histograms: true, iterations: 1000, milliseconds: 1000 };
const PACKETS = 500;
const lines: string[] = [];
let dpif: Dpif;
let source: number;
let sink: number;

beforeAll(async () => {
  dpif = await openTestDpif({
    dummyNuma: "0,0",
    log: (module, level, text) => lines.push(`${module} ${level} ${text}`),
  });
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "1", "pmd-perf-metrics": "true" });
  source = await addPort(dpif, "source", "dummy-pmd", { n_rxq: "2" });
  sink = await addPort(dpif, "sink", "dummy-pmd");
  const flow = fromPort(source, [{ type: "output", port: sink }]);
  dpif.flowPut(dpif.pmds()[0]!.pmd, flow);
  await dpif.sync();
});
afterAll(() => dpif?.close());

async function send(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    expect(dpif.dummyReceive(source, udpFrame(i), i & 1)).toBe(true);
  }
  let arrived = 0;
  await eventually(() => {
    arrived += dpif.dummyTransmitted(sink).length;
    return arrived === count;
  });
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
const metrics = (): PerfMetrics => dpif.pmdControl.perf(ALL)[0]!.metrics!;

test("every packet and every iteration is in the histograms", async () => {
  dpif.clearStats();
  await send(PACKETS);
  await eventually(() => metrics().totals.packets === PACKETS);
  const { bins, totals } = metrics();
  const [, packets, cyclesPerPacket, perBatch] = bins!.map(sum);
  const [pmd] = dpif.pmdControl.perf(ALL);
  // The thread went on between the two readings.
  const { idleIterations, busyIterations } = pmd!.counters;
  expect(Math.abs(idleIterations + busyIterations - packets!)).toBeLessThan(1e7);
  expect(perBatch).toBe(totals.batches);
  expect(perBatch).toBeGreaterThanOrEqual(PACKETS / 32);
  expect(cyclesPerPacket).toBeLessThanOrEqual(perBatch!);
  expect(pmd!.counters.packetsReceived).toBe(PACKETS);
  expect(metrics().milliseconds[0]!.iterations).toBeGreaterThan(0);
});

test("pmd-stats-clear forgets, and what was not measured since is zero", async () => {
  dpif.clearStats();
  const { totals, milliseconds } = metrics();
  expect(totals.packets).toBe(0);
  expect(milliseconds).toHaveLength(1000);
  expect(milliseconds.at(-1)!.timestamp).toBe(0);
});

test("suspicious iterations come to the log with what was around them", async () => {
  const wanted: PerfLogSettings = {
    ...{ enabled: true, before: 2, after: 3, extend: false, us: 0, fill: 1_000_000 },
  };
  dpif.pmdControl.setPerfLog(wanted);
  const text = "pmd-perf-log-set: on, before=2, after=3, extend=false, us_thr=0, q_thr=1000000";
  expect(lines).toContain(`pmd_perf info ${text}`);
  const found = () => lines.find((line) => line.includes("Neighborhood of suspicious"));
  await eventually(() => found() !== undefined);
  dpif.pmdControl.setPerfLog({ ...wanted, enabled: false });
  expect(
    lines.some((l) => /Suspicious iteration \(Excessive total cycles\): iter=\d+/.test(l)),
  ).toBe(true);
  const table = found()!.trimEnd().split("\n").slice(2);
  const iterations = table.map((row) => Number.parseInt(row, 10));
  expect(iterations).toHaveLength(6);
  expect(iterations.map((n) => iterations[0]! - n)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("without pmd-perf-metrics there are none, and the counters go on", async () => {
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "1" });
  dpif.clearStats();
  await send(100);
  const [pmd] = dpif.pmdControl.perf(ALL);
  expect(pmd!.metrics).toBeUndefined();
  expect(pmd!.counters.packetsReceived).toBe(100);
});

test("an idle thread sleeps as long as it may", async () => {
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "1", "pmd-sleep-max": "50,0:200,1:7" });
  const { pmds, defaultUs } = dpif.pmdControl.sleep();
  expect({ defaultUs, pmds }).toEqual({
    defaultUs: 50,
    pmds: [{ coreId: 0, numaId: 0, maxUs: 200 }],
  });
  dpif.clearStats();
  await eventually(() => dpif.pmdControl.perf(ALL)[0]!.counters.sleepIterations > 1000);
  const { counters, tscHz } = dpif.pmdControl.perf(ALL)[0]!;
  const mean = (counters.sleepCycles / tscHz / counters.sleepIterations) * 1e6;
  expect(mean).toBeGreaterThan(90);
  await send(PACKETS);
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "1" });
  expect(dpif.pmdControl.sleep().defaultUs).toBe(0);
});

test("tx-flush-interval: packets wait for others, and leave in time", async () => {
  const settings = { "pmd-cpu-mask": "1", "tx-flush-interval": "500000" };
  await dpif.pmdControl.setOtherConfig(settings);
  await dpif.sync();
  dpif.clearStats();
  for (let i = 0; i < 8; i++) {
    dpif.dummyReceive(source, udpFrame(i));
    // Each has been received before the next one comes.
    await eventually(() => dpif.pmds()[0]!.counters.packetsReceived === i + 1);
  }
  let left = 8;
  await eventually(() => {
    left -= dpif.dummyTransmitted(sink).length;
    return left === 0;
  });
  const { outputPackets, outputBatches } = dpif.pmds()[0]!.counters;
  expect(outputPackets).toBe(8);
  expect(outputBatches).toBeLessThan(8);
  await dpif.pmdControl.setOtherConfig({ "pmd-cpu-mask": "1" });
});

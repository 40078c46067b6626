// SPDX-License-Identifier: Apache-2.0
/** Two PMDs with skewed queues: the load balancer spreads them and says why; nothing is lost, and
 * no flow is reordered. `POLLUX_REAL_MINUTES=1` lets it take the minutes that it takes in life. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { USAGE_STEPS } from "../../pmd/stats/usage-history.js";
import type { Dpif } from "../../src/dpif/dpif.js";
import type { PmdControl } from "../../src/dpif/pmd-control.js";
import { NumberedStream } from "../harness/numbered-stream.js";
import { fromPort, udpFrame, writePcap } from "./packets.js";
import { eventually, openTestDpif } from "./test-dpif.js";

const MINUTE = 60_000;
/** Long beside what a thread may be kept from running. */
const STEP_MS = 200;
const SAMPLES = USAGE_STEPS + 3;
const dir = mkdtempSync(join(tmpdir(), "pollux-balance-"));
const config = {
  ...{ "pmd-cpu-mask": "3", "pmd-auto-lb": "true", "pmd-auto-lb-load-threshold": "50" },
  "pmd-auto-lb-improvement-threshold": "50",
};
const inLife = process.env.POLLUX_REAL_MINUTES !== undefined;
let dpif: Dpif;
let stream: NumberedStream;
let control: PmdControl;
/** Of the time before the first flow. */
let dropsBefore: Readonly<Record<string, number>>[] = [];
const ports: Record<string, number> = {};

beforeAll(async () => {
  const capture = join(dir, "in.pcap");
  writePcap(
    capture,
    Array.from({ length: 64 }, (_, i) => udpFrame(i)),
  );
  dpif = await openTestDpif({ dummyNuma: "0,0" });
  control = dpif.pmdControl as PmdControl;
  await control.setOtherConfig(config);
  const add = async (portNo: number, name: string, type: string, devargs = "") => {
    const options: Record<string, string> = devargs ? { "dpdk-devargs": devargs } : {};
    expect(await dpif.portAdd({ name, type, options, portNo })).toEqual({ portNo });
    ports[name] = portNo;
  };
  await add(4, "sink", "dpdk", "net_null8,no-rx=1");
  const put = (pmd: number, inPort: number) => {
    const port = inPort === ports.numbered ? ports.counted! : ports.sink!;
    return dpif.flowPut(pmd, fromPort(inPort, [{ type: "output", port }]))!;
  };
  dpif.onUpcalls((batch) => {
    for (const { pmd, slot, inPort } of batch)
      dpif.resolve(pmd, slot, { flowId: put(pmd, inPort) });
  });
  dpif.onQueueMove((portNo, _from, to) => put(to, portNo));
  await add(1, "quiet", "dummy-pmd");
  await add(5, "numbered", "dummy-pmd");
  await add(6, "counted", "dummy-pmd");
  stream = new NumberedStream(dpif, ports.numbered!, ports.counted!);
  await add(2, "busy1", "dpdk", `net_pcap_busy1,rx_pcap=${capture},infinite_rx=1`);
  await add(3, "busy2", "dpdk", `net_pcap_busy2,rx_pcap=${capture},infinite_rx=1`);
});
afterAll(async () => {
  await dpif?.close();
  rmSync(dir, { recursive: true });
});

/** Port → core. */
function cores(): Record<string, number> {
  const placed = dpif.pmds().flatMap((pmd) => pmd.rxqs.map((rxq) => [rxq.port, pmd.coreId]));
  return Object.fromEntries(placed);
}

function received(): number {
  return (
    dpif.portStatistics(ports.busy1!).rx_packets! + dpif.portStatistics(ports.busy2!).rx_packets!
  );
}

/** As much as a minute of measuring. */
async function measure(): Promise<void> {
  for (let i = 0; i < SAMPLES; i++) {
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    control.sample();
  }
}

test("the balancer parts two busy queues on one core", async () => {
  // Dealt before anything was measured: up and down the cores.
  expect(cores()).toEqual({ quiet: 0, busy1: 1, busy2: 1, sink: 0, numbered: 0, counted: 1 });
  await eventually(() => received() > 1_000_000);
  dropsBefore = dpif.pmds().map(({ drops }) => drops);
  const began = performance.now();
  if (inLife) {
    await eventually(() => control.balancer.overloadedIntervals(1) >= USAGE_STEPS - 2, 180);
    stream.start();
    const acted = () => control.autoLb().decisions.some((each) => each.outcome === "reassigned");
    await eventually(acted, 240);
    console.log(`acted after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  } else {
    await measure();
    // Later: on a busy machine even a few packets can keep a core.
    stream.start();
    control.balance(performance.now());
    control.balance(performance.now() + MINUTE + 1);
  }
  const decision = control.autoLb().decisions.at(-1)!;
  expect(decision.reason).toMatch(/^variance improves by \d+%: improvement threshold 50% is met$/);
  expect(decision).toMatchObject({ outcome: "reassigned", algorithm: "cycles" });
  const [quiet, busy] = decision.pmds;
  expect(quiet!.overloadedIntervals).toBeLessThan(USAGE_STEPS);
  expect(busy!.overloadedIntervals).toBeGreaterThanOrEqual(USAGE_STEPS);
  expect(busy!.load).toBeGreaterThan(50);
  await eventually(() => cores().busy1 !== cores().busy2);
});

test("no packet was lost on the way", async () => {
  const before = received();
  await eventually(() => received() > before + 1_000_000);
  expect(dpif.pmds().map(({ drops }) => drops)).toEqual(dropsBefore);
  expect(await stream.stop()).toBe(0);
  expect(stream.reordered).toBe(0);
  expect(stream.received).toBeGreaterThan(100);
  const mover = cores().busy1 === 0 ? "busy1" : "busy2";
  // What the threads noted is looked at once a second.
  await eventually(() => control.pauses().some(({ port, us }) => port === mover && us > 0));
  if (inLife) console.log(JSON.stringify(control.pauses()));
});

// SPDX-License-Identifier: Apache-2.0
/** Which transmit queue packets leave on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dpif, isFailure } from "../../src/dpif/dpif.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const PACKETS = 256;
const QUEUES = { n_rxq: "4" };
const lines: string[] = [];
let dpif: Dpif;
let source: number;

beforeAll(async () => {
  dpif = await openTestDpif({
    dummyNuma: "0,0,0,0",
    log: (_module, _level, text) => lines.push(text),
  });
  // Threads 1 to 4 poll queues 0 to 3; thread 0 is the main thread.
  const config = { "pmd-cpu-mask": "f", "pmd-rxq-assign": "roundrobin", "pmd-sleep-max": "100" };
  await dpif.pmdControl.setOtherConfig(config);
  source = await addPort(dpif, "source", "dummy-pmd", QUEUES);
});
afterAll(() => dpif?.close());

async function makeSink(name: string, queues: number, steering: string): Promise<number> {
  const options = { n_txq: String(queues) };
  const otherConfig = { "tx-steering": steering };
  const added = await dpif.portAdd({ name, type: "dummy-pmd", options, otherConfig });
  if (isFailure(added)) throw new Error(added.error);
  await dpif.flowFlush();
  for (const { pmd } of dpif.pmds()) {
    dpif.flowPut(pmd, fromPort(source, [{ type: "output", port: added.portNo }]));
  }
  await dpif.sync();
  return added.portNo;
}

/** Packets per transmit queue that `packets` [queue, flow] add. */
async function sent(
  sink: number,
  packets: readonly (readonly [queue: number, flow: number])[],
): Promise<Record<string, number>> {
  const count = () => dpif.portStatistics(sink).tx_packets!;
  const before = dpif.portStatistics(sink);
  for (const [i, [queue, flow]] of packets.entries()) {
    expect(dpif.dummyReceive(source, udpFrame(flow), queue)).toBe(true);
    if (i % 16 === 15) await eventually(() => count() - before.tx_packets! > i);
  }
  await eventually(() => count() - before.tx_packets! === packets.length);
  dpif.dummyTransmitted(sink);
  const queues = Object.entries(dpif.portStatistics(sink))
    .filter(([name]) => /^tx_q\d+_packets$/.test(name))
    .map(([name, value]) => [name.slice(4, 5), value - (before[name] ?? 0)] as const);
  return Object.fromEntries(queues.filter(([, value]) => value > 0));
}

test("hash: by flow, over all queues, whichever thread sends", async () => {
  const sink = await makeSink("hashed", 4, "hash");
  expect(lines).toContain("hashed: Tx packet steering mode has been set to 'hash'.");
  const flows = Array.from({ length: PACKETS }, (_, flow) => [flow % 4, flow] as const);
  const all = await sent(sink, flows);
  expect(Object.keys(all)).toEqual(["0", "1", "2", "3"]);
  for (const packets of Object.values(all)) expect(packets).toBeGreaterThan(PACKETS / 10);
  for (const flow of [1, 2, 3]) {
    const one = await sent(
      sink,
      Array.from({ length: 32 }, (_, i) => [i % 4, flow] as const),
    );
    expect(Object.values(one)).toEqual([32]);
  }
  await dpif.portDel(sink);
});

test("thread: a queue each", async () => {
  const sink = await makeSink("each", 5, "thread");
  const flows = Array.from({ length: PACKETS }, (_, i) => [i % 4, i] as const);
  const each = PACKETS / 4;
  expect(await sent(sink, flows)).toEqual({ 1: each, 2: each, 3: each, 4: each });
  await dpif.portDel(sink);
});

test("thread, with fewer queues than threads: those that send do not share", async () => {
  const sink = await makeSink("few", 2, "thread");
  // Threads 1 and 3 would be on the same of two queues by their numbers.
  const flows = Array.from({ length: PACKETS }, (_, i) => [(i & 1) * 2, i] as const);
  expect(await sent(sink, flows)).toEqual({ 0: PACKETS / 2, 1: PACKETS / 2 });
  await dpif.portDel(sink);
});

test("one queue needs no hash", async () => {
  const sink = await makeSink("one", 1, "hash");
  expect(await sent(sink, [[0, 1]])).toEqual({ 0: 1 });
  await dpif.portDel(sink);
});

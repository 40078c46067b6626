// SPDX-License-Identifier: Apache-2.0
/** Ports and PMDs come and go while packets flow between two others: none of theirs is lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dpif, type FlowSpec, isFailure } from "../../src/dpif/dpif.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

let dpif: Dpif;
let source: number;
let sink: number;
let sent = 0;
let received = 0;
let sending = false;
const gone: number[] = [];

beforeAll(async () => {
  dpif = await openTestDpif();
  source = await addPort(dpif, "source", "dummy-pmd");
  sink = await addPort(dpif, "sink", "dummy-pmd");
  dpif.onPmdGone((pmd) => gone.push(pmd));
  dpif.onUpcalls((batch) => {
    for (const { pmd, slot, inPort } of batch) {
      const flowId = dpif.flowPut(pmd, flowFrom(inPort))!;
      dpif.resolve(pmd, slot, { flowId });
    }
  });
  // What makes moves free of loss: more packets than may wait for an answer come meanwhile.
  dpif.onQueueMove((portNo, _from, to) => dpif.flowPut(to, flowFrom(portNo)));
  dpif.flowPut(dpif.pmds()[0].pmd, flowFrom(source));
});
afterAll(() => dpif?.close());

function flowFrom(inPort: number): FlowSpec {
  return fromPort(inPort, inPort === source ? [{ type: "output", port: sink }] : []);
}

/** Keeps packets coming until told to stop, then waits for the last. */
async function underTraffic(change: () => Promise<void>): Promise<void> {
  sending = true;
  const collect = () => {
    received += dpif.dummyTransmitted(sink).length;
  };
  const pump = () => {
    // No more than the sink's ring holds: what is lost must be the switch's fault.
    for (let i = 0; i < 64 && sending && sent - received < 2048; i++) {
      if (dpif.dummyReceive(source, udpFrame(sent & 0xffff))) sent++;
    }
    collect();
    if (sending) setImmediate(pump);
  };
  pump();
  await change();
  sending = false;
  await eventually(() => {
    collect();
    return received === sent;
  });
}

test("ports are added, changed and removed", async () => {
  await underTraffic(async () => {
    for (let round = 0; round < 10; round++) {
      const devargs = `net_null${round},no-rx=1`;
      const port = await addPort(dpif, "null", "dpdk", { "dpdk-devargs": devargs, n_rxq: "2" });
      const noise = await addPort(dpif, "noise", "dpdk", { "dpdk-devargs": "net_null77" });
      const before = sent;
      await eventually(() => sent > before + 500);
      const options = { "dpdk-devargs": devargs, n_rxq: "1" };
      const config = { name: "null", type: "dpdk", options, mtuRequest: 2000 };
      expect(await dpif.portSet(port, config)).toBeUndefined();
      expect(dpif.port(port)).toMatchObject({ mtu: 2000, rxQueues: 1 });
      await dpif.portDel(port);
      await dpif.portDel(noise);
      expect(dpif.port(port)).toBeUndefined();
    }
  });
  expect(sent).toBeGreaterThan(5000);
  expect(dpif.portStatistics(source).rx_packets).toBe(sent);
  expect(dpif.portStatistics(sink).tx_packets).toBe(sent);
});

test("the set of PMDs changes", async () => {
  const before = sent;
  await underTraffic(async () => {
    for (const mask of ["0x1", "0x3", "0x2", "0x1", "0x3", null, "0x1"]) {
      await dpif.setPmdMask(mask);
      const goal = sent + 500;
      await eventually(() => sent > goal);
    }
  });
  expect(dpif.pmds().map(({ coreId }) => coreId)).toEqual([0, -1]);
  expect(gone.length).toBeGreaterThanOrEqual(5);
  expect(sent).toBeGreaterThan(before + 3500);
  expect(dpif.portStatistics(sink).tx_packets).toBe(sent);
});

test("a full command ring delays commands, and loses none", async () => {
  const [pmd] = dpif.pmds();
  const ids: number[] = [];
  for (let i = 0; i < 30_000; i++) {
    const flow = fromPort(1000, [{ type: "output", port: sink }]);
    const key = new DataView(flow.key.buffer);
    flow.mask.fill(0xff, 32, 36);
    key.setUint32(32, i);
    ids.push(dpif.flowPut(pmd.pmd, flow)!);
  }
  await dpif.sync();
  const installed = dpif.pmds()[0].flows;
  expect(installed).toBeGreaterThanOrEqual(30_000);
  await Promise.all(ids.map((id) => dpif.flowDel(pmd.pmd, id)));
  expect(dpif.pmds()[0].flows).toBe(installed - 30_000);
});

test("devices that are in use, and ports that exist", async () => {
  const port = await addPort(dpif, "one", "dpdk", { "dpdk-devargs": "net_null5" });
  const options = { "dpdk-devargs": "net_null5" };
  const again = await dpif.portAdd({ name: "two", type: "dpdk", options });
  expect(isFailure(again) && again.error).toBe(
    "'two' is trying to use device 'net_null5' which is already in use by 'one'",
  );
  expect(await dpif.portAdd({ name: "one", type: "dpdk", options })).toHaveProperty("error");
  await dpif.portDel(port);
  const now = await addPort(dpif, "two", "dpdk", options);
  await dpif.portDel(now);
});

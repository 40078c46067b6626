// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dpif, isFailure } from "../../src/dpif/dpif.js";
import { fromPort, udpFrame, writePcap } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const FRAMES = 1000;
const dir = mkdtempSync(join(tmpdir(), "pollux-dpif-"));
let dpif: Dpif;

beforeAll(async () => {
  writePcap(
    join(dir, "in.pcap"),
    Array.from({ length: FRAMES }, (_, i) => udpFrame(1000 + i)),
  );
  dpif = await openTestDpif();
});
afterAll(async () => {
  await dpif?.close();
  rmSync(dir, { recursive: true });
});

test("a capture goes through an installed flow, and every packet is counted", async () => {
  const sink = await addPort(dpif, "null1", "dpdk", { "dpdk-devargs": "net_null1,no-rx=1" });
  const devargs = `net_pcap0,rx_pcap=${join(dir, "in.pcap")}`;
  // The first packets may come before the flow: they miss and are answered with it.
  dpif.onUpcalls((batch) => {
    for (const { pmd, slot, inPort } of batch) {
      const id = dpif.flowPut(pmd, fromPort(inPort, [{ type: "output", port: sink }]))!;
      flows.push({ pmd, id });
      dpif.resolve(pmd, slot, { flowId: id });
    }
  });
  const flows: { pmd: number; id: number }[] = [];
  const source = await addPort(dpif, "pcap0", "dpdk", { "dpdk-devargs": devargs });
  await eventually(() => dpif.portStatistics(sink).tx_packets === FRAMES);

  expect(dpif.portStatistics(source).rx_packets).toBe(FRAMES);
  const pmd = dpif.pmds()[0];
  expect(pmd.counters.packetsReceived).toBe(FRAMES);
  const { emcHits, megaflowHits, simpleMatchHits, upcallsSucceeded } = pmd.counters;
  expect(emcHits + megaflowHits + simpleMatchHits + upcallsSucceeded).toBe(FRAMES);
  expect(pmd.drops).toEqual({});
  await dpif.sync();
  const last = await Promise.all(flows.map(({ pmd, id }) => dpif.flowDel(pmd, id)));
  expect(last.reduce((sum, flow) => sum + flow.packets, 0)).toBe(FRAMES);
  expect(last.reduce((sum, flow) => sum + flow.bytes, 0)).toBe(FRAMES * 64);
  await dpif.portDel(source);
  await dpif.portDel(sink);
  expect(dpif.pmds().map(({ coreId }) => coreId)).toEqual([-1]);
});

test("the stock texts for devices that cannot be", async () => {
  const failure = async (options: Record<string, string>) => {
    const result = await dpif.portAdd({ name: "bad", type: "dpdk", options });
    return isFailure(result) ? result.error : "added";
  };
  expect(await failure({})).toBe(
    "'bad' is missing 'options:dpdk-devargs'. The old 'dpdk<port_id>' names are not supported",
  );
  expect(await failure({ "dpdk-devargs": "net_foo0" })).toBe(
    "Error attaching device 'net_foo0' to DPDK",
  );
});

// SPDX-License-Identifier: Apache-2.0
/** What `pmd-perf-metrics` costs: cycles per packet of one PMD, with and without in turn. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dpif } from "../../src/dpif/dpif.js";
import {
  addPort,
  eventually,
  fromPort,
  openTestDpif,
  udpFrame,
  writePcap,
} from "../../test/harness/dpif.js";

export interface MetricsCost {
  /** Busy cycles per packet, full bursts; of each, the round that others disturbed least. */
  readonly off: number;
  readonly on: number;
}

async function cyclesPerPacket(dpif: Dpif, metrics: boolean, ms: number): Promise<number> {
  const config = { "pmd-cpu-mask": "2", "pmd-perf-metrics": String(metrics) };
  await dpif.pmdControl.setOtherConfig(config);
  const from = dpif.pmds()[0]!.counters;
  await new Promise((resolve) => setTimeout(resolve, ms));
  const to = dpif.pmds()[0]!.counters;
  const packets = to.packetsReceived - from.packetsReceived;
  // The thread may not have got to run.
  return packets > 0 ? (to.busyCycles - from.busyCycles) / packets : Infinity;
}

/** @param ms of each of `rounds` measurements with and as many without. */
export async function measureMetrics(rounds: number, ms: number): Promise<MetricsCost> {
  const dir = mkdtempSync(join(tmpdir(), "pollux-metrics-"));
  const capture = join(dir, "in.pcap");
  writePcap(
    capture,
    Array.from({ length: 64 }, (_, i) => udpFrame(i)),
  );
  const dpif = await openTestDpif();
  try {
    await dpif.setPmdMask("2");
    const sink = await addPort(dpif, "sink", "dpdk", { "dpdk-devargs": "net_null4,no-rx=1" });
    dpif.onUpcalls((batch) => {
      for (const { pmd, slot, inPort } of batch) {
        const flow = fromPort(inPort, [{ type: "output", port: sink }]);
        dpif.resolve(pmd, slot, { flowId: dpif.flowPut(pmd, flow)! });
      }
    });
    const devargs = `net_pcap_metrics,rx_pcap=${capture},infinite_rx=1`;
    await addPort(dpif, "source", "dpdk", { "dpdk-devargs": devargs });
    await eventually(() => dpif.pmds()[0]!.counters.packetsReceived > 1_000_000);
    const found = { off: Infinity, on: Infinity };
    for (let round = 0; round < rounds; round++) {
      found.off = Math.min(found.off, await cyclesPerPacket(dpif, false, ms));
      found.on = Math.min(found.on, await cyclesPerPacket(dpif, true, ms));
    }
    return found;
  } finally {
    await dpif.close();
    rmSync(dir, { recursive: true });
  }
}

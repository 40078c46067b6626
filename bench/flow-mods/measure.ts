// SPDX-License-Identifier: Apache-2.0
/** Flow-mods per second over a controller connection while packets are forwarded. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subject } from "../throughput/measure.js";

export interface FlowModsResult {
  /** Flow-mods per second, the client's part included. */
  readonly addsPerSecond: number;
  /** Flows that the switch then has. */
  readonly flows: number;
  /** Packets forwarded meanwhile. */
  readonly packets: number;
  /** Resident memory of the daemon, bytes per flow. */
  readonly bytesPerFlow: number;
}

/** Adds `count` flows of four masks to `br0` of a switch under traffic, then removes them. */
export async function measureFlowMods(
  subject: Subject,
  count: number,
  residentBytes: () => number,
): Promise<FlowModsResult> {
  const file = join(subject.dir, "flow-mods");
  const lines = Array.from({ length: count }, (_, n) => {
    const address = `${11 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.0/${24 + (n & 3)}`;
    return `table=9,priority=${n & 7},tcp,nw_dst=${address},tp_dst=${n & 0xffff},actions=drop\n`;
  });
  writeFileSync(file, lines.join(""));
  const before = residentBytes();
  const sent = await packetsOf(subject);
  const start = performance.now();
  await subject.must("ovs-ofctl", "add-flows", "br0", file);
  const seconds = (performance.now() - start) / 1000;
  const packets = (await packetsOf(subject)) - sent;
  const text = await subject.must("ovs-ofctl", "dump-aggregate", "br0", "table=9");
  const flows = Number(/flow_count=(\d+)/.exec(text)?.[1] ?? 0);
  const bytesPerFlow = (residentBytes() - before) / count;
  await subject.must("ovs-ofctl", "del-flows", "br0", "table=9");
  return { addsPerSecond: count / seconds, flows, packets, bytesPerFlow };
}

async function packetsOf(subject: Subject): Promise<number> {
  const text = await subject.must("ovs-appctl", "dpif-netdev/pmd-stats-show");
  const pmd = text.slice(text.indexOf("pmd thread"));
  return Number(/packets received: (\d+)/.exec(pmd)?.[1] ?? 0);
}

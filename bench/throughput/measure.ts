// SPDX-License-Identifier: Apache-2.0
/** One run of one case on one switch: pcap in, null out, one PMD on core 1. */
import { join } from "node:path";
import { writePcap } from "../../test/harness/pcap.js";
import { sleep, until } from "../../test/harness/processes.js";
import type { Case } from "./cases.js";

/** What both `Switch` and `StockSwitch` of the test harness are. */
export interface Subject {
  readonly dir: string;
  must(command: string, ...args: string[]): Promise<string>;
}

export interface Measurement {
  readonly packetsPerSecond: number;
  /** Busy cycles of the PMD per packet, I/O included. */
  readonly cyclesPerPacket: number;
  /** Packets that came in and went out while measured: equal, or the run is void. */
  readonly packets: number;
}

/** Settings that both switches start with. */
export const START_CONFIG = {
  "dpdk-init": "true",
  "dpdk-extra": "--no-pci",
  "dpdk-socket-mem": "1024",
  "pmd-cpu-mask": "0x2",
  "dpdk-lcore-mask": "0x1",
} as const;

const BRIDGE = "br0";

async function configure(subject: Subject, test: Case, scale: number): Promise<void> {
  const capture = join(subject.dir, "traffic.pcap");
  writePcap(capture, test.frames(scale));
  const settings = Object.entries(test.otherConfig).map(([k, v]) => `other_config:${k}=${v}`);
  await subject.must("ovs-vsctl", "set", "Open_vSwitch", ".", ...settings);
  await subject.must(
    ...["ovs-vsctl", "--", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE],
    ...["datapath_type=netdev", "fail_mode=secure", "--", "add-port", BRIDGE, "out", "--", "set"],
    ...["Interface", "out", "type=dpdk", 'options:dpdk-devargs="net_null1,no-rx=1"'],
    ...["ofport_request=2"],
  );
  for (const rule of test.rules) await subject.must("ovs-ofctl", "add-flow", BRIDGE, rule);
  await subject.must(
    ...["ovs-vsctl", "--", "add-port", BRIDGE, "in", "--", "set", "Interface", "in"],
    ...["type=dpdk", `options:dpdk-devargs="net_pcap0,rx_pcap=${capture},infinite_rx=1"`],
    ...["ofport_request=1"],
  );
}

interface Counters {
  readonly packets: number;
  readonly busyCycles: number;
  readonly atMs: number;
}

async function read(subject: Subject): Promise<Counters> {
  const text = await subject.must("ovs-appctl", "dpif-netdev/pmd-stats-show");
  const atMs = performance.now();
  const pmd = text.slice(text.indexOf("pmd thread"));
  // A PMD that has not run since its statistics were cleared shows no cycles.
  const value = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(pmd)?.[1] ?? 0);
  return { packets: value("packets received"), busyCycles: value("processing cycles"), atMs };
}

/** Runs `test` for `seconds` after traffic has settled; leaves no bridge behind. */
export async function measure(
  subject: Subject,
  test: Case,
  seconds: number,
  scale = 1,
): Promise<Measurement> {
  await configure(subject, test, scale);
  try {
    await until("traffic", async () => (await read(subject)).packets > 100_000, 60_000);
    await sleep(Math.min(1000, seconds * 500));
    await subject.must("ovs-appctl", "dpif-netdev/pmd-stats-clear");
    const from = await read(subject);
    await sleep(seconds * 1000);
    const to = await read(subject);
    const packets = to.packets - from.packets;
    return {
      packets,
      packetsPerSecond: (packets * 1000) / (to.atMs - from.atMs),
      cyclesPerPacket: (to.busyCycles - from.busyCycles) / packets,
    };
  } finally {
    await subject.must("ovs-vsctl", "--", "del-br", BRIDGE);
  }
}

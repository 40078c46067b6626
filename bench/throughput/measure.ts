// SPDX-License-Identifier: Apache-2.0
/** One run of one case on one switch: pcap in, null out. */
import { join } from "node:path";
import { writePcap } from "../../test/harness/pcap.js";
import { sleep, until } from "../../test/harness/processes.js";
import { startTestpmd, type Testpmd } from "../../test/harness/testpmd.js";
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
  /** Passes through the datapath while measured. */
  readonly packets: number;
}

/** Settings that both switches start with. PMDs come after the control thread's core. */
export function startConfig(pmds: number): Readonly<Record<string, string>> {
  return {
    "dpdk-init": "true",
    "dpdk-extra": "--no-pci",
    "dpdk-socket-mem": "1024",
    "pmd-cpu-mask": pmds === 1 ? "0x2" : "0x3",
    "dpdk-lcore-mask": "0x1",
  };
}

export interface MeasureOptions {
  readonly seconds: number;
  /** How much of the case's traffic; default: all. */
  readonly scale?: number;
  /** Each has a receive queue of its own; default 1. */
  readonly pmds?: number;
  /** Called once PMDs poll, before anything is measured. */
  readonly ready?: () => Promise<void>;
}

const BRIDGE = "br0";
const GUEST_PORTS = ["vm0", "vm1"] as const;

async function addGuest(subject: Subject): Promise<Testpmd> {
  const sockets = GUEST_PORTS.map((name) => join(subject.dir, `${name}.sock`));
  for (const [i, name] of GUEST_PORTS.entries()) {
    await subject.must(
      ...["ovs-vsctl", "--", "add-port", BRIDGE, name, "--", "set", "Interface", name],
      ...["type=dpdkvhostuserclient", `options:vhost-server-path=${sockets[i]}`],
      ...[`ofport_request=${3 + i}`],
    );
  }
  const guest = startTestpmd([sockets[0]!, sockets[1]!], true);
  await guest.forwarding;
  return guest;
}

async function configure(subject: Subject, test: Case, options: MeasureOptions): Promise<void> {
  const pmds = options.pmds ?? 1;
  const capture = join(subject.dir, "traffic.pcap");
  writePcap(capture, test.frames(options.scale ?? 1));
  const settings = Object.entries(test.otherConfig).map(([k, v]) => `other_config:${k}=${v}`);
  await subject.must("ovs-vsctl", "set", "Open_vSwitch", ".", ...settings);
  await subject.must(
    ...["ovs-vsctl", "--", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE],
    ...["datapath_type=netdev", "fail_mode=secure", "--", "add-port", BRIDGE, "out", "--", "set"],
    ...["Interface", "out", "type=dpdk", 'options:dpdk-devargs="net_null1,no-rx=1"'],
    ...["ofport_request=2"],
  );
  for (const rule of test.rules) await subject.must("ovs-ofctl", "add-flow", BRIDGE, rule);
  const captures = Array.from({ length: pmds }, () => `rx_pcap=${capture}`).join(",");
  await subject.must(
    ...["ovs-vsctl", "--", "add-port", BRIDGE, "in", "--", "set", "Interface", "in"],
    ...["type=dpdk", `options:dpdk-devargs="net_pcap0,${captures},infinite_rx=1"`],
    ...["ofport_request=1", `options:n_rxq=${pmds}`],
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
  // Of all PMDs; one that has not run since its statistics were cleared shows no cycles.
  const threads = text.slice(text.indexOf("pmd thread"), text.indexOf("main thread"));
  const value = (name: string) =>
    [...(threads || text).matchAll(new RegExp(`${name}: (\\d+)`, "g"))].reduce(
      (sum, found) => sum + Number(found[1]),
      0,
    );
  return { packets: value("packets received"), busyCycles: value("processing cycles"), atMs };
}

/** Runs `test` after traffic has settled; leaves no bridge behind. */
export async function measure(
  subject: Subject,
  test: Case,
  options: MeasureOptions,
): Promise<Measurement> {
  const { seconds } = options;
  let guest: Testpmd | undefined;
  await configure(subject, test, options);
  try {
    if (test.guest) guest = await addGuest(subject);
    await until("traffic", async () => (await read(subject)).packets > 100_000, 60_000);
    await options.ready?.();
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
    await guest?.kill();
    await subject.must("ovs-vsctl", "--", "del-br", BRIDGE);
  }
}

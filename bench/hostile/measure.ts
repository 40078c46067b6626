// SPDX-License-Identifier: Apache-2.0
/** What established flows keep of their rate while hostile packets come with them. */
import { join } from "node:path";
import { writePcap } from "../../test/harness/pcap.js";
import { sleep, until } from "../../test/harness/processes.js";
import type { Subject } from "../throughput/measure.js";
import { ESTABLISHED_RULE, framesOf, type HostileCase } from "./cases.js";

export interface HostileResult {
  /** Packets of established flows per second, before and while. */
  readonly before: number;
  readonly during: number;
  /** Hostile packets per second while. */
  readonly hostile: number;
  /** Of these: told of as misses (answered or not). */
  readonly misses: number;
  /** Masks per table looked up, and flows, at the end. */
  readonly masks: number;
  readonly flows: number;
}

interface Counters {
  readonly received: number;
  readonly sent: number;
  readonly missed: number;
  readonly lookups: number;
  readonly atMs: number;
}

const BRIDGE = "br0";

async function read(subject: Subject): Promise<Counters> {
  const [stats, ports] = await Promise.all([
    subject.must("ovs-appctl", "dpif-netdev/pmd-stats-show"),
    subject.must("ovs-ofctl", "dump-ports", BRIDGE, "2"),
  ]);
  const pmd = stats.slice(stats.indexOf("pmd thread"));
  const value = (name: string) => Number(new RegExp(`${name}: ([\\d.]+)`).exec(pmd)?.[1] ?? 0);
  return {
    received: value("packets received"),
    sent: Number(/tx pkts=(\d+)/.exec(ports)?.[1] ?? 0),
    missed: value("miss with success upcall") + value("miss with failed upcall"),
    lookups: value("avg. subtable lookups per megaflow hit"),
    atMs: performance.now(),
  };
}

async function configure(subject: Subject, test: HostileCase, scale: number): Promise<void> {
  const capture = join(subject.dir, "hostile.pcap");
  writePcap(capture, framesOf(test, scale));
  await subject.must(
    ...["ovs-vsctl", "--", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE],
    ...["datapath_type=netdev", "fail_mode=secure", "--", "add-port", BRIDGE, "out", "--", "set"],
    ...["Interface", "out", "type=dpdk", 'options:dpdk-devargs="net_null1,no-rx=1"'],
    ...["ofport_request=2"],
  );
  await subject.must("ovs-ofctl", "add-flow", BRIDGE, ESTABLISHED_RULE);
  await subject.must(
    ...["ovs-vsctl", "--", "add-port", BRIDGE, "in", "--", "set", "Interface", "in"],
    ...["type=dpdk", `options:dpdk-devargs="net_pcap0,rx_pcap=${capture},infinite_rx=1"`],
    ...["ofport_request=1"],
  );
}

async function rates(subject: Subject, seconds: number): Promise<Omit<Counters, "atMs">> {
  await subject.must("ovs-appctl", "dpif-netdev/pmd-stats-clear");
  const from = await read(subject);
  await sleep(seconds * 1000);
  const to = await read(subject);
  const per = (a: number, b: number) => ((b - a) * 1000) / (to.atMs - from.atMs);
  return {
    received: per(from.received, to.received),
    sent: per(from.sent, to.sent),
    missed: per(from.missed, to.missed),
    lookups: to.lookups,
  };
}

/** @param seconds of each of the two measurements */
export async function measureHostile(
  subject: Subject,
  test: HostileCase,
  seconds: number,
  scale = 1,
): Promise<HostileResult> {
  await configure(subject, test, scale);
  try {
    await until("traffic", async () => (await read(subject)).sent > 100_000, 60_000);
    await sleep(500);
    const before = await rates(subject, seconds);
    const settings = Object.entries(test.otherConfig).map(([k, v]) => `other_config:${k}=${v}`);
    await subject.must("ovs-vsctl", "set", "Open_vSwitch", ".", ...settings);
    for (const rule of test.rules) await subject.must("ovs-ofctl", "add-flow", BRIDGE, rule);
    await sleep(1500);
    const during = await rates(subject, seconds);
    const flows = await subject.must("ovs-appctl", "upcall/show");
    return {
      before: before.sent,
      during: during.sent,
      hostile: during.received / test.every,
      misses: during.missed,
      masks: during.lookups,
      flows: Number(/current (\d+)/.exec(flows)?.[1] ?? 0),
    };
  } finally {
    await subject.must("ovs-vsctl", "--", "del-br", BRIDGE);
  }
}

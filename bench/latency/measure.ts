// SPDX-License-Identifier: Apache-2.0
/**
 * From the first packet of a connection to the forwarded packet: two namespaces on the switch, a
 * datagram there and back through flows that nobody has installed yet, and another through those
 * that are then there. What the first takes longer is two set-ups.
 */
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { Namespace, vethInto } from "../../test/harness/namespaces.js";
import { ROOT } from "../../test/harness/processes.js";
import type { Subject } from "../throughput/measure.js";

export interface LatencyCase {
  readonly tables: number;
  readonly megaflows: boolean;
}

export interface LatencyResult {
  /** Microseconds of round trips, sorted: of first datagrams, and of second ones. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Datagrams that did not come back within a second. */
  readonly lost: number;
}

const BRIDGE = "br0";
const PORT = 7007;
/** A namespace's devices go some time after it: each run has names of its own. */
let runs = 0;

/** Tables that look at headers and copy both ports: every connection has flows of its own. */
function rulesOf(tables: number): string[] {
  const matches = ["", "ip,nw_dst=10.99.0.0/24,", "udp,", "in_port=1,udp,", "in_port=2,udp,"];
  const ports =
    "move:NXM_OF_UDP_SRC[]->NXM_NX_REG0[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG0[16..31],";
  const rules: string[] = [];
  for (let table = 0; table < tables; table++) {
    const next = table === tables - 1 ? "NORMAL" : `resubmit(,${table + 1})`;
    for (const [i, match] of matches.entries()) {
      const copied = match.includes("udp") ? ports : "";
      rules.push(`table=${table},priority=${i + 1},${match}actions=${copied}${next}`);
    }
  }
  return rules;
}

/** @param connections one after the other */
export async function measureLatency(
  subject: Subject,
  test: LatencyCase,
  connections: number,
): Promise<LatencyResult> {
  const near = new Namespace();
  const far = new Namespace();
  const tag = `${process.pid % 100_000}-${runs++}`;
  try {
    vethInto(near, `la${tag}`, "eth0", "10.99.0.1/24");
    vethInto(far, `lb${tag}`, "eth0", "10.99.0.2/24");
    // A veth leaves checksums to a device that will never come: the stock switch passes them on.
    for (const ns of [near, far]) ns.exec("ethtool", "-K", "eth0", "tx", "off");
    await subject.must(
      ...["ovs-vsctl", "--", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE],
      ...["datapath_type=netdev", "fail_mode=secure"],
      ...["--", "add-port", BRIDGE, `la${tag}`, "--", "set", "Interface", `la${tag}`],
      ...["ofport_request=1", "--", "add-port", BRIDGE, `lb${tag}`, "--", "set", "Interface"],
      ...[`lb${tag}`, "ofport_request=2"],
    );
    for (const rule of rulesOf(test.tables)) {
      await subject.must("ovs-ofctl", "add-flow", BRIDGE, rule);
    }
    const onOff = test.megaflows ? "enable" : "disable";
    await subject.must("ovs-appctl", `upcall/${onOff}-megaflows`);
    return await trips(near, far, connections);
  } finally {
    near.remove();
    far.remove();
    await subject.must("ovs-vsctl", "--", "--if-exists", "del-br", BRIDGE);
  }
}

async function trips(near: Namespace, far: Namespace, count: number): Promise<LatencyResult> {
  const script = (name: string) => `${ROOT}/bench/latency/${name}.mjs`;
  const inside = (ns: Namespace) => ["netns", "exec", ns.name, process.execPath];
  const echo = spawn("ip", [...inside(far), script("echo"), String(PORT)]);
  try {
    await new Promise((resolve) => echo.stdout.once("data", resolve));
    const args = [...inside(near), script("ping"), "10.99.0.2", String(PORT), String(count)];
    const { stdout } = await promisify(execFile)("ip", args, { timeout: 300_000 });
    const pairs = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number));
    const column = (i: number) =>
      pairs
        .map((pair) => pair[i]!)
        .filter((us) => !Number.isNaN(us))
        .sort((a, b) => a - b);
    const first = column(0);
    const second = column(1);
    return { first, second, lost: 2 * pairs.length - first.length - second.length };
  } finally {
    echo.kill();
  }
}

/** The value that a share of `sorted` is below. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

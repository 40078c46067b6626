// SPDX-License-Identifier: Apache-2.0
/** The regular expressions with which published exporters read the stock switch match our live
 * output; PMD threads are found in /proc as they look for them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLoadedSwitch } from "../harness/loaded-switch.js";
import { until } from "../harness/processes.js";
import type { Switch } from "../harness/switch.js";

let sw: Switch;
const appctl = (...args: string[]) => sw.must("ovs-appctl", ...args);
const lines = async (...args: string[]) => (await appctl(...args)).split("\n");

const THREAD = /^pmd thread numa_id (\d+) core_id (\d+):$/;

beforeAll(async () => {
  sw = await startLoadedSwitch();
  await until("loads of queues", async () => {
    return !(await appctl("dpif-netdev/pmd-rxq-show")).includes("NOT AVAIL");
  });
});
afterAll(() => sw?.stop());

describe("openstack-network-exporter", () => {
  it("reads pmd-perf-show", async () => {
    const found = new Map<string, number>();
    let threads = 0;
    for (const line of await lines("dpif-netdev/pmd-perf-show", "-nh")) {
      if (THREAD.test(line)) threads++;
      const stat = /^\s*([^:]+):\s+(\d+)\s*(.*)$/.exec(line);
      if (threads > 0 && stat) found.set(stat[1]!, Number(stat[2]));
    }
    expect(threads).toBe(1);
    const names = [
      ...["Iterations", "- Used TSC cycles", "- idle iterations", "- busy iterations"],
      ...["- sleep iterations", "Sleep time (us)", "Rx packets", "Datapath passes"],
      ...["- PHWOL hits", "- MFEX Opt hits", "- Simple Match hits", "- EMC hits", "- SMC hits"],
      ...["- Megaflow hits", "- Upcalls", "- Lost upcalls", "Tx packets", "Tx batches"],
    ];
    expect([...found.keys()]).toEqual(names);
    for (const name of ["Iterations", "Rx packets", "Datapath passes", "Tx packets"]) {
      expect(found.get(name), name).toBeGreaterThan(0);
    }
  });

  it("reads pmd-rxq-show", async () => {
    const text = await lines("dpif-netdev/pmd-rxq-show");
    const count = (pattern: RegExp) => text.filter((line) => pattern.test(line)).length;
    expect(count(THREAD)).toBe(1);
    expect(count(/^\s*isolated\s*:\s*(true|false)$/)).toBe(1);
    const rxq =
      /^\s*port:\s*(\S+)\s+queue-id:\s*(\d+)\s+\((enabled|disabled)\)\s+pmd usage:\s*([\d.]+)\s*%$/;
    expect(text.map((line) => rxq.exec(line)?.[1]).filter((port) => port)).toEqual(["dst", "src"]);
    expect(count(/^\s*overhead\s*:\s*([\d.]+)\s*%$/)).toBe(1);
  });

  it("reads dpctl/show", async () => {
    const text = await lines("dpctl/show");
    const [name, lookups, flows] = text;
    expect(/^([\w-]+)@([\w-]+):$/.exec(name!)?.slice(1)).toEqual(["netdev", "ovs-netdev"]);
    expect(lookups).toMatch(/^ {2}lookups:\s*hit:\s*(\d+)\s+missed:\s*(\d+)\s+lost:(\d+)$/);
    expect(flows).toMatch(/^ {2}flows:\s*(\d+)$/);
  });

  it("reads coverage/show and memory/show", async () => {
    const events = (await lines("coverage/show"))
      .map((line) => /^(\w+)\s+.*\s+total: (\d+)$/.exec(line))
      .filter((match) => match !== null);
    const counts = new Map(events.map(([, name, total]) => [name!, Number(total)]));
    expect(counts.get("netdev_received")).toBeGreaterThan(0);
    expect(counts.get("drop_action_of_pipeline")).toBeGreaterThan(0);
    const memory = new Map(
      [...(await appctl("memory/show")).matchAll(/(\w+):(\d+)/g)].map((m) => [m[1]!, m[2]!]),
    );
    for (const name of ["handlers", "ports", "revalidators", "rules", "keys"]) {
      expect(Number(memory.get(name)), name).toBeGreaterThan(0);
    }
  });

  it("asks bridges for their number of flows", async () => {
    const mgmt = join(sw.dir, "br0.mgmt");
    expect(await sw.must("ovs-ofctl", "dump-aggregate", `unix:${mgmt}`)).toMatch(
      /packet_count=[1-9]\d* byte_count=[1-9]\d* flow_count=3$/m,
    );
  });

  it("finds the control socket and the PMD threads with one CPU each", () => {
    const pid = readFileSync(join(sw.dir, "ovs-vswitchd.pid"), "utf8").trim();
    expect(readdirSync(sw.dir)).toContain(`ovs-vswitchd.${pid}.ctl`);
    const threads = new Map<string, string>();
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
      const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1];
      if (!field("Name")?.startsWith("pmd-c")) continue;
      threads.set(field("Name")!, field("Cpus_allowed_list")!);
      expect(Number(field("voluntary_ctxt_switches"))).toBeGreaterThanOrEqual(0);
      expect(Number(field("nonvoluntary_ctxt_switches"))).toBeGreaterThanOrEqual(0);
    }
    expect([...threads.values()]).toEqual(["1"]);
    expect([...threads.keys()][0]).toMatch(/^pmd-c01\/id:\d+$/);
  });
});

describe("readers of pmd-stats-show", () => {
  it("coreweave finds its four numbers", async () => {
    const text = await appctl("dpif-netdev/pmd-stats-show");
    for (const label of [
      ...["miss with success upcall", "miss with failed upcall", "idle cycles"],
      ...["processing cycles", "avg. subtable lookups per megaflow hit"],
    ]) {
      const value = new RegExp(`^\\s*${label.replace(".", "\\.")}:\\s*([\\d.]+)`, "m").exec(text);
      expect(Number(value?.[1]), label).toBeGreaterThanOrEqual(0);
    }
  });

  it("every line of a thread is a name and a number", async () => {
    const text = await lines("dpif-netdev/pmd-stats-show", "-pmd", "1");
    const names = text.slice(1, -1).map((line) => /^ {2}([\w. ]+): [\d.]+( \(.*\))?$/.exec(line));
    expect(names.map((match) => match?.[1])).toEqual([
      ...["packets received", "packet recirculations", "avg. datapath passes per packet"],
      ...["phwol hits", "mfex opt hits", "simple match hits", "emc hits", "smc hits"],
      ...["megaflow hits", "avg. subtable lookups per megaflow hit", "miss with success upcall"],
      ...["miss with failed upcall", "avg. packets per output batch", "idle cycles"],
      ...["processing cycles", "avg cycles per packet", "avg processing cycles per packet"],
    ]);
  });

  it("nfvri reads dpctl/show -s, five lines a port", async () => {
    const text = (await lines("dpctl/show", "-s")).slice(0, -1);
    const first = text.findIndex((line) => line.startsWith("  port "));
    const ports = text.slice(first);
    const counts = (direction: string, names: readonly string[]): RegExp =>
      new RegExp(`^ {4}${direction} ${names.map((name) => `${name}:(\\d+|\\?)`).join(" ")}$`);
    expect(ports.length % 5).toBe(0);
    for (let i = 0; i < ports.length; i += 5) {
      expect(ports[i]).toMatch(/^ {2}port \d+: \S+( \(.*\))?$/);
      expect(ports[i + 1]).toMatch(
        counts("RX", ["packets", "errors", "dropped", "overruns", "frame"]),
      );
      expect(ports[i + 2]).toMatch(
        counts("TX", ["packets", "errors", "dropped", "aborted", "carrier"]),
      );
      expect(ports[i + 3]).toMatch(/^ {4}collisions:(\d+|\?)$/);
      expect(ports[i + 4]).toMatch(/^ {4}RX bytes:\d+.* TX bytes:\d+/);
    }
  });
});

// SPDX-License-Identifier: Apache-2.0
/** Receive queues on cores and nodes that do not exist: the same as with the stock daemon. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { Switch } from "../harness/switch.js";

const NUMA = "0,0,0,0,1,1";
const args = [`--dummy-numa=${NUMA}`];
const PLACED = /assigned port|pinned with|cannot be pinned|no available|No non-isolated|Performing/;

/** Database changes in order; after each, who polls what and what the log says must be equal. */
const STEPS: readonly (readonly [string, ...string[]])[] = [
  ["four cores", "set", "Open_vSwitch", ".", "other_config:pmd-cpu-mask=0xf"],
  [
    ...(["a port of eight queues", "add-port", "br0", "p1"] as const),
    ...["--", "set", "Interface", "p1", "type=dummy-pmd", "options:n_rxq=8"],
  ],
  ["group", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-assign=group"],
  ["roundrobin", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-assign=roundrobin"],
  ["an unknown way", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-assign=best"],
  ["pins", "set", "Interface", "p1", 'other_config:pmd-rxq-affinity="0:3,1:1,6:3"'],
  ["pins that are none", "set", "Interface", "p1", 'other_config:pmd-rxq-affinity="0:x"'],
  ["pins to no PMD", "set", "Interface", "p1", 'other_config:pmd-rxq-affinity="0:3,1:5"'],
  ["not isolated", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-isolate=false"],
  ["group again", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-assign=group"],
  ["fewer cores", "set", "Open_vSwitch", ".", "other_config:pmd-cpu-mask=6"],
  ["isolated", "set", "Open_vSwitch", ".", "other_config:pmd-rxq-isolate=true"],
  ["all cores pinned", "set", "Interface", "p1", 'other_config:pmd-rxq-affinity="0:1,1:2"'],
  ["no pins", "remove", "Interface", "p1", "other_config", "pmd-rxq-affinity"],
  ["another node", "set", "Interface", "p1", "options:numa_id=1"],
  ["cores there", "set", "Open_vSwitch", ".", "other_config:pmd-cpu-mask=0x36"],
  ["a node without cores", "set", "Interface", "p1", "options:numa_id=8"],
  ["fewer queues", "set", "Interface", "p1", "options:n_rxq=3", "options:numa_id=0"],
];

let stock: StockSwitch;
let pollux: Switch;

async function bridge(sw: StockSwitch | Switch): Promise<void> {
  await sw.must("ovs-vsctl", "add-br", "br0", "--", "set", "Bridge", "br0", "datapath_type=dummy");
}

/** The log's lines about queues from byte `at` on, without their times. */
function placements(sw: StockSwitch | Switch, at: number): string[] {
  const text = readFileSync(join(sw.dir, "ovs-vswitchd.log"), "utf8").slice(at);
  const lines = text.split("\n").filter((line) => PLACED.test(line));
  return lines.map((line) => line.slice(line.indexOf("dpif_netdev")));
}

const logEnd = (sw: StockSwitch | Switch) =>
  readFileSync(join(sw.dir, "ovs-vswitchd.log"), "utf8").length;

/** The last assignment in the log, each line once; a change may have caused several. */
function lastPlan(lines: readonly string[]): string[] {
  const start = lines.findLastIndex((line) => line.includes("Performing"));
  return [...new Set(start < 0 ? lines : lines.slice(start))];
}

describe.skipIf(!stockInstalled("dummy"))("beside the stock daemon", () => {
  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy", args });
    pollux = await Switch.start({
      args: ["--enable-dummy=override", "--disable-system", ...args],
    });
    await bridge(stock);
    await bridge(pollux);
  });
  afterAll(async () => {
    await pollux?.stop();
    await stock?.stop();
  });

  it.each(STEPS)("%s", async (_name, ...change) => {
    const from = { stock: logEnd(stock), pollux: logEnd(pollux) };
    await stock.must("ovs-vsctl", ...change);
    await pollux.must("ovs-vsctl", ...change);
    const show = async (sw: StockSwitch | Switch) =>
      (await sw.appctl("dpif-netdev/pmd-rxq-show")).stdout.replace(/ {2}\d+ %/g, " NOT AVAIL");
    await until("the same queues on the same cores", async () => {
      return (await show(stock)) === (await show(pollux));
    }).catch(async () => expect(await show(pollux)).toBe(await show(stock)));
    const theirs = lastPlan(placements(stock, from.stock));
    expect(lastPlan(placements(pollux, from.pollux))).toEqual(theirs);
  });

  it.each([
    ["pmd-rxq-rebalance", "x", "y"],
    ["pmd-rxq-rebalance"],
    ["pmd-rxq-show", "-secs", "0", "-pmd", "99"],
    ["pmd-rxq-show", "-pmd", "1"],
    ["pmd-perf-show", "-pmd", "99"],
    ["pmd-perf-show", "-nh", "-it", "x", "-ms", "-1", "-pmd", "99"],
    ["pmd-perf-show", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    ["pmd-perf-log-set", "on", "-b", "3", "-a", "4", "-e", "-us", "100", "-q", "10"],
    ["pmd-perf-log-set", "off", "-ne"],
    ["pmd-perf-log-set", "maybe"],
    ["pmd-perf-log-set", "-b"],
    ["pmd-perf-log-set", "-us", "x"],
  ])("%s %s %s", async (command, ...args) => {
    const theirs = await stock.appctl(`dpif-netdev/${command}`, ...args);
    expect(await pollux.appctl(`dpif-netdev/${command}`, ...args)).toEqual(theirs);
  });

  it("settings are logged in the same words", async () => {
    const configs = [
      "other_config:pmd-auto-lb=true",
      "other_config:pmd-auto-lb-load-threshold=70",
      "other_config:pmd-auto-lb-improvement-threshold=101",
      "other_config:pmd-auto-lb-improvement-threshold=0",
      "other_config:pmd-auto-lb-rebal-interval=0",
      "other_config:pmd-auto-lb-rebal-interval=10",
      "other_config:pmd-auto-lb=false",
      "other_config:pmd-maxsleep=10001",
      "other_config:pmd-maxsleep=0",
      "other_config:tx-flush-interval=50",
      "other_config:pmd-perf-metrics=true",
    ];
    for (const config of configs) {
      const from = [logEnd(stock), logEnd(pollux)] as const;
      await stock.must("ovs-vsctl", "set", "Open_vSwitch", ".", config);
      await pollux.must("ovs-vsctl", "set", "Open_vSwitch", ".", config);
      const said = (sw: StockSwitch | Switch, at: number) =>
        readFileSync(join(sw.dir, "ovs-vswitchd.log"), "utf8")
          .slice(at)
          .split("\n")
          .map((line) => line.slice(line.indexOf("dpif_netdev")))
          .filter((line) => /^dpif_netdev\|INFO\|(PMD|Flush)/.test(line));
      await until(config, () => said(pollux, from[1]).length === said(stock, from[0]).length).catch(
        () => undefined,
      );
      expect(said(pollux, from[1])).toEqual(said(stock, from[0]));
    }
  });
});

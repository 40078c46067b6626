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

  it("pmd-rxq-rebalance", async () => {
    for (const command of [["x", "y"], []]) {
      const theirs = await stock.appctl("dpif-netdev/pmd-rxq-rebalance", ...command);
      expect(await pollux.appctl("dpif-netdev/pmd-rxq-rebalance", ...command)).toEqual(theirs);
    }
  });
});

// SPDX-License-Identifier: Apache-2.0
/**
 * What established flows keep of their rate during a storm of misses and under an attack on the
 * tuple space, of Pollux and, where it is installed, of the stock switch.
 *
 * `node dist/bench/hostile/main.js [--rounds N] [--seconds N] [--only TEXT] [--stock PATH]`
 */
import { parseArgs } from "node:util";
import { StockSwitch, stockInstalled } from "../../test/harness/stock-switch.js";
import { Switch } from "../../test/harness/switch.js";
import { startConfig } from "../throughput/measure.js";
import { CASES } from "./cases.js";
import { type HostileResult, measureHostile } from "./measure.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    stock: { type: "string" },
  },
});

function print(who: string, name: string, result: HostileResult): void {
  const mpps = (rate: number) => (rate / 1e6).toFixed(2);
  const kept = ((100 * result.during) / result.before).toFixed(1);
  const cells = [name, who, `${mpps(result.before)} -> ${mpps(result.during)} Mpps`, `${kept} %`];
  cells.push(`${Math.round(result.hostile)} hostile/s`, `${Math.round(result.misses)} misses/s`);
  cells.push(`${result.flows} flows`, `${result.masks} lookups/hit`);
  process.stdout.write(`${cells.join("  ")}\n`);
}

for (const test of CASES.filter(({ name }) => name.includes(values.only))) {
  for (let round = 0; round < Number(values.rounds); round++) {
    const sw = await Switch.start({ otherConfig: startConfig(1) });
    try {
      print("Pollux", test.name, await measureHostile(sw, test, Number(values.seconds)));
    } finally {
      await sw.stop();
    }
    if (!stockInstalled("dpdk")) continue;
    const { stock: daemon } = values;
    const options = { mode: "dpdk" as const, otherConfig: startConfig(1) };
    const stock = await StockSwitch.start({ ...options, ...(daemon ? { daemon } : {}) });
    try {
      print("stock", test.name, await measureHostile(stock, test, Number(values.seconds)));
    } finally {
      await stock.stop();
    }
  }
}

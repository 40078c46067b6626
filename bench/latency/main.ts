// SPDX-License-Identifier: Apache-2.0
/**
 * Microseconds from the first packet of a connection to the forwarded packet and back, of Pollux
 * and, where it is installed, of the stock switch.
 *
 * `node dist/bench/latency/main.js [--connections N] [tables…]`
 */
import { parseArgs } from "node:util";
import { StockSwitch, stockInstalled } from "../../test/harness/stock-switch.js";
import { Switch } from "../../test/harness/switch.js";
import { type Subject, startConfig } from "../throughput/measure.js";
import { type LatencyCase, measureLatency, percentile } from "./measure.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { connections: { type: "string", default: "2000" } },
});

async function print(who: string, subject: Subject, test: LatencyCase): Promise<void> {
  const { first, second, lost } = await measureLatency(subject, test, Number(values.connections));
  const shares = (of: readonly number[]) =>
    [0.5, 0.9, 0.99].map((share) => percentile(of, share).toFixed(0)).join("/");
  const cells = [who, `${test.tables} tables`, `megaflows ${test.megaflows ? "on" : "off"}`];
  cells.push(`first ${shares(first)}`, `second ${shares(second)}`, `lost ${lost}`);
  process.stdout.write(`${cells.join("  ")}\n`);
}

process.stdout.write("µs of a round trip, 50/90/99 %\n");
const tables = positionals.length > 0 ? positionals.map(Number) : [1, 5, 10, 20];
for (const count of tables) {
  for (const megaflows of [true, false]) {
    const test = { tables: count, megaflows };
    const sw = await Switch.start({ otherConfig: startConfig(1) });
    try {
      await print("Pollux", sw, test);
    } finally {
      await sw.stop();
    }
    if (!stockInstalled("dpdk")) continue;
    const stock = await StockSwitch.start({ mode: "dpdk", otherConfig: startConfig(1) });
    try {
      await print("stock ", stock, test);
    } finally {
      await stock.stop();
    }
  }
}

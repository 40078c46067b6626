// SPDX-License-Identifier: Apache-2.0
/**
 * The control thread's time for a miss: from the upcall ring through translation to the commands
 * that install the flow; and for sweeps over the flows. In memory, without packet threads.
 *
 * `node dist/bench/setup/main.js [--misses N] [--rounds N] [tables…]`
 */
import { parseArgs } from "node:util";
import { measureSetup } from "./measure.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    misses: { type: "string", default: "65536" },
    rounds: { type: "string", default: "7" },
  },
});
const tables = positionals.length > 0 ? positionals.map(Number) : [1, 5, 10, 20];
const columns = ["tables", "best µs", "median", "per s", "flows", "sweep µs/flow: idle", "used"];
process.stdout.write(`${[...columns, "translated", "checksum"].join("  ")}\n`);
for (const count of tables) {
  const size = { tables: count, misses: Number(values.misses), rounds: Number(values.rounds) };
  const result = measureSetup(size);
  const { best, median, flows } = result;
  const perFlow = (ms: number) => ((ms * 1000) / flows).toFixed(2);
  const sweeps = [result.idleSweepMs, result.usedSweepMs, result.translateSweepMs].map(perFlow);
  const rate = Math.round(1e6 / median);
  const cells = [count, best.toFixed(2), median.toFixed(2), rate, flows, ...sweeps];
  process.stdout.write(`${[...cells, result.checksum].join("  ")}\n`);
}

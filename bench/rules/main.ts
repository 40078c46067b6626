// SPDX-License-Identifier: Apache-2.0
/**
 * Classifiers of up to a million rules.
 *
 * `node --expose-gc --max-old-space-size=8192 dist/bench/rules/main.js [rules…]`
 */
import { measureRules } from "./measure.js";

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 100_000, 1e6];
process.stdout.write(
  "rules  masks  µs insert  bytes/rule  ns lookup  ns with wildcards  µs remove\n",
);
for (const count of counts) {
  const { masks, insertUs, bytes, lookupNs, markingNs, removeUs } = measureRules(count, 200_000);
  const cells = [count, masks, insertUs.toFixed(2), bytes.toFixed(0), lookupNs.toFixed(0)];
  process.stdout.write(`${[...cells, markingNs.toFixed(0), removeUs.toFixed(2)].join("  ")}\n`);
}

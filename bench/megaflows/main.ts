// SPDX-License-Identifier: Apache-2.0
/**
 * Why megaflows: flows, masks and set-ups for connections that come and go through an access list
 * and NORMAL, with each optimisation of the classifier on alone.
 *
 * `node dist/bench/megaflows/main.js [connections]`
 */
import { churn, ROWS } from "./churn.js";

const connections = Number(process.argv[2] ?? 200_000);
const columns = ["", "flows", "masks", "set-ups", "µs per connection", "connections/s of a core"];
process.stdout.write(`${columns.join("  ")}\n`);
for (const row of ROWS) {
  const { flows, masks, misses, cpuUs } = await churn(row, connections);
  const rate = Math.round(1e6 / cpuUs);
  const cells = [row.name.padEnd(22), flows, masks, misses, cpuUs.toFixed(2), rate];
  process.stdout.write(`${cells.join("  ")}\n`);
}

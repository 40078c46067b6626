// SPDX-License-Identifier: Apache-2.0
/** `node dist/bench/metrics/main.js [rounds [ms]]`: 100 50. */
import { measureMetrics } from "./measure.js";

const [rounds = 100, ms = 50] = process.argv.slice(2).map(Number);
const { off, on } = await measureMetrics(rounds, ms);
const cost = `${(on - off).toFixed(1)} cycles per packet`;
console.log(`pmd-perf-metrics: off ${off.toFixed(1)}, on ${on.toFixed(1)}: ${cost}`);

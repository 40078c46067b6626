// SPDX-License-Identifier: Apache-2.0
/**
 * Cycles per packet of the path without I/O: 512 frames of 60 bytes in memory, bursts of 32, a
 * random flow per packet, an output to a device that forgets.
 *
 * `node dist/bench/path/main.js [--quick] [--steps] [--isa v2|avx2|avx512] [case…]`
 *
 * `--steps` says where the cycles go, at the AVX-512 level; reading the clock between the steps
 * itself takes about one cycle per packet and step.
 */
import { parseArgs } from "node:util";
import { ISA } from "../../test/harness/path.js";
import { CASES, type CaseName } from "./cases.js";
import { type Measured, measure } from "./measure.js";

function line(name: string, m: Measured): string {
  const hits = `emc ${m.emcPercent.toFixed(0)}%, ${m.subtables.toFixed(1)} subtables/hit`;
  const cycles = `${m.p10.toFixed(1).padStart(7)} ${m.median.toFixed(1).padStart(7)}`;
  const steps = Object.entries(m.steps)
    .filter(([, sum]) => sum > 0)
    .map(([step, sum]) => `${step} ${sum.toFixed(1)}`);
  const tail = steps.length > 0 ? steps.join(", ") : `${hits}   checksum ${m.packets}`;
  return `${name.padEnd(24)} ${cycles}   ${tail}`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean" },
    steps: { type: "boolean" },
    isa: { type: "string" },
  },
});
const isa = values.steps ? ISA.steps : ISA[(values.isa ?? "best") as keyof typeof ISA];
process.stdout.write("case                         p10  median   cycles per packet\n");
for (const name of Object.keys(CASES) as CaseName[]) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stdout.write(`${line(name, measure(name, { isa, quick: values.quick === true }))}\n`);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Cycles per packet of the path without I/O: 512 frames of 60 bytes in memory, bursts of 32, a
 * uniformly random flow per packet, the action one output to a device that forgets.
 *
 * `node dist/bench/path/main.js [--quick] [--isa v2|avx2|avx512] [case…]`
 */
import { parseArgs } from "node:util";
import { ISA } from "../../test/harness/path.js";
import { CASES, type Measured, measure } from "./measure.js";

function line(name: string, m: Measured): string {
  const hits = `emc ${m.emcPercent.toFixed(0)}%, ${m.subtables.toFixed(1)} subtables/hit`;
  const cycles = `${m.p10.toFixed(1).padStart(7)} ${m.median.toFixed(1).padStart(7)}`;
  return `${name.padEnd(24)} ${cycles}   ${hits}   checksum ${m.packets}`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean" }, isa: { type: "string" } },
});
const isa = ISA[(values.isa ?? "best") as keyof typeof ISA];
process.stdout.write("case                         p10  median   cycles per packet\n");
for (const name of Object.keys(CASES) as (keyof typeof CASES)[]) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stdout.write(`${line(name, measure(name, { isa, quick: values.quick === true }))}\n`);
}

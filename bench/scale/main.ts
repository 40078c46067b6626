// SPDX-License-Identifier: Apache-2.0
/**
 * Cycles per packet of the path without I/O over 1 k to 1 M microflows and 1 to 63 masks, as a
 * table and, with `--svg FILE`, as a picture.
 *
 * `node dist/bench/scale/main.js [--svg FILE] [--isa v2|avx2|avx512]`
 *
 * How the whole switch scales with PMDs: `npm run bench -- --pmds 2`.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ISA } from "../../test/harness/path.js";
import { type Curve, curve, svg } from "./curve.js";

const K = 1024;
const FLOWS = [K, 4 * K, 16 * K, 64 * K, 256 * K, K * K];
const MASKS = [1, 2, 4, 8, 16, 32, 63];

const { values } = parseArgs({ options: { svg: { type: "string" }, isa: { type: "string" } } });
const isa = ISA[(values.isa ?? "best") as keyof typeof ISA];
const head = FLOWS.map((flows) => String(flows).padStart(9));
process.stdout.write(`cycles per packet\nmasks${head.join("")}  microflows\n`);
const curves: Curve[] = [];
for (const masks of MASKS) {
  const one = curve(masks, FLOWS, { isa, quick: false });
  curves.push(one);
  const cells = one.points.map(([, cycles]) => cycles.toFixed(1).padStart(9));
  process.stdout.write(`${String(masks).padStart(5)}${cells.join("")}\n`);
}
if (values.svg) writeFileSync(values.svg, svg(curves));

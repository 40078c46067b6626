// SPDX-License-Identifier: Apache-2.0
/** `node dist/bench/reconfiguration/main.js [ports [queues [masks]]]`: 50 20 20. */
import { measureReconfiguration, type Outcome } from "./measure.js";

const [ports = 50, queues = 20, masks = 20] = process.argv.slice(2).map(Number);

function line({ name, changes, seconds, pauses }: Outcome): string {
  const us = pauses.map((pause) => pause.us).sort((a, b) => a - b);
  const median = us[us.length >> 1];
  const show = (value: number | undefined) => (value === undefined ? "-" : value.toFixed(0));
  const cells = [changes, seconds.toFixed(1), us.length, show(median), show(us.at(-1))];
  return `${name.padEnd(10)}${cells.map((cell) => String(cell).padStart(10)).join("")}`;
}

const result = await measureReconfiguration({ ports, queues, masks });
const heads = ["changes", "seconds", "pauses", "median us", "longest us"];
console.log(`${"".padEnd(10)}${heads.map((head) => head.padStart(10)).join("")}`);
for (const outcome of result.outcomes) console.log(line(outcome));
const { load, numbered, drops } = result;
console.log(`load: ${load.received} packets came in, ${load.sent} went out`);
console.log(
  `numbered: ${numbered.sent} packets, ${numbered.lost} lost, ${numbered.reordered} out of order`,
);
console.log(`drops: ${JSON.stringify(drops)}`);

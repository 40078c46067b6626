// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench`: packets per second and cycles per packet of Pollux and, where it is installed,
 * of the stock switch, in turn on the same devices, several rounds, with the ratio of medians.
 *
 * Options: `--rounds N` (5), `--seconds N` (3), `--only TEXT` (cases whose name has TEXT).
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { ROOT } from "../../test/harness/processes.js";
import { StockSwitch, stockInstalled } from "../../test/harness/stock-switch.js";
import { Switch } from "../../test/harness/switch.js";
import { CASES, type Case } from "./cases.js";
import { type Measurement, measure, START_CONFIG } from "./measure.js";

interface Result {
  readonly pollux: Measurement[];
  readonly stock: Measurement[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function polluxRun(test: Case, seconds: number): Promise<Measurement> {
  const sw = await Switch.start({ otherConfig: START_CONFIG });
  try {
    return await measure(sw, test, seconds);
  } finally {
    await sw.stop();
  }
}

async function stockRun(test: Case, seconds: number, daemon?: string): Promise<Measurement> {
  const sw = await StockSwitch.start({
    mode: "dpdk",
    otherConfig: START_CONFIG,
    ...(daemon ? { daemon } : {}),
  });
  try {
    return await measure(sw, test, seconds);
  } finally {
    await sw.stop();
  }
}

function print(test: Case, result: Result): void {
  const mpps = (runs: Measurement[]) => median(runs.map((run) => run.packetsPerSecond)) / 1e6;
  const cycles = (runs: Measurement[]) => median(runs.map((run) => run.cyclesPerPacket));
  const columns = [
    test.name.padEnd(26),
    mpps(result.pollux).toFixed(2).padStart(8),
    cycles(result.pollux).toFixed(0).padStart(8),
  ];
  if (result.stock.length > 0) {
    columns.push(
      mpps(result.stock).toFixed(2).padStart(10),
      cycles(result.stock).toFixed(0).padStart(8),
      (mpps(result.pollux) / mpps(result.stock)).toFixed(2).padStart(8),
    );
  }
  process.stdout.write(`${columns.join(" ")}\n`);
}

function heading(withStock: boolean): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT });
  const cpu = /model name\s*: (.*)/.exec(execFileSync("cat", ["/proc/cpuinfo"]).toString())?.[1];
  process.stdout.write(
    `${cpu}, commit ${commit.toString().trim()}, ${new Date().toISOString().slice(0, 10)}\n` +
      "64-byte packets, one PMD core, net_pcap to net_null, I/O included; medians\n\n",
  );
  const stock = withStock ? "    stock   cycles    ratio" : "";
  process.stdout.write(`${"case".padEnd(26)}     Mpps   cycles${stock}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      only: { type: "string", default: "" },
      peer: { type: "string" },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const withStock = stockInstalled("dpdk");
  heading(withStock);
  for (const test of CASES.filter((candidate) => candidate.name.includes(values.only))) {
    const result: Result = { pollux: [], stock: [] };
    for (let round = 0; round < rounds; round++) {
      result.pollux.push(await polluxRun(test, seconds));
      if (withStock) result.stock.push(await stockRun(test, seconds, values.peer));
    }
    print(test, result);
  }
  if (!withStock) {
    process.stdout.write("\nNo peer: install openvswitch-switch-dpdk to compare.\n");
  }
}

await main();

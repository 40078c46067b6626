// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench`: packets per second and cycles per packet of Pollux and, where it is installed,
 * of the stock switch, in turn on the same devices, several rounds, with the ratio of medians.
 *
 * Options: `--rounds N` (5), `--seconds N` (3), `--only TEXT` (cases whose name has TEXT),
 * `--pmds 1|2` (1), `--peer PATH` (another build of the stock switch; one with AVX-512 is told to
 * use it).
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { ROOT } from "../../test/harness/processes.js";
import { StockSwitch, stockInstalled } from "../../test/harness/stock-switch.js";
import { Switch } from "../../test/harness/switch.js";
import { CASES, type Case } from "./cases.js";
import { ceiling } from "./ceiling.js";
import { type Measurement, type MeasureOptions, measure, startConfig } from "./measure.js";

interface Result {
  readonly pollux: Measurement[];
  readonly stock: Measurement[];
}

/** What makes the stock switch fastest, where its build and the CPU allow it. */
const PEER_TUNING = [
  ["dpif-netdev/dpif-impl-set", "dpif_avx512"],
  ["dpif-netdev/miniflow-parser-set", "study"],
  ["dpif-netdev/subtable-lookup-prio-set", "avx512_gather", "5"],
  ["odp-execute/action-impl-set", "avx512"],
];

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function polluxRun(test: Case, options: MeasureOptions): Promise<Measurement> {
  const sw = await Switch.start({ otherConfig: startConfig(options.pmds ?? 1) });
  try {
    return await measure(sw, test, options);
  } finally {
    await sw.stop();
  }
}

async function stockRun(
  test: Case,
  options: MeasureOptions,
  daemon?: string,
): Promise<Measurement> {
  const otherConfig = startConfig(options.pmds ?? 1);
  const sw = await StockSwitch.start({ mode: "dpdk", otherConfig, ...(daemon ? { daemon } : {}) });
  try {
    const ready = async () => {
      // A build without them refuses; what it then does is what it can.
      for (const command of PEER_TUNING) await sw.appctl(...command);
    };
    return await measure(sw, test, { ...options, ready });
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

function heading(withStock: boolean, pmds: number): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT });
  const cpu = /model name\s*: (.*)/.exec(execFileSync("cat", ["/proc/cpuinfo"]).toString())?.[1];
  process.stdout.write(
    `${cpu}, commit ${commit.toString().trim()}, ${new Date().toISOString().slice(0, 10)}\n` +
      `64-byte packets, ${pmds} PMD core${pmds > 1 ? "s" : ""}, net_pcap to net_null, ` +
      "I/O included; medians\n\n",
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
      pmds: { type: "string", default: "1" },
      peer: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  const options = { seconds: Number(values.seconds), pmds: Number(values.pmds) };
  const withStock = stockInstalled("dpdk");
  heading(withStock, options.pmds);
  for (const test of CASES.filter((candidate) => candidate.name.includes(values.only))) {
    const result: Result = { pollux: [], stock: [] };
    for (let round = 0; round < rounds; round++) {
      result.pollux.push(await polluxRun(test, options));
      if (withStock) result.stock.push(await stockRun(test, options, values.peer));
    }
    print(test, result);
  }
  if (values.only === "" && options.pmds === 1) {
    const limit = (await ceiling(CASES[0]!.frames(1), options.seconds)) / 1e6;
    process.stdout.write(`\nThe devices' limit (testpmd, io): ${limit.toFixed(1)} Mpps\n`);
  }
  if (!withStock) {
    process.stdout.write("\nNo peer: install openvswitch-switch-dpdk to compare.\n");
  }
}

await main();

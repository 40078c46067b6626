// SPDX-License-Identifier: Apache-2.0
/** The text of `dpif-netdev/pmd-perf-show`, as the stock switch 3.1 prints it. */
import { PERF_BINS, PERF_HISTOGRAMS } from "../shm/perf.js";
import type { PerfSample, PerfTotals } from "../shm/perf-shm.js";
import { PERF_WALLS } from "./histogram.js";
import { threadTitle } from "./stats-show.js";
import type { PmdCounters, PmdThread } from "./types.js";

/** Dashes between the histograms and their means. */
const RULE = 154;

/** One PMD's measurements since the last `pmd-stats-clear`. */
export interface PerfShow extends PmdThread {
  readonly counters: PmdCounters;
  readonly seconds: number;
  readonly tscHz: number;
  /** Undefined: `pmd-perf-metrics` is off. */
  readonly metrics: PerfMetrics | undefined;
}

export interface PerfMetrics {
  /** Counts per bin in the order of PERF_HISTOGRAMS; undefined: not asked for. */
  readonly bins: readonly (readonly number[])[] | undefined;
  readonly totals: PerfTotals;
  /** As many as were asked for, newest first; zeros where there are no more. */
  readonly iterations: readonly PerfSample[];
  readonly milliseconds: readonly PerfSample[];
}

/** One PMD's block. @param now for its first line. */
export function perfShow(pmd: PerfShow, now: Date): string {
  const { metrics } = pmd;
  const blocks = [
    `\nTime: ${now.toISOString().slice(11, 23)}\n` +
      `Measurement duration: ${pmd.seconds.toFixed(3)} s\n\n${threadTitle(pmd)}\n\n`,
    pmd.seconds > 0 ? overall(pmd) : "",
  ];
  if (metrics?.bins) blocks.push(`\n${histograms(metrics.bins, metrics.totals)}`);
  if (metrics?.iterations.length) blocks.push(`\n${iterationHistory(metrics.iterations)}`);
  if (metrics?.milliseconds.length) blocks.push(`\n${millisecondHistory(metrics.milliseconds)}`);
  return blocks.join("");
}

function overall({ counters: c, seconds, tscHz }: PerfShow): string {
  const used = c.idleCycles + c.busyCycles;
  const iterations = c.idleIterations + c.busyIterations;
  const us = (cycles: number) => (cycles * 1e6) / tscHz;
  const perIteration = ratio(us(used + c.sleepCycles), iterations).toFixed(2);
  const sleepUs = us(c.sleepCycles);
  const sleepEach = ratio(sleepUs, c.sleepIterations).toFixed(0).padStart(3);
  const lines = [
    line("Iterations:", c.idleIterations + c.busyIterations, `(${perIteration} us/it)`),
    share("- Used TSC cycles:", used, used, seconds * tscHz, "of total cycles"),
    share("- idle iterations:", c.idleIterations, c.idleCycles, used, "of used cycles"),
    share("- busy iterations:", c.busyIterations, c.busyCycles, used, "of used cycles"),
    share("- sleep iterations:", c.sleepIterations, c.sleepIterations, iterations, "of iterations"),
    line("Sleep time (us):", Math.round(sleepUs), `(${sleepEach} us/iteration avg.)`),
    ...received(c, seconds, us),
    ...sent(c, seconds),
  ];
  return lines.join("");
}

function received(c: PmdCounters, seconds: number, us: (cycles: number) => number): string[] {
  const rx = c.packetsReceived;
  if (rx === 0) return [line("Rx packets:", 0, "").replace(/ +\n/, "\n")];
  const passes = rx + c.recirculations;
  const hits = (label: string, count: number, more = "") =>
    line(label, count, `(${percent(count, passes)} %${more})`);
  const lookups = ratio(c.subtableLookups, c.megaflowHits).toFixed(2);
  const upcallUs = ratio(us(c.upcallCycles), c.upcallsSucceeded).toFixed(1);
  const perPacket = ratio(c.busyCycles, rx).toFixed(0);
  return [
    line("Rx packets:", rx, `(${kpps(rx, seconds)} Kpps, ${perPacket} cycles/pkt)`),
    line("Datapath passes:", passes, `(${ratio(passes, rx).toFixed(2)} passes/pkt)`),
    hits("- PHWOL hits:", c.phwolHits),
    hits("- MFEX Opt hits:", c.mfexOptHits),
    hits("- Simple Match hits:", c.simpleMatchHits),
    hits("- EMC hits:", c.emcHits),
    hits("- SMC hits:", c.smcHits),
    hits("- Megaflow hits:", c.megaflowHits, `, ${lookups} subtbl lookups/hit`),
    hits("- Upcalls:", c.upcallsSucceeded, `, ${upcallUs} us/upcall`),
    hits("- Lost upcalls:", c.upcallsFailed),
  ];
}

function sent(c: PmdCounters, seconds: number): string[] {
  const tx = c.outputPackets;
  if (tx === 0) return [`${line("Tx packets:", 0, "").replace(/ +\n/, "\n")}\n`];
  const perBatch = ratio(tx, c.outputBatches).toFixed(2);
  return [
    line("Tx packets:", tx, `(${kpps(tx, seconds)} Kpps)`),
    line("Tx batches:", c.outputBatches, `(${perBatch} pkts/batch)`),
  ];
}

/** Every histogram in two columns, bound and count. */
function histograms(bins: readonly (readonly number[])[], totals: PerfTotals): string {
  const row = (cells: readonly string[]) => `   ${cells.map((c) => c.padEnd(21)).join("  ")}\n`;
  const heads = ["cycles/it", "packets/it", "cycles/pkt", "pkts/batch"];
  const rows = Array.from({ length: PERF_BINS }, (_, bin) =>
    row(
      PERF_HISTOGRAMS.map((name, histogram) => {
        const wall = bin === PERF_BINS - 1 ? ">" : String(PERF_WALLS[name][bin]);
        return `${wall.padEnd(9)} ${String(bins[histogram]![bin]).padEnd(11)}`;
      }),
    ),
  );
  const title = row([...heads, "max vhost qlen", "upcalls/it", "cycles/upcall"]);
  const all = `Histograms\n${title}${rows.join("")}`;
  if (totals.iterations === 0) return all;
  const { iterations, packets, batches, upcalls } = totals;
  const means = row([
    whole(totals.cycles, iterations),
    ratio(packets, iterations).toFixed(5),
    whole(totals.busy_cycles, packets),
    ratio(packets, batches).toFixed(5),
    ratio(totals.vhost_fill, iterations).toFixed(5),
    ratio(upcalls, iterations).toFixed(5),
    whole(totals.upcall_cycles, upcalls),
  ]);
  const foot = row([...heads, "vhost qlen", "upcalls/it", "cycles/upcall"]);
  return `${all}${"-".repeat(RULE)}\n${foot}${means}`;
}

/** A table of samples: the first column is wider than the others. */
function table(width: number, heads: readonly string[], rows: readonly (readonly string[])[]) {
  const title = [heads[0]!.padEnd(width), ...heads.slice(1).map((head) => head.padEnd(10))];
  const body = rows.map(
    ([first, ...rest]) =>
      `   ${first!.padEnd(width)}   ${rest.map((cell) => cell.padEnd(11)).join("  ")}\n`,
  );
  return `   ${title.join("   ")}\n${body.join("")}`;
}

/** Also what `pmd-perf-log-set` writes to the log. */
export function iterationHistory(samples: readonly PerfSample[]): string {
  const heads = ["iter", "cycles", "packets", "cycles/pkt", "pkts/batch"];
  return table(
    17,
    [...heads, "vhost qlen", "upcalls", "cycles/upcall"],
    samples.map((s) => [
      ...[String(s.timestamp), String(s.cycles), String(s.packets), whole(s.cycles, s.packets)],
      ...[whole(s.packets, s.batches), String(s.vhost_fill), String(s.upcalls)],
      whole(s.upcall_cycles, s.upcalls),
    ]),
  );
}

function millisecondHistory(samples: readonly PerfSample[]): string {
  const heads = ["ms", "iterations", "cycles/it", "Kpps", "cycles/pkt", "pkts/batch"];
  return table(
    12,
    [...heads, "vhost qlen", "upcalls", "cycles/upcall"],
    samples.map((s) => [
      ...[String(s.timestamp), String(s.iterations), whole(s.cycles, s.iterations)],
      ...[String(s.packets), whole(s.busy_cycles, s.packets), whole(s.packets, s.batches)],
      ...[whole(s.vhost_fill, s.iterations), String(s.upcalls)],
      whole(s.upcall_cycles, s.upcalls),
    ]),
  );
}

function line(label: string, count: number, more: string): string {
  return `  ${label.padEnd(20)}${String(count).padStart(12)}  ${more}\n`;
}

function share(label: string, count: number, part: number, all: number, of: string): string {
  return line(label, count, `(${percent(part, all)} % ${of})`);
}

function percent(part: number, all: number): string {
  return (100 * ratio(part, all)).toFixed(1).padStart(5);
}

function kpps(packets: number, seconds: number): string {
  return (packets / seconds / 1000).toFixed(0);
}

function ratio(sum: number, count: number): number {
  return count > 0 ? sum / count : 0;
}

function whole(sum: number, count: number): string {
  return String(Math.floor(ratio(sum, count)));
}

// SPDX-License-Identifier: Apache-2.0
/** The stock switch's own output, taken apart and written again from the numbers in it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PERF_BINS, PERF_HISTOGRAMS } from "../../pmd/shm/perf.js";
import type { PerfSample } from "../../pmd/shm/perf-shm.js";
import { type PerfMetrics, type PerfShow, perfShow } from "../../pmd/stats/perf-show.js";

const TSC_HZ = 2_600_000_000;
const sample = (name: string) =>
  readFileSync(new URL(`./samples/perf-show-${name}.txt`, import.meta.url), "utf8");

/** The number after a label; 0 when the line is not there. */
function count(text: string, label: string): number {
  const at = text.indexOf(`${label}:`);
  return at < 0 ? 0 : Number.parseFloat(text.slice(at + label.length + 1).trim());
}

function show(text: string, busyShare: number, metrics?: PerfMetrics): PerfShow {
  const used = count(text, "Used TSC cycles");
  const passes = count(text, "Datapath passes");
  const packetsReceived = count(text, "Rx packets");
  return {
    ...{ coreId: 1, numaId: 0, tscHz: TSC_HZ, metrics },
    seconds: count(text, "Measurement duration"),
    counters: {
      ...{ packetsReceived, recirculations: passes - packetsReceived },
      ...{ phwolHits: count(text, "PHWOL hits"), mfexOptHits: count(text, "MFEX Opt hits") },
      ...{ simpleMatchHits: count(text, "Simple Match hits"), emcHits: count(text, "EMC hits") },
      ...{ smcHits: count(text, "SMC hits"), megaflowHits: count(text, "Megaflow hits") },
      ...{ subtableLookups: 0, upcallsSucceeded: count(text, "Upcalls") },
      ...{ upcallsFailed: count(text, "Lost upcalls"), upcallCycles: 0 },
      ...{ outputBatches: count(text, "Tx batches"), outputPackets: count(text, "Tx packets") },
      ...{ idleCycles: used * (1 - busyShare), busyCycles: used * busyShare },
      idleIterations: count(text, "idle iterations"),
      busyIterations: count(text, "busy iterations"),
      sleepIterations: count(text, "sleep iterations"),
      sleepCycles: (count(text, "Sleep time (us)") * TSC_HZ) / 1e6,
    },
  };
}

/** Rows of numbers below the line that starts with `head`. */
function rows(text: string, head: RegExp, length: number): number[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => head.test(line)) + 1;
  return lines.slice(start, start + length).map((line) => line.trim().split(/\s+/).map(Number));
}

function histograms(text: string): Pick<PerfMetrics, "bins" | "totals"> {
  const table = rows(text, /^Histograms/, PERF_BINS + 1).slice(1);
  const bins = PERF_HISTOGRAMS.map((_, h) => table.map((row) => row[h * 2 + 1]!));
  const [, mean] = rows(text, /^-{154}/, 2);
  const iterations = 1000;
  const packets = mean![1]! * iterations;
  const totals = {
    ...{ iterations, packets, cycles: mean![0]! * iterations, busy_cycles: mean![2]! * packets },
    ...{ batches: packets / mean![3]!, vhost_fill: 0, upcalls: 0, upcall_cycles: 0 },
  };
  return { bins, totals };
}

function iteration([timestamp, cycles, packets, , batch]: number[]): PerfSample {
  const sums = { upcalls: 0, upcall_cycles: 0, vhost_fill: 0, busy_cycles: cycles! };
  const batches = packets! / batch!;
  return {
    timestamp: timestamp!,
    cycles: cycles!,
    packets: packets!,
    iterations: 1,
    batches,
    ...sums,
  };
}

function millisecond(row: number[]): PerfSample {
  const [timestamp, iterations, each, packets, perPacket, batch] = row as [
    ...[number, number, number, number, number, number],
  ];
  return {
    ...{ timestamp, iterations, cycles: iterations * each, packets, batches: packets / batch },
    ...{ busy_cycles: perPacket * packets, upcalls: 0, upcall_cycles: 0, vhost_fill: 0 },
  };
}

test("a busy PMD with histograms and histories", () => {
  const text = sample("busy");
  const metrics: PerfMetrics = {
    ...histograms(text),
    iterations: rows(text, /^ +iter /, 3).map(iteration),
    milliseconds: rows(text, /^ +ms /, 3).map(millisecond),
  };
  const time = text.match(/Time: (\S+)/)![1];
  expect(perfShow(show(text, 1, metrics), new Date(`2026-01-01T${time}Z`))).toBe(text);
});

test("an idle PMD that sleeps", () => {
  const text = sample("idle");
  const time = text.match(/Time: (\S+)/)![1];
  expect(perfShow(show(text, 0), new Date(`2026-01-01T${time}Z`))).toBe(text);
});

test("nothing has happened yet", () => {
  const pmd = show("", 0);
  expect(perfShow(pmd, new Date(0))).toContain("Measurement duration: 0.000 s");
  expect(perfShow({ ...pmd, seconds: 1 }, new Date(0))).not.toMatch(/NaN|Infinity/);
});

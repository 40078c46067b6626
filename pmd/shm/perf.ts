// SPDX-License-Identifier: Apache-2.0
/**
 * What a PMD measures of every iteration while `pmd-perf-metrics` is on.
 *
 *   settings | walls | bins | totals | iterations | milliseconds | snapshot header | snapshot
 *
 * Walls: per histogram the inclusive upper bound of each bin, u32, ascending, the last one
 * 0xffffffff. Bins: u64 counts. Totals: sums of the finished milliseconds. Iterations and
 * milliseconds: rings of PERF_HISTORY samples; the number of samples ever stored is in the
 * settings' words `iterations` and `milliseconds`, the newest one is just before that index. The
 * sample at the index of `milliseconds` is in progress.
 *
 * Snapshot: copies of the iterations around a suspicious one. The PMD fills it while `state` is 0
 * and sets 1; the control thread reads it while `state` is 1 and sets 0.
 *
 * Thread-safety: settings other than the two indexes, and walls, are written by the control thread;
 * everything else by the PMD. A reader may see a sample that is being written: metrics, no money.
 */
import { struct } from "./struct-layout.js";

/** In the order in which they are shown. */
export const PERF_HISTOGRAMS = [
  "cycles",
  "packets",
  "cycles_per_packet",
  "packets_per_batch",
  "vhost_fill",
  "upcalls",
  "cycles_per_upcall",
] as const;
export type PerfHistogram = (typeof PERF_HISTOGRAMS)[number];

/** Bins of a histogram: a power of two. */
export const PERF_BINS = 32;

/** Samples that are kept of iterations and of milliseconds. */
export const PERF_HISTORY = 1000;

/** Suspicious iterations of one snapshot that are told apart. */
export const PERF_EVENTS_MAX = 16;

export const PERF_SETTINGS = struct("PerfSettings", 64, [
  /** Control thread: look for suspicious iterations. */
  ["log_enabled", 4],
  /** Suspicious: `vhost_fill` from here on. */
  ["fill_threshold", 4],
  /** Suspicious: more `cycles` than this. */
  ["cycle_threshold", 8],
  /** Samples of the snapshot before and after the suspicious one. */
  ["before", 4],
  ["after", 4],
  /** Another suspicious iteration in the snapshot makes it longer. */
  ["extend", 4],
  ["unused", 4],
  /** PMD: samples ever stored. */
  ["iterations", 8],
  ["milliseconds", 8],
]);

/** One iteration, or the sums of one millisecond. `timestamp`: number of the iteration, or
 * milliseconds of CLOCK_MONOTONIC. `busy_cycles`: of iterations with packets. `vhost_fill`: most of
 * any queue, of a millisecond: the sum of that over its iterations. */
export const PERF_SAMPLE = struct("PerfSample", 48, [
  ["timestamp", 8],
  ["cycles", 8],
  ["busy_cycles", 8],
  ["iterations", 4],
  ["packets", 4],
  ["upcalls", 4],
  ["upcall_cycles", 4],
  ["batches", 4],
  ["vhost_fill", 4],
]);

/** Sums since the thread began. */
export const PERF_TOTALS = struct("PerfTotals", 64, [
  ["iterations", 8],
  ["cycles", 8],
  ["busy_cycles", 8],
  ["packets", 8],
  ["upcalls", 8],
  ["upcall_cycles", 8],
  ["batches", 8],
  ["vhost_fill", 8],
]);

export const SUSPICION = { CYCLES: 1, VHOST_FULL: 2 } as const;

export const PERF_EVENT = struct("PerfEvent", 24, [
  ["iteration", 8],
  ["cycles", 8],
  ["reason", 4],
]);

export const PERF_SNAPSHOT = struct("PerfSnapshot", 64, [
  ["state", 4],
  ["samples", 4],
  ["events", 4],
  ["unused", 4],
  /** Suspicious iterations so far, shown or not. */
  ["suspicious", 8],
]);

export const PERF_STRUCTS = [
  PERF_SETTINGS,
  PERF_SAMPLE,
  PERF_TOTALS,
  PERF_EVENT,
  PERF_SNAPSHOT,
] as const;

const walls = PERF_SETTINGS.bytes;
const bins = walls + PERF_HISTOGRAMS.length * PERF_BINS * 4;
const totals = bins + PERF_HISTOGRAMS.length * PERF_BINS * 8;
const iterations = totals + PERF_TOTALS.bytes;
const milliseconds = iterations + PERF_HISTORY * PERF_SAMPLE.bytes;
const snapshot = milliseconds + PERF_HISTORY * PERF_SAMPLE.bytes;
const events = snapshot + PERF_SNAPSHOT.bytes;
const samples = events + PERF_EVENTS_MAX * PERF_EVENT.bytes;

/** Offsets in the block. */
export const PERF_BLOCK = {
  ...{ settings: 0, walls, bins, totals, iterations, milliseconds },
  ...{ snapshot, events, samples },
} as const;

export const PERF_BLOCK_BYTES = samples + PERF_HISTORY * PERF_SAMPLE.bytes;

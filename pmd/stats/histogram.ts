// SPDX-License-Identifier: Apache-2.0
/** The bins of `pmd-perf-show`: bounds that the stock switch has. */
import { PERF_BINS, type PerfHistogram } from "../shm/perf.js";

/** The last bin takes whatever is above the others. */
const TOP = 0xffffffff;

/** Inclusive upper bounds, evenly spaced from `min` to `max`. */
function linear(min: number, max: number): number[] {
  const steps = PERF_BINS - 2;
  const walls = Array.from({ length: PERF_BINS - 1 }, (_, i) => {
    return min + Math.floor((i * (max - min)) / steps);
  });
  return [...walls, TOP];
}

/** Inclusive upper bounds, each a constant factor above the one before, and at least one more. */
function logarithmic(min: number, max: number): number[] {
  const walls = min > 0 ? [] : [0];
  const count = PERF_BINS - 1 - walls.length;
  const low = Math.log(Math.max(1, min));
  const step = (Math.log(max) - low) / (count - 1);
  let wall = walls.length;
  for (let i = 0; i < count; i++) {
    wall = Math.max(wall, Math.floor(Math.exp(low + i * step)));
    walls.push(wall++);
  }
  if (walls[PERF_BINS - 2]! < max) walls[PERF_BINS - 2] = max;
  return [...walls, TOP];
}

/** Bounds by histogram: cycles from 200 ns to 10 ms at 2.5 GHz, packets up to what a burst of every
 * queue may be, upcalls from 400 ns to 400 us, vhost queues of 1024 descriptors. */
export const PERF_WALLS: Readonly<Record<PerfHistogram, readonly number[]>> = {
  cycles: logarithmic(500, 24_000_000),
  packets: logarithmic(0, 1000),
  cycles_per_packet: linear(100, 30_000),
  packets_per_batch: linear(0, 32),
  vhost_fill: logarithmic(0, 512),
  upcalls: linear(0, 30),
  cycles_per_upcall: logarithmic(1000, 1_000_000),
};

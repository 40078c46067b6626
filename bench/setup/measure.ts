// SPDX-License-Identifier: Apache-2.0
/** Timing the set-up of flows, and the sweep over them, on this thread alone. */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import type { Clock, ClockTimer } from "../../src/lib/clock.js";
import { Slowpath } from "../../src/slowpath/slowpath.js";
import { MemoryDpif } from "./memory-dpif.js";
import { makePipeline, nextKey, Sequence } from "./pipeline.js";

export interface SetupSize {
  readonly tables: number;
  /** Misses per round, and rounds; the first round is not counted. */
  readonly misses: number;
  readonly rounds: number;
}

export interface SetupResult {
  /** Microseconds of processor time per miss, the engine's helper threads included, of the fastest
   * and the median round. */
  readonly best: number;
  readonly median: number;
  /** Of the last round: flows installed, misses resolved, and a sum over all commands. */
  readonly flows: number;
  readonly resolved: number;
  readonly checksum: number;
  /** Milliseconds of processor time of a sweep over the last round's flows: with statistics that
   * did not change, with statistics that did, and with translation. */
  readonly idleSweepMs: number;
  readonly usedSweepMs: number;
  readonly translateSweepMs: number;
}

/** Misses between two looks at the clock, which takes as long as some of them. */
const BATCH = 512;

/** Real time, with timers that run when told. */
class BenchClock implements Clock {
  private due: (() => void) | null = null;
  private dueMs = 0;

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  after(delayMs: number, fn: () => void): ClockTimer {
    this.due = fn;
    this.dueMs = delayMs;
    return { cancel: () => {} };
  }

  /** Runs the timer, and those without delay that follow. */
  run(): void {
    do this.due?.();
    while (this.dueMs === 0);
  }
}

function round(size: SetupSize): { dpif: MemoryDpif; slowpath: Slowpath; clock: BenchClock } & {
  micros: number;
} {
  const clock = new BenchClock();
  const datapath = makePipeline(size.tables, clock);
  const dpif = new MemoryDpif();
  const slowpath = new Slowpath(dpif, datapath, clock);
  slowpath.setFlowLimit(Number.POSITIVE_INFINITY);
  slowpath.settings.maxIdleMs = Number.POSITIVE_INFINITY;
  slowpath.settings.minRevalidatePps = 0;
  const sequence = new Sequence();
  const key = new Uint8Array(KEY_BYTES);
  let micros = 0;
  for (let n = 0; n < size.misses; n += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      nextKey(sequence, key);
      dpif.miss(i, key);
    }
    const start = process.cpuUsage();
    dpif.pump();
    const { user, system } = process.cpuUsage(start);
    micros += user + system;
    dpif.drain();
  }
  return { dpif, slowpath, clock, micros: micros / size.misses };
}

/** Milliseconds of processor time. */
function timed(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** @param size.misses a multiple of 512 */
export function measureSetup(size: SetupSize): SetupResult {
  round(size);
  const micros: number[] = [];
  for (let n = 1; n < size.rounds; n++) micros.push(round(size).micros);
  const { dpif, slowpath, clock, micros: last } = round(size);
  micros.push(last);
  micros.sort((a, b) => a - b);
  const { flowsPut: flows, resolved, checksum } = dpif;
  clock.run();
  const idleSweepMs = timed(() => clock.run());
  dpif.countOnEveryFlow();
  const usedSweepMs = timed(() => clock.run());
  slowpath.changed();
  const translateSweepMs = timed(() => clock.run());
  if (slowpath.stats().flows !== flows) throw new Error("flows were lost");
  return {
    ...{ best: micros[0]!, median: micros[micros.length >> 1]!, flows, resolved, checksum },
    ...{ idleSweepMs, usedSweepMs, translateSweepMs },
  };
}

// SPDX-License-Identifier: Apache-2.0
/** Takes the iterations that took too long from the threads, once a second, and finds out why. */
import {
  type CoreTimes,
  judgeStall,
  type Stall,
  type StallState,
  StallTally,
  stallStep,
} from "../../pmd/stats/stalls.js";
import { monotonicToClock } from "./clock-origin.js";
import type { DpifLog } from "./log.js";
import type { PacketThread } from "./packet-thread.js";
import { type CoreSums, coreSums, threadNamed, threadSums } from "./proc-times.js";

/** A PMD says at most once in so long that it stalls. */
const LOG_EVERY_MS = 60_000;
/** Longer without an iteration than this is shown. */
const STUCK_MS = 900;

/** What is remembered of the PMD on a core, over the lives of its thread. */
interface Watched {
  tally: StallTally;
  thread: PacketThread | undefined;
  tid: number | undefined;
  iterations: number;
  movedAtMs: number;
  loggedAtMs: number;
  stealBeforeMs: number;
}

export class StallWatch {
  private readonly cores = new Map<number, Watched>();
  private sums: ReadonlyMap<number, CoreSums> = coreSums();
  limitUs = 0;

  constructor(
    private readonly log: DpifLog,
    private readonly pmds: () => readonly PacketThread[],
    private readonly tscHz: () => number,
  ) {}

  /** Threads without a core of their own wait for others all the time: nobody is to blame. */
  tune({ handle, pinned }: PacketThread): void {
    handle.shm.stalls.setLimit(pinned ? (this.limitUs * this.tscHz()) / 1e6 : 0);
  }

  /** Once a second. @param nowMs of `performance.now()`. */
  look(nowMs: number): void {
    const before = this.sums;
    this.sums = coreSums();
    for (const thread of this.pmds())
      this.lookAt(thread, this.watched(thread, nowMs), before, nowMs);
  }

  clear(): void {
    for (const watched of this.cores.values()) watched.tally = new StallTally();
  }

  states(nowMs: number): StallState[] {
    return this.pmds().map((thread) => {
      const watched = this.watched(thread, nowMs);
      const still = nowMs - watched.movedAtMs;
      const { coreId, handle, pinned } = thread;
      return {
        ...{ coreId, numaId: handle.numaId, limitUs: pinned ? this.limitUs : 0 },
        ...watched.tally.state(),
        stuckMs: iterationsOf(thread) === watched.iterations && still > STUCK_MS ? still : 0,
        ...(watched.tid === undefined
          ? { involuntarySwitches: 0, waitedMs: 0 }
          : threadSums(watched.tid)),
        stealMs: (this.sums.get(coreId)?.stealMs ?? 0) - watched.stealBeforeMs,
      };
    });
  }

  private lookAt(
    thread: PacketThread,
    watched: Watched,
    before: ReadonlyMap<number, CoreSums>,
    nowMs: number,
  ): void {
    const iterations = iterationsOf(thread);
    // Without queues it sleeps.
    if (iterations !== watched.iterations || thread.rxqs.size === 0) watched.movedAtMs = nowMs;
    watched.iterations = iterations;
    watched.tid ??= threadNamed(thread.name);
    const { records, missed } = thread.handle.shm.stalls.take();
    const core = difference(this.sums.get(thread.coreId), before.get(thread.coreId));
    const rxqs = new Map(
      [...thread.rxqs.values()].map(({ slot, port, queue }) => [slot, `${port}/${queue}`]),
    );
    const found = records.map((record) => {
      const verdict = judgeStall(record, stallStep(record.step, rxqs), core);
      return watched.tally.add({ ...record, at_ms: monotonicToClock(record.at_ms) }, verdict);
    });
    watched.tally.addUnknown(missed);
    this.report(thread, watched, found, nowMs);
  }

  private report(
    { coreId }: PacketThread,
    watched: Watched,
    found: readonly Stall[],
    nowMs: number,
  ): void {
    if (found.length === 0 || nowMs - watched.loggedAtMs < LOG_EVERY_MS) return;
    watched.loggedAtMs = nowMs;
    const longest = found.reduce((a, b) => (b.durationMs > a.durationMs ? b : a));
    const { side, cause, durationMs } = longest;
    const text =
      `PMD on core ${coreId} stalled ${found.length} times in a second, longest ` +
      `${durationMs.toFixed(1)} ms: ${side}: ${cause}. See dpif-netdev/pmd-stall-show.`;
    this.log("pmd_perf", "warn", text);
  }

  private watched(thread: PacketThread, nowMs: number): Watched {
    let watched = this.cores.get(thread.coreId);
    if (!watched) {
      watched = {
        ...{ tally: new StallTally(), thread: undefined, tid: undefined },
        ...{ iterations: -1, movedAtMs: nowMs, loggedAtMs: -Infinity },
        stealBeforeMs: this.sums.get(thread.coreId)?.stealMs ?? 0,
      };
      this.cores.set(thread.coreId, watched);
    }
    if (watched.thread !== thread) {
      Object.assign(watched, { thread, tid: undefined, iterations: -1, movedAtMs: nowMs });
    }
    return watched;
  }
}

function iterationsOf({ handle: { shm } }: PacketThread): number {
  return shm.counter("iterations_idle") + shm.counter("iterations_busy");
}

function difference(now: CoreSums | undefined, before: CoreSums | undefined): CoreTimes {
  if (!now || !before) return { stealMs: 0, interruptMs: 0 };
  return {
    stealMs: now.stealMs - before.stealMs,
    interruptMs: now.interruptMs - before.interruptMs,
  };
}

// SPDX-License-Identifier: Apache-2.0
/** What PMDs did between two readings: the numbers of `pollux top`. Pure. */
import { countersSince, type PmdCounters, type PmdThread, type RxqUsage } from "./types.js";

/** One thread at one moment; sums only grow, but for `pmd-stats-clear`. */
export interface ThreadReading extends PmdThread {
  readonly isolated: boolean;
  readonly counters: PmdCounters;
  /** With the usage of the last seconds. */
  readonly rxqs: readonly RxqUsage[];
  /** Packets lost by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly parked: number;
  readonly flows: number;
  readonly masks: number;
  readonly restarts: number;
  readonly hostStalls: number;
  readonly switchStalls: number;
  /** The last stall in words; "": there was none. */
  readonly lastStall: string;
  readonly stuckMs: number;
  readonly involuntarySwitches: number;
}

/** All threads at one moment. */
export interface TopReading {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly threads: readonly ThreadReading[];
}

/** One thread between two readings; per second unless it says otherwise. */
export interface ThreadRates extends PmdThread {
  readonly isolated: boolean;
  /** Percent of its cycles; undefined: the main thread, or nothing measured. */
  readonly busy: number | undefined;
  readonly rx: number;
  readonly tx: number;
  /** Cycles of busy iterations; undefined: no packets. */
  readonly cyclesPerPacket: number | undefined;
  /** Percent of the passes of packets, in the order of TOP_CACHES. */
  readonly caches: readonly number[];
  readonly flows: number;
  readonly masks: number;
  readonly parked: number;
  readonly restarts: number;
  /** Counts, not rates. */
  readonly hostStalls: number;
  readonly switchStalls: number;
  readonly lastStall: string;
  readonly stuckMs: number;
  readonly involuntarySwitches: number;
  readonly rxqs: readonly RxqUsage[];
}

/** Where passes of packets end. */
export const TOP_CACHES = ["simple", "emc", "smc", "megaflow", "upcall", "lost"] as const;

export interface TopFrame {
  readonly atMs: number;
  /** Between the two readings. */
  readonly seconds: number;
  readonly threads: readonly ThreadRates[];
  /** Over all threads, most per second first. */
  readonly drops: readonly { reason: string; perSecond: number; total: number }[];
}

export function topFrame(older: TopReading, newer: TopReading): TopFrame {
  const seconds = Math.max(0.001, (newer.atMs - older.atMs) / 1000);
  const threads = newer.threads.map((thread) =>
    rates(
      thread,
      older.threads.find(({ coreId }) => coreId === thread.coreId),
      seconds,
    ),
  );
  const before = dropSums(older);
  const drops = [...dropSums(newer)].map(([reason, total]) => {
    const more = Math.max(0, total - (before.get(reason) ?? 0));
    return { reason, perSecond: more / seconds, total };
  });
  drops.sort((a, b) => b.perSecond - a.perSecond || b.total - a.total);
  return { atMs: newer.atMs, seconds, threads, drops };
}

function rates(now: ThreadReading, before: ThreadReading | undefined, seconds: number) {
  const since = before && before.restarts === now.restarts ? before.counters : undefined;
  const c = since ? countersSince(now.counters, since) : now.counters;
  // The counters were cleared in between: what they say now is all there is.
  const d = Object.values(c).some((value) => value < 0) ? now.counters : c;
  const cycles = d.busyCycles + d.idleCycles + d.sleepCycles;
  const hits = [d.simpleMatchHits, d.emcHits, d.smcHits, d.megaflowHits];
  const ends = [...hits, d.upcallsSucceeded, d.upcallsFailed];
  const passes = ends.reduce((sum, count) => sum + count, 0);
  const { coreId, numaId, isolated, flows, masks, parked, restarts, rxqs } = now;
  const switches = now.involuntarySwitches - (before?.involuntarySwitches ?? 0);
  return {
    ...{ coreId, numaId, isolated, flows, masks, parked, restarts, rxqs },
    busy: cycles > 0 ? (d.busyCycles * 100) / cycles : undefined,
    ...{ rx: d.packetsReceived / seconds, tx: d.outputPackets / seconds },
    cyclesPerPacket:
      cycles > 0 && d.packetsReceived > 0 ? d.busyCycles / d.packetsReceived : undefined,
    caches: ends.map((count) => (passes > 0 ? (count * 100) / passes : 0)),
    ...{ hostStalls: now.hostStalls, switchStalls: now.switchStalls, lastStall: now.lastStall },
    stuckMs: now.stuckMs,
    involuntarySwitches: Math.max(0, switches) / seconds,
  };
}

function dropSums({ threads }: TopReading): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { drops } of threads) {
    for (const [reason, count] of Object.entries(drops)) {
      sums.set(reason, (sums.get(reason) ?? 0) + count);
    }
  }
  return sums;
}

// SPDX-License-Identifier: Apache-2.0
/** What PMDs did over the last hour, for those who come after something has happened. */
import type { StallState } from "../../pmd/stats/stalls.js";
import type { TopReading } from "../../pmd/stats/top.js";
import { USAGE_STEP_SECONDS } from "../../pmd/stats/usage-history.js";
import type { Dpif } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";

const STEP_MS = 1000;
/** Every second for two minutes, every tenth for an hour. */
const SECONDS_KEPT = 120;
const COARSE = 10;
const COARSE_KEPT = 360;
/** Rates need this much time between two readings. */
const LEAST_MS = 500;

/** Text: a tenth of what the objects take. */
interface Kept {
  readonly atMs: number;
  readonly text: string;
}

/** Two readings, to make rates of. */
export interface ReadingPair {
  readonly older: TopReading;
  readonly newer: TopReading;
  /** Of the oldest reading that is kept, milliseconds since the epoch. */
  readonly oldestMs: number;
}

export class PmdHistory {
  private readonly seconds: Kept[] = [];
  private readonly coarse: Kept[] = [];
  private count = 0;

  /** @param read undefined: there is no datapath yet. */
  constructor(
    private readonly read: () => TopReading | undefined,
    clock: Clock,
  ) {
    const sample = (): void => {
      this.sample();
      clock.after(STEP_MS, sample);
    };
    sample();
  }

  /** The last reading not after `atMs` and one before it; undefined: now. Nothing before there is a
   * datapath. */
  pair(atMs?: number): ReadingPair | undefined {
    const kept = [...this.coarse, ...this.seconds];
    const first = kept[0];
    if (!first) return undefined;
    const now = this.read();
    if (atMs === undefined && now) return this.before(kept, now);
    const wanted = Math.max(atMs ?? 0, first.atMs + LEAST_MS);
    const newer = kept.findLast((each) => each.atMs <= wanted) ?? first;
    return this.before(kept, parse(newer));
  }

  private before(kept: readonly Kept[], newer: TopReading): ReadingPair {
    const older = kept.findLast(({ atMs }) => atMs <= newer.atMs - LEAST_MS) ?? kept[0]!;
    return { older: parse(older), newer, oldestMs: kept[0]!.atMs };
  }

  private sample(): void {
    const reading = this.read();
    if (!reading) return;
    this.seconds.push({ atMs: reading.atMs, text: JSON.stringify(reading) });
    if (this.seconds.length <= SECONDS_KEPT) return;
    const leaving = this.seconds.shift()!;
    if (this.count++ % COARSE !== 0) return;
    this.coarse.push(leaving);
    if (this.coarse.length > COARSE_KEPT) this.coarse.shift();
  }
}

function parse({ text }: Kept): TopReading {
  return JSON.parse(text) as TopReading;
}

/** All threads as they are now. */
export function takeReading(dpif: Dpif, clock: Clock): TopReading {
  const stalls = new Map(dpif.pmdControl.stalls().map((each) => [each.coreId, each]));
  const threads = dpif.pmds(USAGE_STEP_SECONDS).map((pmd) => {
    const { coreId, numaId, isolated, counters, rxqs, drops, parked, flows, masks, restarts } = pmd;
    const stall = stalls.get(coreId);
    return {
      ...{ coreId, numaId, isolated, counters, rxqs, drops, parked, flows, masks, restarts },
      ...{ hostStalls: sideOf(stall, "host"), switchStalls: sideOf(stall, "switch") },
      ...{ lastStall: lastStall(stall, clock.now()), stuckMs: stall?.stuckMs ?? 0 },
      involuntarySwitches: stall?.involuntarySwitches ?? 0,
    };
  });
  return { atMs: clock.wall(), threads };
}

function sideOf(stall: StallState | undefined, side: "host" | "switch"): number {
  const causes = stall?.causes.filter((cause) => cause.side === side) ?? [];
  return causes.reduce((sum, { count }) => sum + count, 0);
}

function lastStall(stall: StallState | undefined, nowMs: number): string {
  const last = stall?.recent.at(-1);
  if (!last) return "";
  const age = Math.max(0, Math.round((nowMs - last.atMs) / 1000));
  return `${last.durationMs.toFixed(1)} ms, ${age} s ago, ${last.side}: ${last.cause}`;
}

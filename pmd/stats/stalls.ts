// SPDX-License-Identifier: Apache-2.0
/**
 * Whose fault an iteration was that took too long: the host, which did not let the thread run, or
 * the switch, and which step of it. Pure; the caller reads the clock and /proc.
 */
import { STALL_STEP, type StallRecord } from "../shm/stalls.js";
import { threadTitle } from "./stats-show.js";
import type { PmdThread } from "./types.js";

/** Stalls that are remembered one by one, per PMD. */
export const STALLS_SHOWN = 20;

/** What happened to a core while the caller did not look: /proc/stat, milliseconds. */
export interface CoreTimes {
  readonly stealMs: number;
  readonly interruptMs: number;
}

export interface Verdict {
  readonly side: "host" | "switch";
  readonly cause: string;
}

export interface Stall extends Verdict {
  /** Its end, on the caller's clock. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly offCpuMs: number;
  readonly involuntarySwitches: number;
}

/** All stalls of one cause. */
export interface CauseTally extends Verdict {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** What is known of one PMD. */
export interface StallState extends PmdThread {
  /** Iterations of at least so many microseconds are stalls; 0: nobody looks. */
  readonly limitUs: number;
  readonly count: number;
  /** Most frequent first. */
  readonly causes: readonly CauseTally[];
  /** Oldest first. */
  readonly recent: readonly Stall[];
  /** The thread has not finished an iteration for so long; 0: it has. */
  readonly stuckMs: number;
  /** Sums since the thread began: proc(5), "status" and "schedstat"; since it is watched: "stat"
   * of its core. */
  readonly involuntarySwitches: number;
  readonly waitedMs: number;
  readonly stealMs: number;
}

const MS = 1e6;
/** About what the kernel needs at least to give a page of memory. */
const FAULT_NS = 250;

/** @param stepName of the record's step, for the operator. @param core during the last second. */
export function judgeStall(record: StallRecord, stepName: string, core: CoreTimes): Verdict {
  const half = record.duration_ns / 2;
  if (record.off_cpu_ns >= half) {
    if (record.major_faults > 0) return { side: "host", cause: "waited for a page from the disk" };
    if (record.involuntary_switches > 0) {
      return { side: "host", cause: "another task ran on the core" };
    }
    if (record.voluntary_switches > 0) return { side: "switch", cause: `blocked in ${stepName}` };
    return { side: "host", cause: "the core was taken away" };
  }
  if (core.stealMs * MS >= half) return { side: "host", cause: "the core was taken away" };
  if (core.interruptMs * MS >= half) return { side: "host", cause: "interrupts" };
  const touched = record.minor_faults * FAULT_NS >= half;
  return { side: "switch", cause: touched ? `first use of memory by ${stepName}` : stepName };
}

/** `rx queue p0/1`, `commands` …
 * @param rxqs name by slot. */
export function stallStep(step: number, rxqs: ReadonlyMap<number, string>): string {
  if (step === STALL_STEP.COMMANDS) return "commands of the control thread";
  if (step === STALL_STEP.OTHER) return "polls without packets";
  const name = rxqs.get(step);
  return name === undefined ? "a queue that has gone" : `rx queue ${name}`;
}

/** The stalls of one PMD so far. */
export class StallTally {
  private readonly causes = new Map<string, CauseTally>();
  private readonly last: Stall[] = [];
  private total = 0;

  /** @param record with `at_ms` on the caller's clock. */
  add(record: StallRecord, { side, cause }: Verdict): Stall {
    const stall: Stall = {
      ...{ side, cause, atMs: record.at_ms, durationMs: record.duration_ns / MS },
      offCpuMs: record.off_cpu_ns / MS,
      involuntarySwitches: record.involuntary_switches,
    };
    this.count(stall, 1);
    this.last.push(stall);
    if (this.last.length > STALLS_SHOWN) this.last.shift();
    return stall;
  }

  /** Stalls of which nothing is known but that they were. */
  addUnknown(count: number): void {
    if (count > 0)
      this.count({ side: "switch", cause: "too many to look at", durationMs: 0 }, count);
  }

  state(): Pick<StallState, "count" | "causes" | "recent"> {
    const causes = [...this.causes.values()].sort((a, b) => b.count - a.count);
    return { count: this.total, causes, recent: [...this.last] };
  }

  private count({ side, cause, durationMs }: Verdict & { durationMs: number }, count: number) {
    const key = `${side} ${cause}`;
    const before = this.causes.get(key);
    this.total += count;
    this.causes.set(key, {
      ...{ side, cause, count: (before?.count ?? 0) + count },
      totalMs: (before?.totalMs ?? 0) + durationMs,
      longestMs: Math.max(before?.longestMs ?? 0, durationMs),
    });
  }
}

/** The text of `dpif-netdev/pmd-stall-show`. @param nowMs the clock of `atMs`. */
export function stallShow(pmds: readonly StallState[], nowMs: number): string {
  return pmds.map((pmd) => `${lines(pmd, nowMs).join("\n")}\n`).join("");
}

function lines(pmd: StallState, nowMs: number): string[] {
  const limit = pmd.limitUs > 0 ? `iterations over ${pmd.limitUs} us` : "nobody looks";
  const out = [threadTitle(pmd), `  stalls: ${pmd.count} (${limit})`];
  for (const { side, cause, count, totalMs, longestMs } of pmd.causes) {
    out.push(`    ${side}: ${cause}: ${count}, ${ms(totalMs)} in all, longest ${ms(longestMs)}`);
  }
  if (pmd.stuckMs > 0) out.push(`  stuck: no iteration has ended for ${ms(pmd.stuckMs)}`);
  out.push(`  involuntary context switches: ${pmd.involuntarySwitches}`);
  out.push(`  waited for the core: ${ms(pmd.waitedMs)}`, `  steal: ${ms(pmd.stealMs)}`);
  const last = pmd.recent.at(-1);
  if (last) {
    const age = Math.max(0, Math.round((nowMs - last.atMs) / 1000));
    const off = `${ms(last.offCpuMs)} off the core`;
    out.push(`  last: ${age} s ago, ${ms(last.durationMs)}, ${off}, ${last.side}: ${last.cause}`);
  }
  return out;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

// SPDX-License-Identifier: Apache-2.0
/** What the kernel says of threads and cores, proc(5). Missing files read as nothing. */
import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds of one USER_HZ tick, the unit of /proc/stat: 100 per second on every Linux. */
const TICK_MS = 10;

/** Sums since the start of the machine, milliseconds. */
export interface CoreSums {
  readonly stealMs: number;
  readonly interruptMs: number;
}

/** By core: `cpuN user nice system idle iowait irq softirq steal …` */
export function coreSums(stat = text("/proc/stat")): Map<number, CoreSums> {
  const sums = new Map<number, CoreSums>();
  for (const [, core, numbers] of stat.matchAll(/^cpu(\d+) (.*)$/gm)) {
    const ticks = numbers!.split(" ").map(Number);
    const [irq = 0, softirq = 0, steal = 0] = ticks.slice(5, 8);
    const times = { stealMs: steal * TICK_MS, interruptMs: (irq + softirq) * TICK_MS };
    sums.set(Number(core), times);
  }
  return sums;
}

/** Sums of one thread. */
export interface ThreadSums {
  readonly involuntarySwitches: number;
  /** Ready to run, but not running. */
  readonly waitedMs: number;
}

export function threadSums(tid: number): ThreadSums {
  const folder = `/proc/self/task/${tid}`;
  const switches = /^nonvoluntary_ctxt_switches:\s*(\d+)/m.exec(text(`${folder}/status`));
  const [, waited] = text(`${folder}/schedstat`).split(" ");
  return { involuntarySwitches: Number(switches?.[1] ?? 0), waitedMs: Number(waited ?? 0) / 1e6 };
}

/** The thread of this process that has the name; undefined: none yet. */
export function threadNamed(name: string): number | undefined {
  let tasks: string[];
  try {
    tasks = readdirSync("/proc/self/task");
  } catch {
    return undefined;
  }
  const tid = tasks.find((task) => text(`/proc/self/task/${task}/comm`).trimEnd() === name);
  return tid === undefined ? undefined : Number(tid);
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

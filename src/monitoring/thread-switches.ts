// SPDX-License-Identifier: Apache-2.0
/** How often the kernel took PMD threads off their cores: proc(5), /proc/PID/task/TID/status. */
import { readdirSync, readFileSync } from "node:fs";

const TASKS = "/proc/self/task";

export interface ThreadSwitches {
  readonly voluntary: number;
  readonly involuntary: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The thread has ended meanwhile.
  }
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

/** Context switches of PMD threads by core; they are found by their names, as exporters do. */
export function pmdThreadSwitches(): Map<number, ThreadSwitches> {
  const switches = new Map<number, ThreadSwitches>();
  for (const task of readdirSync(TASKS)) {
    const core = /^pmd-c(\d+)/.exec(read(`${TASKS}/${task}/comm`))?.[1];
    if (core === undefined) continue;
    const status = read(`${TASKS}/${task}/status`);
    switches.set(Number(core), {
      voluntary: field(status, "voluntary_ctxt_switches"),
      involuntary: field(status, "nonvoluntary_ctxt_switches"),
    });
  }
  return switches;
}

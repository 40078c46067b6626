// SPDX-License-Identifier: Apache-2.0
import type { Facts } from "./facts.js";

/** `error`: something does not work. `warning`: it works worse than it could, or may stop. `note`:
 * what one may want to know; changes no exit code. */
export type Level = "error" | "warning" | "note";

export interface Finding {
  readonly level: Level;
  /** What it is about: hugepages, cores, port NAME … */
  readonly about: string;
  readonly problem: string;
  /** What to do, in the imperative. */
  readonly remedy: string;
}

export type Check = (facts: Facts) => readonly Finding[];

export function error(about: string, problem: string, remedy: string): Finding {
  return { level: "error", about, problem, remedy };
}

export function warning(about: string, problem: string, remedy: string): Finding {
  return { level: "warning", about, problem, remedy };
}

export function note(about: string, problem: string, remedy: string): Finding {
  return { level: "note", about, problem, remedy };
}

/** `vsctl set Open_vSwitch . other_config:KEY=VALUE` */
export function setting(key: string, value: string): string {
  return `ovs-vsctl set Open_vSwitch . other_config:${key}=${value}`;
}

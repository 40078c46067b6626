// SPDX-License-Identifier: Apache-2.0
/** What this room and DPDK have to say, on its way to vlog. */
import type { LogLine } from "../../native/index.js";
import type { DpifStartOptions } from "./dpif.js";

export type DpifLog = NonNullable<DpifStartOptions["log"]>;

/** Hands DPDK's lines on. Its levels: rte_log.h. */
export function logDpdkLines(log: DpifLog, lines: readonly LogLine[]): void {
  for (const { level, text } of lines) {
    if (level <= 4) log("dpdk", "err", text);
    else if (level === 5) log("dpdk", "warn", text);
    else log("dpdk", level <= 7 ? "info" : "dbg", text);
  }
}

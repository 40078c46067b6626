// SPDX-License-Identifier: Apache-2.0
/** The text of `dpif-netdev/pmd-rxq-show`, as the stock switch 3.1 prints it. */
import { threadTitle } from "./stats-show.js";
import type { PmdThread, RxqUsage } from "./types.js";

/** What one PMD polls. */
export interface RxqShow extends PmdThread {
  readonly isolated: boolean;
  readonly rxqs: readonly RxqUsage[];
  /** Percent of cycles spent busy but not on a queue; undefined: not available yet. */
  readonly overheadPercent: number | undefined;
}

/** The whole reply for PMDs in order of core, over the last `seconds`. The main thread polls
 * nothing and is not shown. */
export function rxqShow(pmds: readonly RxqShow[], seconds: number): string {
  const title = `Displaying last ${seconds} seconds pmd usage %\n`;
  return (
    title +
    pmds
      .filter((pmd) => pmd.coreId >= 0)
      .map(block)
      .join("")
  );
}

function block(pmd: RxqShow): string {
  const rxqs = [...pmd.rxqs].sort(byPortThenQueue).map((rxq) => {
    const port = rxq.port.padEnd(16);
    const queue = String(rxq.queue).padStart(2);
    const state = rxq.enabled ? "(enabled) " : "(disabled)";
    return `  port: ${port}  queue-id: ${queue} ${state}  pmd usage: ${usage(rxq.usagePercent)}\n`;
  });
  const head = `${threadTitle(pmd)}\n  isolated : ${pmd.isolated}\n`;
  if (rxqs.length === 0) return head;
  return `${head}${rxqs.join("")}  overhead: ${usage(pmd.overheadPercent)}\n`;
}

function usage(percent: number | undefined): string {
  return percent === undefined ? "NOT AVAIL" : `${String(percent).padStart(2)} %`;
}

function byPortThenQueue(a: RxqUsage, b: RxqUsage): number {
  if (a.port !== b.port) return a.port < b.port ? -1 : 1;
  return a.queue - b.queue;
}

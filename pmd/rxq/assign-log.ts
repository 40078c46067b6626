// SPDX-License-Identifier: Apache-2.0
/** What the stock switch writes to its log about an assignment: people and scripts look for it. */
import type { AssignEvent, AssignPlan, RxqAlgorithm, RxqDemand } from "./assign.js";

export interface AssignLogLine {
  readonly level: "info" | "warn";
  readonly text: string;
}

/** One line per event of the plan. */
export function assignLog(plan: AssignPlan, algorithm: RxqAlgorithm): AssignLogLine[] {
  return plan.events.map((event) => line(event, algorithm));
}

function line(event: AssignEvent, algorithm: RxqAlgorithm): AssignLogLine {
  if (event.kind === "start") {
    const text = `Performing pmd to rx queue assignment using ${algorithm} algorithm.`;
    return { level: "info", text };
  }
  const { rxq } = event;
  const name = `port '${rxq.port}' rx queue ${rxq.queue}`;
  const cost = measured(rxq, algorithm);
  switch (event.kind) {
    case "cannot-pin":
      return {
        level: "warn",
        text:
          `Core ${pad2(rxq.pinnedCore!)} cannot be pinned with ${name}. Use pmd-cpu-mask to ` +
          `enable a pmd on core ${rxq.pinnedCore}. An alternative core will be assigned.`,
      };
    case "pinned":
      return { level: "info", text: `${place(event)} is pinned with ${name}${cost}` };
    case "assigned":
      return { level: "info", text: `${place(event)} assigned ${name}${cost}.` };
    case "cross-numa":
      return {
        level: "info",
        text:
          `There's no available (non-isolated) pmd thread on numa node ${rxq.numaId}. ` +
          `Port '${rxq.port}' rx queue ${rxq.queue} will be assigned to a pmd on numa node ` +
          `${event.core.numaId}. This may lead to reduced performance.`,
      };
    case "not-polled":
      return {
        level: "warn",
        text:
          `No non-isolated pmd on any numa available for ${name}${cost}. ` +
          "This rx queue will not be polled.",
      };
  }
}

function place({ core }: { readonly core: { coreId: number; numaId: number } }): string {
  return `Core ${pad2(core.coreId)} on numa node ${core.numaId}`;
}

function measured(rxq: RxqDemand, algorithm: RxqAlgorithm): string {
  return algorithm === "roundrobin" ? "" : ` (measured processing cycles ${rxq.cycles})`;
}

function pad2(n: number): string {
  return String(n).padStart(2);
}

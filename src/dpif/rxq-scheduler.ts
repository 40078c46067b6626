// SPDX-License-Identifier: Apache-2.0
/** From ports and cores to the plan which core polls which receive queue. */
import { parseRxqAffinity } from "../../pmd/rxq/affinity.js";
import {
  type AssignPlan,
  type AssignSettings,
  assignRxqs,
  type PmdCore,
  type RxqDemand,
  rxqKey,
} from "../../pmd/rxq/assign.js";
import { assignLog } from "../../pmd/rxq/assign-log.js";
import { followPlacement, type Placement } from "../../pmd/rxq/placement.js";
import { RxqCycles } from "../../pmd/rxq/rxq-cycles.js";
import type { PortConfig } from "./dpif.js";
import type { DpifLog } from "./log.js";

/** A port as far as plans go. */
export interface SchedulablePort {
  readonly portNo: number;
  readonly config: PortConfig;
  readonly polled: boolean;
  readonly rxQueues: number;
  readonly numaId: number;
}

export class RxqScheduler {
  settings: AssignSettings = { algorithm: "cycles", isolate: true };
  readonly cycles = new RxqCycles();
  /** The pins of each port as they were last readable. */
  private readonly pins = new Map<string, ReadonlyMap<number, number>>();
  private isolated: ReadonlySet<number> = new Set();
  private placement: Placement = new Map();

  constructor(private readonly log: DpifLog) {}

  isIsolated(coreId: number): boolean {
    return this.isolated.has(coreId);
  }

  /** At the next assignment, once, queues go where this says, as far as the rules allow. */
  placeOnce(placement: Placement): void {
    this.placement = placement;
  }

  /** The queues of all polled ports.
   * @param otherPins instead of the configured ones, by port. */
  demands(
    ports: readonly SchedulablePort[],
    otherPins?: (port: string) => ReadonlyMap<number, number> | undefined,
  ): RxqDemand[] {
    for (const name of this.pins.keys()) {
      if (!ports.some((port) => port.config.name === name)) this.pins.delete(name);
    }
    return ports.filter((port) => port.polled).flatMap((port) => this.demandsOf(port, otherPins));
  }

  /** Makes the plan that is to be applied, and logs it. */
  plan(ports: readonly SchedulablePort[], cores: readonly PmdCore[]): AssignPlan {
    const assigned = assignRxqs(this.demands(ports), cores, this.settings);
    const plan = followPlacement(assigned, cores, this.placement);
    this.placement = new Map();
    for (const { level, text } of assignLog(plan, this.settings.algorithm)) {
      this.log("dpif_netdev", level, text);
    }
    this.isolated = plan.isolated;
    return plan;
  }

  private demandsOf(
    port: SchedulablePort,
    otherPins?: (port: string) => ReadonlyMap<number, number> | undefined,
  ): RxqDemand[] {
    const { name, otherConfig } = port.config;
    const pins = parseRxqAffinity(otherConfig?.["pmd-rxq-affinity"] ?? "");
    if (pins) this.pins.set(name, pins);
    const inForce = otherPins?.(name) ?? this.pins.get(name);
    return Array.from({ length: port.rxQueues }, (_, queue): RxqDemand => {
      const rxq = { port: name, queue };
      return {
        ...rxq,
        ...{ portNo: port.portNo, numaId: port.numaId, cycles: this.cycles.of(rxqKey(rxq)) },
        pinnedCore: inForce?.get(queue),
      };
    });
  }
}

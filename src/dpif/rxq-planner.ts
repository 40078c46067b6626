// SPDX-License-Identifier: Apache-2.0
/** What another assignment of receive queues would be, before anybody applies it. */
import { parseRxqAffinity } from "../../pmd/rxq/affinity.js";
import { type AssignSettings, assignRxqs, type PmdCore, rxqKey } from "../../pmd/rxq/assign.js";
import { type AssignLogLine, assignLog } from "../../pmd/rxq/assign-log.js";
import type { NodeEstimate } from "../../pmd/rxq/auto-lb.js";
import {
  compareVariance,
  layoutOf,
  movesBetween,
  plannedLayout,
  type RxqLayout,
  type RxqLoads,
  type RxqMove,
} from "../../pmd/rxq/layout.js";
import { parseCoreMask } from "../lib/cores.js";
import type { DpifFailure } from "./dpif.js";
import type { RxqScheduler, SchedulablePort } from "./rxq-scheduler.js";

/** What is to be different; everything absent stays. */
export interface PlanRequest {
  readonly algorithm?: AssignSettings["algorithm"];
  readonly isolate?: boolean;
  /** `pmd-cpu-mask`. */
  readonly mask?: string;
  /** `pmd-rxq-affinity` by port; "": no pins. */
  readonly pins: ReadonlyMap<string, string>;
}

/** Cores and queues as they are. */
export interface RxqState {
  readonly layout: RxqLayout;
  readonly settings: AssignSettings;
  /** Seconds over which loads were measured, 0…60. */
  readonly seconds: number;
}

/** A column's key that must change for a plan to come true; null: not set. */
export interface ConfigChange {
  readonly table: "Open_vSwitch" | "Interface";
  /** The interface's name, or ".". */
  readonly record: string;
  /** Of `other_config`. */
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface RxqPlan extends RxqState {
  /** `layout` as it would be. */
  readonly planned: RxqLayout;
  readonly plannedSettings: AssignSettings;
  readonly moves: readonly RxqMove[];
  readonly nodes: readonly NodeEstimate[];
  readonly changes: readonly ConfigChange[];
  /** What the switch would say of it in its log. */
  readonly log: readonly AssignLogLine[];
}

/** A PMD as far as plans go. */
export interface PollingThread {
  readonly handle: PmdCore;
  /** Keys are those of `rxqKey`. */
  readonly rxqs: ReadonlyMap<string, unknown>;
}

export interface PlannerOwner {
  readonly scheduler: RxqScheduler;
  /** `pmd-cpu-mask` in force. */
  mask(): string | null;
  /** `Open_vSwitch.other_config`. */
  config(): Readonly<Record<string, string>>;
  ports(): readonly SchedulablePort[];
  pmds(): readonly PollingThread[];
  /** The cores that a mask means. */
  cores(mask: string | null): readonly PmdCore[];
}

export class RxqPlanner {
  constructor(private readonly owner: PlannerOwner) {}

  state(): RxqState {
    const { scheduler } = this.owner;
    const demands = scheduler.demands(this.owner.ports());
    const pmds = this.owner.pmds();
    const placements = pmds.flatMap(({ handle: { coreId }, rxqs }) =>
      demands.filter((rxq) => rxqs.has(rxqKey(rxq))).map((rxq) => ({ rxq, coreId })),
    );
    const cores = pmds.map(({ handle: { coreId, numaId } }) => ({ coreId, numaId }));
    const isolated = new Set(
      cores.map(({ coreId }) => coreId).filter((id) => scheduler.isIsolated(id)),
    );
    const polled = new Set(placements.map(({ rxq }) => rxq));
    const unpolled = demands.filter((rxq) => !polled.has(rxq));
    return {
      layout: {
        ...layoutOf(cores, placements, isolated, this.loads()),
        unpolled: unpolled.map(({ port, queue }) => ({ port, queue })),
      },
      ...{ settings: scheduler.settings, seconds: scheduler.cycles.seconds },
    };
  }

  plan(request: PlanRequest): RxqPlan | DpifFailure {
    const { scheduler } = this.owner;
    const error = this.refuse(request);
    if (error !== undefined) return { error };
    const state = this.state();
    const algorithm = request.algorithm ?? state.settings.algorithm;
    const isolate = (request.isolate ?? state.settings.isolate) || algorithm !== "group";
    const settings = { algorithm, isolate };
    const demands = scheduler.demands(this.owner.ports(), (name) => {
      const affinity = request.pins.get(name);
      return affinity === undefined ? undefined : parseRxqAffinity(affinity);
    });
    const cores = this.owner.cores(request.mask ?? this.owner.mask());
    const plan = assignRxqs(demands, cores, settings);
    const planned = plannedLayout(cores, plan, this.loads());
    return {
      ...{ ...state, planned, plannedSettings: settings },
      moves: movesBetween(state.layout, planned),
      nodes: compareVariance(state.layout, planned),
      changes: this.changes(request),
      log: assignLog(plan, algorithm),
    };
  }

  /** Percent of a core by queue. */
  private loads(): RxqLoads {
    const { cycles } = this.owner.scheduler;
    return (rxq) => cycles.percent(rxq);
  }

  private refuse({ pins, mask, isolate, algorithm }: PlanRequest): string | undefined {
    const ports = this.owner.ports();
    for (const [name, affinity] of pins) {
      const port = ports.find(({ config }) => config.name === name);
      if (!port) return `no port ${name}`;
      if (!port.polled) return `${name}: the port is not polled`;
      if (!parseRxqAffinity(affinity)) return `${affinity}: not a list of <queue>:<core>`;
    }
    if (mask !== undefined && !parseCoreMask(mask)) return `${mask}: not a hexadecimal core mask`;
    const now = this.owner.scheduler.settings.algorithm;
    if (isolate === false && (algorithm ?? now) !== "group") {
      return "pmd-rxq-isolate can only be set false when using pmd-rxq-assign=group";
    }
    return undefined;
  }

  private changes({ algorithm, isolate, mask, pins }: PlanRequest): ConfigChange[] {
    const config = this.owner.config();
    const root = (key: string, after: string | undefined): ConfigChange[] => {
      const before = config[key] ?? null;
      if (after === undefined || after === before) return [];
      return [{ table: "Open_vSwitch", record: ".", key, before, after }];
    };
    const key = "pmd-rxq-affinity";
    const interfaces = [...pins].map(([record, affinity]): ConfigChange => {
      const port = this.owner.ports().find(({ config: { name } }) => name === record);
      const before = port?.config.otherConfig?.[key] ?? null;
      return { table: "Interface", record, key, before, after: affinity || null };
    });
    return [
      ...root("pmd-rxq-assign", algorithm),
      ...root("pmd-rxq-isolate", isolate === undefined ? undefined : String(isolate)),
      ...root("pmd-cpu-mask", mask),
      ...interfaces.filter(({ before, after }) => before !== after),
    ];
  }
}

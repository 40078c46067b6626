// SPDX-License-Identifier: Apache-2.0
/**
 * PMD auto load balance: whether another assignment of receive queues would spread the load better.
 * Pure; integers throughout, as the stock switch computes.
 */
import { type AssignSettings, assignRxqs, type PmdCore, type RxqDemand } from "./assign.js";

/** `other_config:pmd-auto-lb*`, in the database's units. */
export interface AutoLbSettings {
  readonly enabled: boolean;
  /** Percent, 0…100. */
  readonly loadThreshold: number;
  /** Percent, 0…100. */
  readonly improvementThreshold: number;
  /** Minutes, 1…20000. */
  readonly intervalMinutes: number;
}

export const AUTO_LB_DEFAULTS: AutoLbSettings = {
  enabled: false,
  loadThreshold: 95,
  improvementThreshold: 25,
  intervalMinutes: 1,
};

/** A PMD as it is: what the balancer looks at. */
export interface PmdLoad extends PmdCore {
  readonly isolated: boolean;
  /** Cycles of the whole window over which the queues were measured; 0: not known yet. */
  readonly windowCycles: number;
  readonly rxqs: readonly RxqDemand[];
}

/** One NUMA node in a dry run. */
export interface NodeEstimate {
  readonly numaId: number;
  readonly currentVariance: number;
  readonly estimatedVariance: number;
  /** Percent. */
  readonly improvement: number;
}

export interface DryRun {
  /** Queues would be polled across nodes: then loads cannot be estimated. */
  readonly crossNuma: boolean;
  readonly nodes: readonly NodeEstimate[];
  /** Some node improves by at least the threshold. */
  readonly met: boolean;
}

/** Mean of squared differences to the mean; integers. 0 for nothing. */
export function variance(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.floor(squares / values.length);
}

/** Percent by which the variance falls; 0 when it does not. */
export function improvementPercent(current: number, estimated: number): number {
  return estimated < current ? Math.floor(((current - estimated) * 100) / current) : 0;
}

/** Why a dry run would be of no use; undefined: it may be of use. */
export function dryRunObstacle(
  pmds: readonly Pick<PmdLoad, "isolated" | "rxqs">[],
  algorithm: AssignSettings["algorithm"],
): string | undefined {
  if (algorithm === "roundrobin") {
    return "pmd-rxq-assign=roundrobin assignment type configured.";
  }
  const open = pmds.filter((pmd) => !pmd.isolated);
  const enough = open.length >= 2 && open.some((pmd) => pmd.rxqs.length > 1);
  return enough ? undefined : "not enough non-isolated PMDs or RxQs.";
}

/** Compares the assignment as it is with the one that `settings` would give now. */
export function dryRun(
  pmds: readonly PmdLoad[],
  settings: AssignSettings,
  improvementThreshold: number,
): DryRun {
  const plan = assignRxqs(
    pmds.flatMap((pmd) => pmd.rxqs),
    pmds,
    settings,
  );
  const numaIds = [...new Set(pmds.map((pmd) => pmd.numaId))].sort((a, b) => a - b);
  if (numaIds.length > 1 && plan.placements.some((placement) => placement.crossNuma)) {
    return { crossNuma: true, nodes: [], met: false };
  }
  const planned = new Map<number, RxqDemand[]>(pmds.map((pmd) => [pmd.coreId, []]));
  for (const { rxq, coreId } of plan.placements) planned.get(coreId)!.push(rxq);
  const nodes = numaIds.map((numaId): NodeEstimate => {
    const here = pmds.filter((pmd) => pmd.numaId === numaId);
    const after = here.map((pmd) => ({
      ...{ windowCycles: pmd.windowCycles, rxqs: planned.get(pmd.coreId)! },
      isolated: plan.isolated.has(pmd.coreId),
    }));
    const currentVariance = loadVariance(here);
    const estimatedVariance = loadVariance(after);
    const improvement = improvementPercent(currentVariance, estimatedVariance);
    return { numaId, currentVariance, estimatedVariance, improvement };
  });
  const met = nodes.some(({ improvement }) => improvement >= improvementThreshold);
  return { crossNuma: false, nodes, met };
}

/** Percent of a PMD's cycles that its queues cost. */
export function loadPercent(pmd: Pick<PmdLoad, "windowCycles" | "rxqs">): number {
  if (pmd.windowCycles === 0) return 0;
  const cycles = pmd.rxqs.reduce((sum, rxq) => sum + rxq.cycles, 0);
  return Math.floor((cycles * 100) / pmd.windowCycles);
}

function loadVariance(
  pmds: readonly Pick<PmdLoad, "isolated" | "windowCycles" | "rxqs">[],
): number {
  return variance(pmds.filter((pmd) => !pmd.isolated).map(loadPercent));
}

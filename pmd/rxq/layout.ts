// SPDX-License-Identifier: Apache-2.0
/**
 * Which queue is on which core, with the load that it brings: as it is, and as another assignment
 * would make it. Pure; the numbers behind `pollux rxq show` and `pollux rxq plan`.
 */
import type { AssignPlan, PmdCore, RxqDemand } from "./assign.js";
import { rxqKey } from "./assign.js";
import { improvementPercent, type NodeEstimate, variance } from "./auto-lb.js";

/** Percent of a core that a queue costs; undefined: not measured yet. */
export type RxqLoads = (rxq: RxqDemand) => number | undefined;

export interface PlacedRxq {
  readonly port: string;
  readonly queue: number;
  /** Percent of one core; undefined: not measured yet. */
  readonly load: number | undefined;
  readonly pinned: boolean;
  /** Polled from another NUMA node than the device's. */
  readonly crossNuma: boolean;
}

export interface CoreLayout extends PmdCore {
  /** Polls only what is pinned to it. */
  readonly isolated: boolean;
  /** Percent, the sum over its queues; over 100: more than it can do. */
  readonly load: number | undefined;
  /** In order of port and queue. */
  readonly rxqs: readonly PlacedRxq[];
}

export interface RxqLayout {
  /** In order of core. */
  readonly cores: readonly CoreLayout[];
  readonly unpolled: readonly { readonly port: string; readonly queue: number }[];
}

export interface RxqMove {
  readonly port: string;
  readonly queue: number;
  /** Undefined: nobody polls it. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly load: number | undefined;
}

/** Who polls what now. */
export function layoutOf(
  cores: readonly PmdCore[],
  placements: readonly { readonly rxq: RxqDemand; readonly coreId: number }[],
  isolated: ReadonlySet<number>,
  loads: RxqLoads,
): RxqLayout {
  const sorted = [...cores].sort((a, b) => a.coreId - b.coreId);
  return {
    cores: sorted.map(({ coreId, numaId }) => {
      const here = placements.filter((each) => each.coreId === coreId).map(({ rxq }) => rxq);
      here.sort((a, b) => a.portNo - b.portNo || a.queue - b.queue);
      const rxqs = here.map((rxq): PlacedRxq => {
        const pinned = rxq.pinnedCore === coreId;
        const crossNuma = !pinned && rxq.numaId !== numaId;
        return { port: rxq.port, queue: rxq.queue, load: loads(rxq), pinned, crossNuma };
      });
      return { coreId, numaId, isolated: isolated.has(coreId), load: sumOf(rxqs), rxqs };
    }),
    unpolled: [],
  };
}

/** The layout that a plan makes. */
export function plannedLayout(
  cores: readonly PmdCore[],
  plan: AssignPlan,
  loads: RxqLoads,
): RxqLayout {
  const unpolled = plan.unpolled.map(({ port, queue }) => ({ port, queue }));
  return { ...layoutOf(cores, plan.placements, plan.isolated, loads), unpolled };
}

/** What of `before` is elsewhere in `after`, in the order of `after`. */
export function movesBetween(before: RxqLayout, after: RxqLayout): RxqMove[] {
  const from = coreByQueue(before);
  const to = coreByQueue(after);
  const moves: RxqMove[] = [];
  for (const [key, { core, rxq }] of new Map([...from, ...to])) {
    const source = from.get(key)?.core;
    const target = to.has(key) ? core : undefined;
    if (source === target) continue;
    moves.push({ port: rxq.port, queue: rxq.queue, from: source, to: target, load: rxq.load });
  }
  return moves;
}

/** Queue → core, by `rxqKey`. */
function coreByQueue(layout: RxqLayout): Map<string, { core: number; rxq: PlacedRxq }> {
  return new Map(
    layout.cores.flatMap(({ coreId, rxqs }) =>
      rxqs.map((rxq) => [rxqKey(rxq), { core: coreId, rxq }] as const),
    ),
  );
}

/** Variance of the loads of open cores, by NUMA node, as the load balancer computes it. */
export function compareVariance(before: RxqLayout, after: RxqLayout): NodeEstimate[] {
  const all = [...before.cores, ...after.cores];
  const numaIds = [...new Set(all.map(({ numaId }) => numaId))].sort((a, b) => a - b);
  const of = ({ cores }: RxqLayout, numaId: number) =>
    variance(
      cores
        .filter((core) => core.numaId === numaId && !core.isolated)
        .map(({ load }) => Math.floor(load ?? 0)),
    );
  return numaIds.map((numaId) => {
    const currentVariance = of(before, numaId);
    const estimatedVariance = of(after, numaId);
    const improvement = improvementPercent(currentVariance, estimatedVariance);
    return { numaId, currentVariance, estimatedVariance, improvement };
  });
}

function sumOf(rxqs: readonly PlacedRxq[]): number | undefined {
  if (rxqs.some(({ load }) => load === undefined)) return undefined;
  return rxqs.reduce((sum, { load }) => sum + load!, 0);
}

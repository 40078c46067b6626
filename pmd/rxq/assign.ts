// SPDX-License-Identifier: Apache-2.0
/**
 * Which core polls which receive queue: pure, from what there is to the whole plan.
 */

/** A receive queue that somebody must poll. */
export interface RxqDemand {
  readonly port: string;
  readonly queue: number;
  /** Node of the device. */
  readonly numaId: number;
}

/** A core that polls. */
export interface PmdCore {
  readonly coreId: number;
  readonly numaId: number;
}

export interface RxqPlacement {
  readonly rxq: RxqDemand;
  readonly coreId: number;
  /** The queue's node has no PMD: polled from another node, slower. */
  readonly crossNuma: boolean;
}

/** Identifies a queue in plans. */
export function rxqKey(rxq: { readonly port: string; readonly queue: number }): string {
  return `${rxq.queue}/${rxq.port}`;
}

/**
 * Deals the queues round robin over the cores of their NUMA node, in order of port name and queue:
 * each goes to the core of its node that has the fewest so far, the lowest core first. Queues of a
 * node without cores are dealt over all cores in the same way. Without any core the plan is empty.
 *
 * @param keep where queues are now (`rxqKey` → core): a queue whose core still exists stays there,
 * so that a change elsewhere does not move it. Empty: deal everything anew.
 */
export function assignRoundRobin(
  rxqs: readonly RxqDemand[],
  cores: readonly PmdCore[],
  keep: ReadonlyMap<string, number> = new Map(),
): RxqPlacement[] {
  if (cores.length === 0) return [];
  const sorted = [...cores].sort((a, b) => a.coreId - b.coreId);
  const load = new Map(sorted.map((core) => [core.coreId, 0]));
  const place = (rxq: RxqDemand, core: PmdCore): RxqPlacement => {
    load.set(core.coreId, load.get(core.coreId)! + 1);
    return { rxq, coreId: core.coreId, crossNuma: core.numaId !== rxq.numaId };
  };
  const kept: RxqPlacement[] = [];
  const rest: RxqDemand[] = [];
  for (const rxq of [...rxqs].sort(compareRxqs)) {
    const core = sorted.find(({ coreId }) => coreId === keep.get(rxqKey(rxq)));
    if (core) kept.push(place(rxq, core));
    else rest.push(rxq);
  }
  const dealt = rest.map((rxq) => {
    const local = sorted.filter((core) => core.numaId === rxq.numaId);
    const candidates = local.length > 0 ? local : sorted;
    const least = candidates.reduce((best, core) =>
      load.get(core.coreId)! < load.get(best.coreId)! ? core : best,
    );
    return place(rxq, least);
  });
  return [...kept, ...dealt];
}

function compareRxqs(a: RxqDemand, b: RxqDemand): number {
  if (a.port !== b.port) return a.port < b.port ? -1 : 1;
  return a.queue - b.queue;
}

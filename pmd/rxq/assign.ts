// SPDX-License-Identifier: Apache-2.0
/**
 * Which core polls which receive queue: pure, from what there is to the whole plan.
 *
 * The algorithms, pinning, isolation and the fallback to other NUMA nodes are those of
 * `other_config:pmd-rxq-assign` and friends in ovs-vswitchd.conf.db(5).
 */

/** A receive queue that somebody must poll. */
export interface RxqDemand {
  readonly port: string;
  /** Datapath port number: queues that cost the same go in this order. */
  readonly portNo: number;
  readonly queue: number;
  /** Node of the device. */
  readonly numaId: number;
  /** Cycles spent on the queue over the last minute; 0: none, or not known. */
  readonly cycles: number;
  /** Core that `pmd-rxq-affinity` asks for. */
  readonly pinnedCore?: number;
}

/** A core that polls. */
export interface PmdCore {
  readonly coreId: number;
  readonly numaId: number;
}

export interface RxqPlacement {
  readonly rxq: RxqDemand;
  readonly coreId: number;
  /** As `pmd-rxq-affinity` wants it. */
  readonly pinned: boolean;
  /** Not pinned, and polled from another node than the device's: slower. */
  readonly crossNuma: boolean;
}

export const RXQ_ALGORITHMS = ["cycles", "group", "roundrobin"] as const;
export type RxqAlgorithm = (typeof RXQ_ALGORITHMS)[number];

export interface AssignSettings {
  readonly algorithm: RxqAlgorithm;
  /** A core with a pinned queue polls nothing else. Only `group` can do without. */
  readonly isolate: boolean;
}

/** What happened on the way, in order: see assign-log.ts for the words. */
export type AssignEvent =
  | { readonly kind: "start" }
  | { readonly kind: "cannot-pin"; readonly rxq: RxqDemand }
  | { readonly kind: "pinned" | "assigned"; readonly rxq: RxqDemand; readonly core: PmdCore }
  | { readonly kind: "cross-numa"; readonly rxq: RxqDemand; readonly core: PmdCore }
  | { readonly kind: "not-polled"; readonly rxq: RxqDemand };

export interface AssignPlan {
  readonly placements: readonly RxqPlacement[];
  /** Queues for which no core may be used. */
  readonly unpolled: readonly RxqDemand[];
  /** Cores that only poll what is pinned to them. */
  readonly isolated: ReadonlySet<number>;
  readonly events: readonly AssignEvent[];
}

/** Identifies a queue in plans. */
export function rxqKey(rxq: { readonly port: string; readonly queue: number }): string {
  return `${rxq.queue}/${rxq.port}`;
}

/** A core while the plan is made. */
class Candidate {
  isolated = false;
  cycles = 0;
  queues = 0;

  constructor(readonly core: PmdCore) {}

  take(rxq: RxqDemand): void {
    this.cycles += rxq.cycles;
    this.queues++;
  }
}

/** The cores of one NUMA node, in order of core. */
class Node {
  private index = 0;
  private ascending = true;

  constructor(private readonly candidates: readonly Candidate[]) {}

  get usable(): boolean {
    return this.candidates.some((candidate) => !candidate.isolated);
  }

  /** The core for the next queue. `measured`: the queue's cycles are known. */
  next(algorithm: RxqAlgorithm, measured: boolean): Candidate | undefined {
    if (algorithm === "group") return this.lowest(measured);
    // A walk may come by the same core twice before it has been everywhere.
    for (let tries = 0; tries < this.candidates.length * 2; tries++) {
      const candidate = this.step(algorithm === "cycles");
      if (!candidate.isolated) return candidate;
    }
    return undefined;
  }

  /** Least load; of queues without a known load, fewest queues. The first of equals. */
  private lowest(measured: boolean): Candidate | undefined {
    const load = (candidate: Candidate) => (measured ? candidate.cycles : candidate.queues);
    let lowest: Candidate | undefined;
    for (const candidate of this.candidates) {
      if (candidate.isolated) continue;
      if (!lowest || load(candidate) < load(lowest)) lowest = candidate;
    }
    return lowest;
  }

  /** `snake`: 1 2 3 3 2 1 1 2 …; else 1 2 3 1 2 3 … */
  private step(snake: boolean): Candidate {
    const candidate = this.candidates[this.index]!;
    const last = this.candidates.length - 1;
    if (!snake) this.index = this.index === last ? 0 : this.index + 1;
    else if (this.index === (this.ascending ? last : 0)) this.ascending = !this.ascending;
    else this.index += this.ascending ? 1 : -1;
    return candidate;
  }
}

/** Nodes that have cores; queues of nodes that have none visit them in turn. */
class Nodes {
  private readonly byId = new Map<number, Node>();
  private readonly order: Node[];
  private lastForeign = -1;

  constructor(candidates: readonly Candidate[]) {
    const ids = [...new Set(candidates.map(({ core }) => core.numaId))].sort((a, b) => a - b);
    for (const id of ids) {
      this.byId.set(id, new Node(candidates.filter(({ core }) => core.numaId === id)));
    }
    this.order = [...this.byId.values()];
  }

  /** The node for a queue of a device on `numaId`. */
  choose(numaId: number): Node | undefined {
    const local = this.byId.get(numaId);
    if (local?.usable) return local;
    for (let tries = 0; tries < this.order.length; tries++) {
      this.lastForeign = (this.lastForeign + 1) % this.order.length;
      const node = this.order[this.lastForeign]!;
      if (node.usable) return node;
    }
    return undefined;
  }
}

/** Assigns every queue of `rxqs` to one of `cores`. */
export function assignRxqs(
  rxqs: readonly RxqDemand[],
  cores: readonly PmdCore[],
  settings: AssignSettings,
): AssignPlan {
  const sortedCores = [...cores].sort((a, b) => a.coreId - b.coreId);
  const candidates = sortedCores.map((core) => new Candidate(core));
  const placements: RxqPlacement[] = [];
  const unpolled: RxqDemand[] = [];
  const events: AssignEvent[] = [];
  const rest = placePinned([...rxqs].sort(byPort), candidates, settings, placements, events);
  if (settings.algorithm !== "roundrobin") rest.sort(byCycles);
  if (rest.length > 0) events.push({ kind: "start" });
  const nodes = new Nodes(candidates);
  for (const rxq of rest) {
    const chosen = nodes.choose(rxq.numaId)?.next(settings.algorithm, rxq.cycles > 0);
    if (!chosen) {
      unpolled.push(rxq);
      events.push({ kind: "not-polled", rxq });
      continue;
    }
    const { core } = chosen;
    const crossNuma = core.numaId !== rxq.numaId;
    chosen.take(rxq);
    placements.push({ rxq, coreId: core.coreId, pinned: false, crossNuma });
    if (crossNuma) events.push({ kind: "cross-numa", rxq, core });
    events.push({ kind: "assigned", rxq, core });
  }
  const isolated = candidates.filter((each) => each.isolated).map(({ core }) => core.coreId);
  return { placements, unpolled, isolated: new Set(isolated), events };
}

/** Puts pinned queues in their places; the others, and those whose core does not poll, remain. */
function placePinned(
  rxqs: readonly RxqDemand[],
  candidates: readonly Candidate[],
  settings: AssignSettings,
  placements: RxqPlacement[],
  events: AssignEvent[],
): RxqDemand[] {
  const rest: RxqDemand[] = [];
  const isolate = settings.isolate || settings.algorithm !== "group";
  for (const rxq of rxqs) {
    const wanted = candidates.find(({ core }) => core.coreId === rxq.pinnedCore);
    if (rxq.pinnedCore === undefined || !wanted) {
      if (rxq.pinnedCore !== undefined) events.push({ kind: "cannot-pin", rxq });
      rest.push(rxq);
      continue;
    }
    wanted.isolated ||= isolate;
    wanted.take(rxq);
    placements.push({ rxq, coreId: rxq.pinnedCore, pinned: true, crossNuma: false });
    events.push({ kind: "pinned", rxq, core: wanted.core });
  }
  return rest;
}

function byPort(a: RxqDemand, b: RxqDemand): number {
  return a.portNo - b.portNo || a.queue - b.queue;
}

function byCycles(a: RxqDemand, b: RxqDemand): number {
  return b.cycles - a.cycles || byPort(a, b);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * All packet threads: which exist, which queue each serves, and how both change under traffic.
 *
 * A queue moves in two steps: its old thread drops it and says so, then the new one takes it.
 * Nothing else stops meanwhile; packets that arrive in between wait in the device.
 */
import type { Native } from "../../native/index.js";
import { type PmdCore, rxqKey } from "../../pmd/rxq/assign.js";
import { PMDS_MAX } from "../../pmd/shm/limits.js";
import type { PmdShm } from "../../pmd/shm/pmd-shm.js";
import { postPortClear, postPortSet, postSettings } from "./commands.js";
import type { DpifSettings } from "./dpif.js";
import type { DpifLog } from "./log.js";
import { MAIN_CORE, PacketThread, type ServedRxq } from "./packet-thread.js";
import { PauseWatch, type QueuePause, type QueuePlace } from "./pause-watch.js";
import { PmdHandle } from "./pmd-handle.js";
import type { Port } from "./ports.js";
import type { RxqScheduler } from "./rxq-scheduler.js";

/** How long a thread that is to go may keep packets that wait for the control thread. */
const DRAIN_MS = 1000;
/** Between the death of a thread and its next life. */
const RESTART_MS = 1000;

export interface ThreadTableOwner {
  readonly settings: DpifSettings;
  /** Cores that this process may use. */
  readonly ownCores: readonly number[];
  ports(): readonly Port[];
  /** The thread is about to go; its shared memory can still be read. */
  threadGone(index: number): void;
  /** A queue of the port is about to be served by `to`, which already takes commands. */
  queueMoving(portNo: number, from: number, to: number): void;
  /** The thread now serves other queues than before. */
  queuesChanged(coreId: number): void;
  /** A queue is polled again that was not for a while. */
  queuePaused(pause: QueuePause): void;
  /** Gives a new thread its settings. */
  tune(thread: PacketThread): void;
  /** Runs `repair` when no other change is in progress. */
  enqueue(repair: () => Promise<void>): void;
}

type Wanted = Omit<ServedRxq, "slot" | "cyclesBefore">;

/** A queue that leaves its thread; without `to`, for good. */
interface Move {
  readonly key: string;
  readonly portNo: number;
  readonly from: PacketThread;
  readonly to: PacketThread | undefined;
}

export class ThreadTable {
  private readonly byIndex = new Map<number, PacketThread>();
  /** Shared memory of threads that are gone, until their index is used again. */
  private readonly gone = new Map<number, PmdShm>();
  private nextThreadId = 1;
  /** By port: a thread that served one of its queues. */
  private readonly lastServer = new Map<number, number>();
  readonly pauses: PauseWatch;

  constructor(
    private readonly native: Native,
    private readonly owner: ThreadTableOwner,
    private readonly scheduler: RxqScheduler,
    private readonly log: DpifLog,
  ) {
    this.pauses = new PauseWatch(
      () => native.tscHz(),
      (pause) => this.owner.queuePaused(pause),
    );
  }

  get(index: number): PacketThread | undefined {
    return this.byIndex.get(index);
  }

  /** The memory of a thread, also of one that is gone. */
  shm(index: number): PmdShm | undefined {
    return this.byIndex.get(index)?.handle.shm ?? this.gone.get(index);
  }

  get main(): PacketThread {
    const main = this.all().at(-1);
    if (main?.coreId !== MAIN_CORE) throw new Error("the main packet thread does not exist");
    return main;
  }

  /** PMDs in order of core, then the main thread. */
  all(): PacketThread[] {
    const rank = (thread: PacketThread) => (thread.coreId === MAIN_CORE ? Infinity : thread.coreId);
    return [...this.byIndex.values()].sort((a, b) => rank(a) - rank(b));
  }

  async sync(): Promise<void> {
    await Promise.all(this.all().map((thread) => thread.handle.sync()));
  }

  /** Resolves when no packet is under way that was put in before. */
  async settled(): Promise<void> {
    // Commands are applied before queues are polled: the second one knows that was done. A packet
    // that was answered may come back with another miss.
    do {
      await this.sync();
      await this.sync();
    } while (this.all().some(({ handle }) => handle.shm.counter("parked") > 0));
  }

  /** Makes and starts a thread that knows every port and serves no queue yet. */
  create(core: PmdCore, restarts = 0): string | undefined {
    const index = this.freeIndex();
    if (index === undefined) return `all ${PMDS_MAX} packet threads are in use`;
    const handle = PmdHandle.create(this.native, index, core.coreId, core.numaId);
    if (typeof handle === "string") return handle;
    const thread = new PacketThread(this.native, handle, this.freeTxq(), this.canPin(core));
    thread.restarts = restarts;
    this.owner.tune(thread);
    this.gone.delete(index);
    this.byIndex.set(index, thread);
    postSettings(handle, this.owner.settings);
    for (const port of this.owner.ports()) this.setPort(thread, port);
    thread.start(this.nextThreadId++, (why) => this.died(thread, core, why));
    handle.shm.setControl("wake_armed", 1);
    if (core.coreId !== MAIN_CORE) {
      const name = `PMD thread on numa_id: ${core.numaId}, core id: ${pad2(core.coreId)}`;
      this.log("dpif_netdev", "info", `${name} created.`);
    }
    return undefined;
  }

  /** Tells every thread that the port is there. */
  addPort(port: Port): void {
    for (const thread of this.all()) this.setPort(thread, port);
  }

  /** Takes the port from every thread; when it resolves, none uses its device any more. */
  async removePort(port: Port): Promise<void> {
    const queues = this.all().flatMap((from) =>
      [...from.rxqs.entries()]
        .filter(([, { portNo }]) => portNo === port.portNo)
        .map(([key]) => ({ key, from })),
    );
    const stopped = this.stopPolling(queues);
    for (const thread of this.all()) postPortClear(thread.handle, port.portNo);
    await Promise.all([stopped, this.sync()]);
  }

  /** After `removePort`: the port will not come back. */
  forgetPort(port: Port): void {
    this.lastServer.delete(port.portNo);
    for (let queue = 0; queue < port.rxQueues; queue++) {
      this.pauses.forget(rxqKey({ port: port.config.name, queue }));
    }
  }

  /** Makes threads exist on exactly `cores` and serve the queues of every port, as planned anew. */
  async reconcile(cores: readonly PmdCore[]): Promise<string | undefined> {
    const wanted = new Set(cores.map((core) => core.coreId));
    const existing = new Set(this.pmds().map((thread) => thread.coreId));
    const added = cores.filter((core) => !existing.has(core.coreId));
    if (added.length > 0) {
      const threads = this.byIndex.size + added.length;
      for (const port of this.owner.ports()) this.native.deviceShare(port.device, threads);
      await this.sync();
    }
    const errors = added.map((core) => this.create(core));
    // They run before a queue waits for them.
    if (added.length > 0) await this.sync();
    const alive = cores.filter((core) => this.pmds().some(({ coreId }) => coreId === core.coreId));
    const unwanted = this.pmds().filter(({ coreId }) => !wanted.has(coreId));
    if (added.length + unwanted.length > 0) this.logNodes(alive);
    await this.serve(alive);
    for (const thread of unwanted) await this.remove(thread);
    return errors.find((error) => error !== undefined);
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    const threads = this.all();
    await Promise.all(threads.map((thread) => thread.stop()));
    for (const thread of threads) this.bury(thread);
  }

  /** Asks every thread to end, without waiting: for the end of the process. */
  stopNow(): void {
    for (const thread of this.byIndex.values()) thread.stopNow();
  }

  /** The threads that poll, in order of core. */
  pmds(): PacketThread[] {
    return this.all().filter((thread) => thread.coreId !== MAIN_CORE);
  }

  private setPort(thread: PacketThread, port: Port): void {
    const emc = port.config.otherConfig?.["emc-enable"] !== "false";
    postPortSet(thread.handle, thread.txq, port.portNo, port.device, emc);
  }

  /** Moves every queue to where the plan wants it: flows first, so that the queue waits for as
   * little as possible while nobody polls it. */
  private async serve(cores: readonly PmdCore[]): Promise<void> {
    const target = this.plan(cores);
    const moves = this.moves(target);
    const destinations = this.copyFlows(moves);
    if (destinations.size > 0) await Promise.all([...destinations].map((to) => to.handle.sync()));
    await this.stopPolling(moves);
    // What came meanwhile.
    this.copyFlows(moves);
    const touched = new Set(moves.map(({ from }) => from));
    for (const [key, { thread, rxq }] of target) {
      if (thread.rxqs.has(key)) continue;
      if (!moves.some((move) => move.key === key)) this.copyFlowsOfPort(rxq.portNo, thread);
      touched.add(thread);
      if (!thread.addRxq(rxq)) this.tooMany(thread, rxq);
      else this.pauses.started(key, { ...rxq, ...placeOf(thread, key) });
    }
    for (const thread of touched) {
      thread.restartUsage();
      this.owner.queuesChanged(thread.coreId);
    }
  }

  /** Queues that are served by another thread than the plan wants. */
  private moves(target: ReadonlyMap<string, { thread: PacketThread }>): Move[] {
    return this.all().flatMap((from) =>
      [...from.rxqs]
        .map(([key, { portNo }]) => ({ key, portNo, from, to: target.get(key)?.thread }))
        .filter(({ to }) => to !== from),
    );
  }

  /** Lets whoever owns the flows put them where the queues go. Returns who got some. */
  private copyFlows(moves: readonly Move[]): Set<PacketThread> {
    const destinations = new Set<PacketThread>();
    for (const { portNo, from, to } of moves) {
      if (!to) continue;
      this.owner.queueMoving(portNo, from.handle.index, to.handle.index);
      destinations.add(to);
    }
    return destinations;
  }

  /** The same for a queue that nobody polled: from a thread that knows packets of its port. */
  private copyFlowsOfPort(portNo: number, to: PacketThread): void {
    const from = this.lastServer.get(portNo);
    if (from === undefined || from === to.handle.index || !this.byIndex.has(from)) return;
    this.owner.queueMoving(portNo, from, to.handle.index);
  }

  /** Takes queues from their threads. When it resolves, none of their packets is left inside. */
  private async stopPolling(queues: readonly Pick<Move, "key" | "from">[]): Promise<void> {
    this.pauses.look();
    const places = queues.map(({ key, from }) => [key, placeOf(from, key)] as const);
    for (const { key, from } of queues) {
      this.lastServer.set(from.rxqs.get(key)!.portNo, from.handle.index);
      this.scheduler.cycles.add(key, from.deleteRxq(key));
    }
    const threads = [...new Set(queues.map(({ from }) => from))];
    await Promise.all(threads.map((thread) => thread.handle.sync()));
    for (const [key, place] of places) this.pauses.stopped(key, place);
    // Misses that came before the first acknowledgement have been answered: with the second, their
    // packets have left, before any that the next thread will see.
    await Promise.all(threads.map((thread) => thread.handle.sync()));
  }

  private plan(cores: readonly PmdCore[]): Map<string, { thread: PacketThread; rxq: Wanted }> {
    const target = new Map<string, { thread: PacketThread; rxq: Wanted }>();
    const ports = this.owner.ports();
    for (const port of ports) {
      if (port.polled) continue;
      for (let queue = 0; queue < port.rxQueues; queue++) {
        const rxq = wantedRxq(port, queue);
        target.set(rxqKey(rxq), { thread: this.main, rxq });
      }
    }
    const byName = new Map(ports.map((port) => [port.config.name, port]));
    const byCore = new Map(this.pmds().map((thread) => [thread.coreId, thread]));
    for (const { rxq, coreId } of this.scheduler.plan(ports, cores).placements) {
      const thread = byCore.get(coreId);
      if (!thread) continue;
      target.set(rxqKey(rxq), { thread, rxq: wantedRxq(byName.get(rxq.port)!, rxq.queue) });
    }
    return target;
  }

  private logNodes(cores: readonly PmdCore[]): void {
    const counts = new Map<number, number>();
    for (const { numaId } of cores) counts.set(numaId, (counts.get(numaId) ?? 0) + 1);
    for (const [numaId, count] of counts) {
      const text = `There are ${count} pmd threads on numa node ${numaId}`;
      this.log("dpif_netdev", "info", text);
    }
  }

  private tooMany(thread: PacketThread, rxq: Wanted): void {
    this.log(
      "dpif_netdev",
      "warn",
      `Core ${pad2(thread.coreId)} polls as many rx queues as it can: port '${rxq.port}' ` +
        `rx queue ${rxq.queue} will not be polled.`,
    );
  }

  /** A thread that serves no queue any more goes, when its waiting packets have been answered. */
  private async remove(thread: PacketThread): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    do await thread.handle.sync();
    while (thread.handle.shm.counter("parked") > 0 && performance.now() < until);
    this.owner.threadGone(thread.handle.index);
    await thread.stop();
    this.bury(thread);
    const { numaId } = thread.handle;
    const name = `PMD thread on numa_id: ${numaId}, core id: ${pad2(thread.coreId)}`;
    this.log("dpif_netdev", "info", `${name} destroyed.`);
  }

  private bury(thread: PacketThread): void {
    const { index, shm } = thread.handle;
    this.byIndex.delete(index);
    this.gone.set(index, shm);
    thread.handle.destroy();
  }

  private died(thread: PacketThread, core: PmdCore, why: string): void {
    const what = core.coreId === MAIN_CORE ? "main packet thread" : `PMD on core ${core.coreId}`;
    this.log("dpif_netdev", "err", `${what} died: ${why}; it is started again`);
    this.owner.threadGone(thread.handle.index);
    this.bury(thread);
    setTimeout(() => {
      this.owner.enqueue(async () => {
        const error = this.create(core, thread.restarts + 1);
        if (error) this.log("dpif_netdev", "err", `${what} cannot be started again: ${error}`);
        const cores = this.pmds().map(({ handle }) => handle);
        await this.serve(cores);
      });
    }, RESTART_MS).unref();
  }

  /** Not on a core that only `--dummy-numa` knows of. */
  private canPin({ coreId }: PmdCore): boolean {
    return this.owner.ownCores.includes(coreId);
  }

  private freeIndex(): number | undefined {
    for (let index = 0; index < PMDS_MAX; index++) if (!this.byIndex.has(index)) return index;
    return undefined;
  }

  private freeTxq(): number {
    const used = new Set([...this.byIndex.values()].map((thread) => thread.txq));
    let txq = 0;
    while (used.has(txq)) txq++;
    return txq;
  }
}

function placeOf({ coreId, handle, rxqs }: PacketThread, key: string): QueuePlace {
  return { coreId, shm: handle.shm, slot: rxqs.get(key)!.slot };
}

function wantedRxq({ portNo, device, polled, config }: Port, queue: number): Wanted {
  return { portNo, port: config.name, queue, device, polled };
}

function pad2(n: number): string {
  return String(n).padStart(2);
}

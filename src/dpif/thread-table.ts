// SPDX-License-Identifier: Apache-2.0
/**
 * All packet threads: which exist, which queue each serves, and how both change under traffic.
 *
 * A queue moves in two steps: its old thread drops it and says so, then the new one takes it.
 * Nothing else stops meanwhile; packets that arrive in between wait in the device.
 */
import type { Native } from "../../native/index.js";
import { assignRoundRobin, type PmdCore, rxqKey } from "../../pmd/rxq/assign.js";
import { PMDS_MAX } from "../../pmd/shm/limits.js";
import type { PmdShm } from "../../pmd/shm/pmd-shm.js";
import { postPortClear, postPortSet, postSettings } from "./commands.js";
import type { DpifSettings } from "./dpif.js";
import type { DpifLog } from "./log.js";
import { MAIN_CORE, PacketThread, type ServedRxq } from "./packet-thread.js";
import { PmdHandle } from "./pmd-handle.js";
import type { Port } from "./ports.js";

/** How long a thread that is to go may keep packets that wait for the control thread. */
const DRAIN_MS = 1000;
/** Between the death of a thread and its next life. */
const RESTART_MS = 1000;

export interface ThreadTableOwner {
  readonly settings: DpifSettings;
  ports(): readonly Port[];
  /** The thread is about to go; its shared memory can still be read. */
  threadGone(index: number): void;
  /** A queue of the port is about to be served by `to`, which already takes commands. */
  queueMoving(portNo: number, from: number, to: number): void;
  /** Runs `repair` when no other change is in progress. */
  enqueue(repair: () => Promise<void>): void;
}

type Wanted = Omit<ServedRxq, "slot" | "cyclesBefore">;

export class ThreadTable {
  private readonly byIndex = new Map<number, PacketThread>();
  /** Shared memory of threads that are gone, until their index is used again. */
  private readonly gone = new Map<number, PmdShm>();
  private nextThreadId = 1;

  constructor(
    private readonly native: Native,
    private readonly owner: ThreadTableOwner,
    private readonly log: DpifLog,
  ) {}

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

  /** Makes and starts a thread that knows every port and serves no queue yet. */
  create(core: PmdCore, restarts = 0): string | undefined {
    const index = this.freeIndex();
    if (index === undefined) return `all ${PMDS_MAX} packet threads are in use`;
    const handle = PmdHandle.create(this.native, index, core.coreId, core.numaId);
    if (typeof handle === "string") return handle;
    const thread = new PacketThread(this.native, handle, this.freeTxq());
    thread.restarts = restarts;
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
    for (const thread of this.all()) {
      for (const [key, rxq] of thread.rxqs) if (rxq.portNo === port.portNo) thread.deleteRxq(key);
      postPortClear(thread.handle, port.portNo);
    }
    await this.sync();
  }

  /**
   * Makes threads exist on exactly `cores` and serve the queues of every port.
   * @param deal true: deal polled queues anew; false: those with a thread stay there.
   */
  async reconcile(cores: readonly PmdCore[], deal: boolean): Promise<string | undefined> {
    const wanted = new Set(cores.map((core) => core.coreId));
    const existing = new Set(this.pmds().map((thread) => thread.coreId));
    const added = cores.filter((core) => !existing.has(core.coreId));
    if (added.length > 0) {
      const threads = this.byIndex.size + added.length;
      for (const port of this.owner.ports()) this.native.deviceShare(port.device, threads);
      await this.sync();
    }
    const errors = added.map((core) => this.create(core));
    const alive = cores.filter((core) => this.pmds().some(({ coreId }) => coreId === core.coreId));
    await this.serve(alive, deal);
    for (const thread of this.pmds()) if (!wanted.has(thread.coreId)) await this.remove(thread);
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

  private pmds(): PacketThread[] {
    return this.all().filter((thread) => thread.coreId !== MAIN_CORE);
  }

  private setPort(thread: PacketThread, port: Port): void {
    const emc = port.config.otherConfig?.["emc-enable"] !== "false";
    postPortSet(thread.handle, thread.txq, port.portNo, port.device, emc);
  }

  /** Moves every queue to where the plan wants it. */
  private async serve(cores: readonly PmdCore[], deal: boolean): Promise<void> {
    const target = this.plan(cores, deal);
    const left: Promise<void>[] = [];
    const from = new Map<string, number>();
    for (const thread of this.all()) {
      const moving = [...thread.rxqs.keys()].filter((key) => target.get(key)?.thread !== thread);
      for (const key of moving) {
        from.set(key, thread.handle.index);
        thread.deleteRxq(key);
      }
      if (moving.length > 0) left.push(thread.handle.sync());
    }
    await Promise.all(left);
    for (const [key, { thread, rxq }] of target) {
      if (thread.rxqs.has(key)) continue;
      const before = from.get(key);
      if (before !== undefined) this.owner.queueMoving(rxq.portNo, before, thread.handle.index);
      if (!thread.addRxq(rxq)) this.notPolled(rxq);
    }
  }

  private plan(
    cores: readonly PmdCore[],
    deal: boolean,
  ): Map<string, { thread: PacketThread; rxq: Wanted }> {
    const target = new Map<string, { thread: PacketThread; rxq: Wanted }>();
    const polled = new Map<string, Wanted>();
    const numa = new Map<string, number>();
    for (const port of this.owner.ports()) {
      for (let queue = 0; queue < port.rxQueues; queue++) {
        const { portNo, device } = port;
        const rxq = { portNo, port: port.config.name, queue, device, polled: port.polled };
        const key = rxqKey(rxq);
        if (!port.polled) target.set(key, { thread: this.main, rxq });
        else polled.set(key, rxq);
        numa.set(key, port.numaId);
      }
    }
    const keep = new Map<string, number>();
    for (const thread of deal ? [] : this.pmds()) {
      for (const key of thread.rxqs.keys()) keep.set(key, thread.coreId);
    }
    const demands = [...polled].map(([key, { port, queue }]) => {
      return { port, queue, numaId: numa.get(key) ?? 0 };
    });
    const before = new Map(this.pmds().map((thread) => [thread.coreId, thread]));
    for (const { rxq, coreId, crossNuma } of assignRoundRobin(demands, cores, keep)) {
      const thread = before.get(coreId);
      const key = rxqKey(rxq);
      if (!thread) continue;
      target.set(key, { thread, rxq: polled.get(key)! });
      if (!thread.rxqs.has(key)) this.logPlacement(thread, rxq.port, rxq.queue, crossNuma);
    }
    for (const [key, rxq] of polled) if (!target.has(key)) this.notPolled(rxq);
    return target;
  }

  private logPlacement(thread: PacketThread, port: string, queue: number, cross: boolean): void {
    const { numaId } = thread.handle;
    const place = `Core ${pad2(thread.coreId)} on numa node ${numaId}`;
    this.log("dpif_netdev", "info", `${place} assigned port '${port}' rx queue ${queue}.`);
    if (!cross) return;
    this.log(
      "dpif_netdev",
      "warn",
      `There's no available (non-isolated) pmd thread on the numa node of port '${port}' rx ` +
        `queue ${queue}: it is assigned to a pmd on numa node ${numaId}. ` +
        "This may lead to reduced performance.",
    );
  }

  private notPolled(rxq: Wanted): void {
    this.log(
      "dpif_netdev",
      "warn",
      `No non-isolated pmd on any numa available for port '${rxq.port}' rx queue ${rxq.queue}. ` +
        "This rx queue will not be polled.",
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
        await this.serve(cores, false);
      });
    }, RESTART_MS).unref();
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

function pad2(n: number): string {
  return String(n).padStart(2);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A packet thread as the control thread runs it: a PmdHandle, the worker that lives in it, the
 * receive queues it serves, its statistics.
 */
import type { Native } from "../../native/index.js";
import { rxqKey } from "../../pmd/rxq/assign.js";
import type { PmdCounterName } from "../../pmd/shm/counters.js";
import { RXQS_PER_PMD_MAX } from "../../pmd/shm/limits.js";
import type { PmdCounters } from "../../pmd/stats/types.js";
import { countersSince } from "../../pmd/stats/types.js";
import { type CycleReading, UsageHistory, type UsageStep } from "../../pmd/stats/usage-history.js";
import { postRxqAdd, postRxqDel } from "./commands.js";
import type { PmdHandle } from "./pmd-handle.js";
import { spawnPmdWorker } from "./spawn.js";
import { ThreadPerf } from "./thread-perf.js";

/** `coreId` of the thread that serves devices which are not polled. */
export const MAIN_CORE = -1;

/** A receive queue that a thread serves. */
export interface ServedRxq {
  readonly portNo: number;
  readonly port: string;
  readonly queue: number;
  /** Native id, and whether the device is polled or watched. */
  readonly device: number;
  readonly polled: boolean;
  readonly slot: number;
  /** The slot's cycles before this queue had it. */
  readonly cyclesBefore: number;
}

export class PacketThread {
  readonly history = new UsageHistory();
  readonly rxqs = new Map<string, ServedRxq>();
  readonly perf: ThreadPerf;
  restarts = 0;
  /** Of the operating system's thread; empty before the start. */
  name = "";
  private ended: Promise<void> = Promise.resolve();
  private stopping = false;
  private readonly freeSlots: number[] = [];
  private nextSlot = 0;
  private baseline: PmdCounters | undefined;

  constructor(
    private readonly native: Native,
    readonly handle: PmdHandle,
    /** Its number among the threads that send: dense, so that each has a queue of its own where
     * the device has enough. */
    readonly txq: number,
    /** Runs on its core alone; false: wherever there is room. */
    readonly pinned: boolean,
  ) {
    this.perf = new ThreadPerf(handle.shm.perf);
  }

  get coreId(): number {
    return this.handle.coreId;
  }

  /** Starts the worker. `died` is called when it ends without having been stopped. */
  start(threadId: number, died: (why: string) => void): void {
    const { index, coreId } = this.handle;
    const core = String(coreId).padStart(2, "0");
    this.name = coreId === MAIN_CORE ? `main/id:${threadId}` : `pmd-c${core}/id:${threadId}`;
    const worker = spawnPmdWorker({ index, core: this.pinned ? coreId : -1, name: this.name });
    let why = "its worker ended";
    worker.on("error", (error) => {
      why = error instanceof Error ? error.message : String(error);
    });
    this.ended = new Promise((resolve) => {
      worker.once("exit", () => {
        resolve();
        if (!this.stopping) died(why);
      });
    });
  }

  /** Ends the loop; resolves when the worker is gone. */
  async stop(): Promise<void> {
    this.stopNow();
    await this.ended;
  }

  /** Asks the loop to end, without waiting. */
  stopNow(): void {
    this.stopping = true;
    this.handle.shm.setControl("stop", 1);
    this.native.pmdRing(this.handle.index);
  }

  /** Starts serving a queue; false when the thread has as many as it can have. */
  addRxq(rxq: Omit<ServedRxq, "slot" | "cyclesBefore">): boolean {
    const slot = this.freeSlots.pop() ?? this.nextSlot++;
    if (slot >= RXQS_PER_PMD_MAX) {
      this.nextSlot--;
      return false;
    }
    const cyclesBefore = this.handle.shm.rxqCounter(slot, "cycles");
    this.rxqs.set(rxqKey(rxq), { ...rxq, slot, cyclesBefore });
    this.native.pmdRxq(this.handle.index, slot, rxq.device, rxq.queue);
    postRxqAdd(this.handle, slot, rxq.portNo, rxq.queue);
    if (rxq.polled) this.publishPolls();
    else this.native.pmdWatch(this.handle.index, rxq.device, true);
    return true;
  }

  /** Stops serving a queue: in force once the thread has acknowledged (`handle.sync`). Returns its
   * cycles since the last sample. */
  deleteRxq(key: string): number {
    const rxq = this.rxqs.get(key);
    if (!rxq) return 0;
    const cycles = this.history.since(key, this.rxqCycles(rxq));
    this.rxqs.delete(key);
    this.native.pmdRxq(this.handle.index, rxq.slot, undefined, rxq.queue);
    postRxqDel(this.handle, rxq.slot);
    this.freeSlots.push(rxq.slot);
    if (rxq.polled) this.publishPolls();
    else this.native.pmdWatch(this.handle.index, rxq.device, false);
    return cycles;
  }

  /** Sums since the last `clearStats`. */
  counters(): PmdCounters {
    const now = this.rawCounters();
    return this.baseline ? countersSince(now, this.baseline) : now;
  }

  clearStats(): void {
    this.baseline = this.rawCounters();
    this.perf.clear();
  }

  /** @param sleepMaxUs 0: the thread never sleeps. */
  tune(metrics: boolean, sleepMaxUs: number): void {
    this.native.pmdTune(this.handle.index, metrics, sleepMaxUs);
  }

  /** Ends a step of the usage history: what it held, by queue. */
  sampleUsage(): UsageStep | undefined {
    return this.history.sample(this.cycleReading());
  }

  /** Other queues than before: what the usage was says nothing any more. */
  restartUsage(): void {
    this.history.restart(this.cycleReading());
  }

  private cycleReading(): CycleReading {
    const { shm } = this.handle;
    const busy = shm.counter("cycles_busy");
    const rxqs = new Map<string, number>();
    for (const [key, rxq] of this.rxqs) rxqs.set(key, this.rxqCycles(rxq));
    const total = busy + shm.counter("cycles_idle") + shm.counter("cycles_sleep");
    return { total, busy, rxqs };
  }

  private rxqCycles(rxq: ServedRxq): number {
    return this.handle.shm.rxqCounter(rxq.slot, "cycles") - rxq.cyclesBefore;
  }

  private publishPolls(): void {
    this.native.pmdPolls(
      this.handle.index,
      [...this.rxqs.values()].filter((rxq) => rxq.polled).length,
    );
  }

  private rawCounters(): PmdCounters {
    const counter = (name: PmdCounterName) => this.handle.shm.counter(name);
    // The main thread sleeps: its cycles say nothing, and the stock switch shows none.
    const cycles = (name: PmdCounterName) => (this.coreId === MAIN_CORE ? 0 : counter(name));
    return {
      packetsReceived: counter("rx_packets"),
      recirculations: counter("recirculations"),
      phwolHits: 0,
      mfexOptHits: 0,
      simpleMatchHits: counter("simple_match_hits"),
      emcHits: counter("emc_hits"),
      smcHits: counter("smc_hits"),
      megaflowHits: counter("megaflow_hits"),
      subtableLookups: counter("masked_lookups"),
      upcallsSucceeded: counter("miss"),
      upcallsFailed: counter("lost"),
      outputBatches: counter("tx_batches"),
      outputPackets: counter("tx_packets"),
      idleCycles: cycles("cycles_idle"),
      busyCycles: cycles("cycles_busy"),
      idleIterations: counter("iterations_idle"),
      busyIterations: counter("iterations_busy"),
      sleepIterations: counter("iterations_sleep"),
      sleepCycles: counter("cycles_sleep"),
      upcallCycles: counter("upcall_cycles"),
    };
  }
}

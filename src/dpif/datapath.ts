// SPDX-License-Identifier: Apache-2.0
/** The datapath: `Dpif` over the native addon and its packet threads. */
import type { Native } from "../../native/index.js";
import type { PmdCore } from "../../pmd/rxq/assign.js";
import { USAGE_SECONDS_MAX, USAGE_STEP_SECONDS } from "../../pmd/stats/usage-history.js";
import type { OdpAction } from "../odp/actions.js";
import { monotonicToClock } from "./clock-origin.js";
import { postSettings } from "./commands.js";
import type { DatapathStart } from "./datapath-start.js";
import type {
  Dpif,
  DpifFailure,
  DpifSettings,
  ExecuteRequest,
  FlowSpec,
  FlowStats,
  InstallFailure,
  PmdInfo,
  PortChange,
  PortConfig,
  PortInfo,
  PortStatistics,
  Resolution,
  Upcall,
} from "./dpif.js";
import { DummyNetdevs } from "./dummy-netdevs.js";
import { dpdkInitMode } from "./eal-options.js";
import { FlowCommands } from "./flows.js";
import { type DpifLog, logDpdkLines } from "./log.js";
import { leaveCores, pmdCores } from "./machine.js";
import { DpifMeters } from "./meters.js";
import { MAIN_CORE } from "./packet-thread.js";
import { PmdControl } from "./pmd-control.js";
import { PortControl } from "./port-control.js";
import type { PlanContext } from "./port-params.js";
import { type Port, PortTable } from "./ports.js";
import { Repeat } from "./repeat.js";
import { describeThread } from "./thread-info.js";
import { ThreadTable } from "./thread-table.js";
import { UpcallPump } from "./upcall-pump.js";
import { UpcallReader } from "./upcall-reader.js";

/** How often links, addresses and MTUs are looked at: kernel devices change by others' hands. */
const WATCH_MS = 1000;

export class Datapath implements Dpif {
  readonly hugepages: boolean;
  private initialized: boolean;
  private readonly log: DpifLog;
  private readonly ports_: PortTable;
  private readonly threads: ThreadTable;
  private readonly control: PortControl;
  private readonly flows = new FlowCommands();
  private readonly pump: UpcallPump;
  private readonly settings: DpifSettings = {
    emcInsertInvProb: 100,
    smcEnable: false,
    vlanLimit: 0,
    txFlushUs: 0,
  };
  readonly pmdControl: PmdControl;
  readonly meters: DpifMeters;
  private readonly dummies: DummyNetdevs | undefined;
  private readonly portListeners = new Set<(portNo: number, change: PortChange) => void>();
  private readonly goneListeners = new Set<(pmd: number) => void>();
  private queueMove: ((portNo: number, from: number, to: number) => void) | undefined;
  private installFailed: ((pmd: number, flowId: number, why: InstallFailure) => void) | undefined;
  private readonly timers: Repeat[] = [];
  /** Changes of ports and threads happen one after the other. */
  private changes: Promise<unknown> = Promise.resolve();
  private readonly onExit = () => this.threads.stopNow();

  private constructor(
    private readonly native: Native,
    private readonly begin: DatapathStart,
  ) {
    this.log = begin.log;
    this.initialized = begin.dpdkInitialized;
    this.hugepages = begin.hugepages;
    this.ports_ = new PortTable(native);
    this.meters = new DpifMeters(native);
    this.pmdControl = new PmdControl(this.log, {
      mask: begin.options.otherConfig["pmd-cpu-mask"] ?? null,
      ...{ ports: () => this.ports_.all(), threads: () => this.threads },
      ...{ setTxFlush: (us) => this.setSettings({ txFlushUs: us }), tscHz: () => native.tscHz() },
      cores: (mask) => this.coresOf(mask),
      reassign: () => this.inTurn(() => this.reconcile()),
    });
    this.threads = new ThreadTable(
      native,
      {
        ...{ settings: this.settings, ports: () => this.ports_.all() },
        ownCores: begin.options.dummy ? [] : begin.ownCores,
        threadGone: (index) => this.threadGone(index),
        queueMoving: (portNo, from, to) => this.queueMove?.(portNo, from, to),
        queuesChanged: (coreId) => this.pmdControl.balancer.restarted(coreId),
        queuePaused: (pause) => this.pmdControl.queuePaused(pause),
        tune: (thread) => this.pmdControl.tune(thread),
        enqueue: (repair) => void this.inTurn(repair),
      },
      this.pmdControl.scheduler,
      this.log,
    );
    this.dummies = begin.options.dummy && new DummyNetdevs(begin.options.dummy);
    this.control = new PortControl(this.ports_, this.threads, {
      ...{ native, log: this.log, dummies: this.dummies },
      ...{ planContext: () => this.planContext(), reconcile: () => this.reconcile() },
      drainLogs: () => this.drainLogs(),
      changed: (portNo, change) => this.portChanged(portNo, change),
    });
    const reader = new UpcallReader(this.flows.cookies, {
      installFailed: (pmd, flowId, why) => this.installFailed?.(pmd.index, flowId, why),
      flowDeleted: (pmd, flowId) => this.flows.deleted(pmd, flowId),
    });
    this.pump = new UpcallPump(
      () => this.threads.all(),
      reader,
      ({ pmd, slot }) => this.resolve(pmd, slot, { drop: "datapath_drop_upcall_error" }),
    );
  }

  /** DPDK's environment must be up. */
  static start(native: Native, begin: DatapathStart): Datapath | DpifFailure {
    const datapath = new Datapath(native, begin);
    native.setWakeup(() => datapath.wake());
    const error = datapath.threads.create({ coreId: MAIN_CORE, numaId: 0 });
    if (error) {
      native.clearWakeup();
      return { error: `cannot start the main packet thread: ${error}` };
    }
    const { timers } = datapath;
    timers.push(new Repeat(WATCH_MS, () => datapath.watchPorts()));
    timers.push(new Repeat(USAGE_STEP_SECONDS * 1000, () => datapath.pmdControl.sample()));
    process.on("exit", datapath.onExit);
    return datapath;
  }

  get dpdkInitialized(): boolean {
    return this.initialized;
  }

  get dpdkVersion(): string | undefined {
    return this.initialized ? this.native.dpdkVersion() : undefined;
  }

  initDpdk(otherConfig: Readonly<Record<string, string>>): DpifFailure | undefined {
    if (this.initialized || dpdkInitMode(otherConfig) === "false") return undefined;
    this.initialized = true;
    this.log("dpdk", "info", "DPDK Enabled - initialized");
    this.log("dpdk", "info", "memory and core options of DPDK take effect at the next start");
    return undefined;
  }

  portAdd(config: PortConfig): Promise<{ readonly portNo: number } | DpifFailure> {
    return this.inTurn(() => this.control.add(config));
  }

  portSet(portNo: number, config: PortConfig): Promise<DpifFailure | undefined> {
    return this.inTurn(() => this.control.set(portNo, config));
  }

  portDel(portNo: number): Promise<void> {
    return this.inTurn(() => this.control.delete(portNo));
  }

  ports(): readonly PortInfo[] {
    return this.ports_.all().map((port) => this.ports_.describe(port));
  }

  port(portNo: number): PortInfo | undefined {
    const port = this.ports_.get(portNo);
    return port && this.ports_.describe(port);
  }

  portByName(name: string): PortInfo | undefined {
    const port = this.ports_.named(name);
    return port && this.ports_.describe(port);
  }

  portStatistics(portNo: number): PortStatistics {
    const port = this.ports_.get(portNo);
    return port ? this.native.deviceStatistics(port.device) : {};
  }

  dummyReceive(portNo: number, packet: Uint8Array, queue = 0): boolean {
    const port = this.ports_.get(portNo);
    return port?.plan.type === "dummy" && this.native.dummyReceive(port.device, packet, queue);
  }

  dummyTransmitted(portNo: number): readonly Uint8Array[] {
    const port = this.ports_.get(portNo);
    return port?.plan.type === "dummy" ? this.native.dummyTransmitted(port.device) : [];
  }

  portSetUp(portNo: number, up: boolean): DpifFailure | undefined {
    const port = this.ports_.get(portNo);
    if (!port) return { error: `no port ${portNo}` };
    const errno = this.native.deviceSetUp(port.device, up);
    if (errno !== 0) {
      return { error: `could not set ${port.config.name} ${up ? "up" : "down"} (errno ${errno})` };
    }
    this.lookAt(port);
    return undefined;
  }

  onPortChange(callback: (portNo: number, change: PortChange) => void): () => void {
    this.portListeners.add(callback);
    return () => this.portListeners.delete(callback);
  }

  setPmdMask(mask: string | null): Promise<void> {
    return this.pmdControl.setMask(mask);
  }

  setSettings(settings: Partial<DpifSettings>): void {
    Object.assign(this.settings, settings);
    for (const thread of this.threads.all()) postSettings(thread.handle, this.settings);
  }

  pmds(seconds = USAGE_SECONDS_MAX): readonly PmdInfo[] {
    return this.threads.all().map((thread) => {
      const isolated = this.pmdControl.scheduler.isIsolated(thread.coreId);
      return describeThread(this.native, thread, isolated, seconds);
    });
  }

  onPmdGone(callback: (pmd: number) => void): () => void {
    this.goneListeners.add(callback);
    return () => this.goneListeners.delete(callback);
  }

  onQueueMove(callback: (portNo: number, from: number, to: number) => void): void {
    this.queueMove = callback;
  }

  clearStats(): void {
    for (const thread of this.threads.all()) thread.clearStats();
    this.pmdControl.clearStalls();
  }

  onUpcalls(callback: (batch: Iterable<Upcall>) => void): void {
    this.pump.consumer = callback;
    this.pump.pump();
  }

  packetData(pmd: number, slot: number): Uint8Array {
    return this.threads.get(pmd) ? this.native.pmdPacket(pmd, slot) : new Uint8Array(0);
  }

  resolve(
    pmd: number,
    slot: number,
    resolution: Resolution,
    onReleased?: (stats: FlowStats) => void,
  ): void {
    const thread = this.threads.get(pmd);
    if (thread) this.flows.resolve(thread.handle, slot, resolution, onReleased);
  }

  flowPut(pmd: number, flow: FlowSpec): number | undefined {
    const thread = this.threads.get(pmd);
    return thread && this.flows.put(thread.handle, flow);
  }

  flowPutMiss(miss: Upcall, mask: Uint32Array, actions: readonly OdpAction[]): number | undefined {
    const thread = this.threads.get(miss.pmd);
    return thread && this.flows.putMiss(thread.handle, miss, mask, actions);
  }

  onInstallFailed(callback: (pmd: number, flowId: number, why: InstallFailure) => void): void {
    this.installFailed = callback;
  }

  flowModify(pmd: number, flowId: number, actions: readonly OdpAction[]): void {
    const thread = this.threads.get(pmd);
    if (thread) this.flows.modify(thread.handle, flowId, actions);
  }

  async flowDel(pmd: number, flowId: number): Promise<FlowStats> {
    const thread = this.threads.get(pmd);
    if (thread) return this.flows.delete(thread.handle, flowId);
    const last = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
    this.flowStats(pmd, flowId, last);
    return last;
  }

  flowStats(pmd: number, flowId: number, out: FlowStats): void {
    const shm = this.threads.shm(pmd);
    if (!shm) return;
    shm.flowStats(flowId, out);
    out.usedMs = monotonicToClock(out.usedMs);
  }

  async flowFlush(): Promise<void> {
    await Promise.all(this.threads.all().map((thread) => this.flows.flush(thread.handle)));
  }

  execute(request: ExecuteRequest): void {
    const wanted = request.pmd === undefined ? undefined : this.threads.get(request.pmd);
    this.flows.execute((wanted ?? this.threads.main).handle, request);
  }

  async sync(): Promise<void> {
    await this.threads.sync();
  }

  settled(): Promise<void> {
    return this.threads.settled();
  }

  close(): Promise<void> {
    return this.inTurn(async () => {
      for (const timer of this.timers) timer.stop();
      await this.threads.close();
      this.pump.stop();
      for (const port of this.ports_.all()) this.ports_.close(port);
      this.drainLogs();
      this.native.clearWakeup();
      process.off("exit", this.onExit);
    });
  }

  private planContext(): PlanContext {
    const { otherConfig } = this.begin.options;
    return {
      socketDir: this.begin.socketDir,
      threads: this.coresOf(this.pmdControl.mask).length + 1,
      threadsMax: this.begin.cores.length + 1,
      dpdkInitialized: this.initialized,
      vhostIommu: otherConfig["vhost-iommu-support"] === "true",
      vhostPostcopy: otherConfig["vhost-postcopy-support"] === "true",
      dummies: this.dummies,
    };
  }

  /** PMDs exist while there is something to poll. */
  private async reconcile(): Promise<void> {
    const polled = this.ports_.all().some((port) => port.polled);
    const cores = polled ? this.coresOf(this.pmdControl.mask) : [];
    leaveCores(this.native, this.begin.ownCores, cores);
    this.pmdControl.balancer.reconfigured();
    const error = await this.threads.reconcile(cores);
    if (error) this.log("dpif_netdev", "err", error);
  }

  private coresOf(mask: string | null): PmdCore[] {
    return pmdCores(mask, this.begin.cores, this.begin.options.dummy !== undefined);
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changes.then(change);
    this.changes = result.catch(() => undefined);
    return result;
  }

  private wake(): void {
    this.drainLogs();
    for (const device of this.native.drainEvents()) {
      const port = this.ports_.all().find((candidate) => candidate.device === device);
      if (port) this.lookAt(port);
    }
    this.pump.pump();
  }

  private drainLogs(): void {
    logDpdkLines(this.log, this.native.drainLogs());
  }

  private watchPorts(): void {
    for (const port of this.ports_.all()) this.lookAt(port);
    this.threads.pauses.look();
    this.pmdControl.everySecond();
  }

  private lookAt(port: Port): void {
    const { changed, queuesChanged } = this.ports_.refresh(port);
    if (queuesChanged) void this.pmdControl.rebalance();
    if (changed) this.portChanged(port.portNo, "changed");
  }

  private portChanged(portNo: number, change: PortChange): void {
    for (const listener of [...this.portListeners]) listener(portNo, change);
  }

  private threadGone(index: number): void {
    for (const listener of [...this.goneListeners]) listener(index);
    const thread = this.threads.get(index);
    if (thread) this.flows.forget(thread.handle);
  }
}

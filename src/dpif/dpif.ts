// SPDX-License-Identifier: Apache-2.0
/**
 * The control thread's handle on the datapath: ports, threads, flows, misses, statistics.
 *
 * No OpenFlow and no policy here. All methods are called on the control thread only. Commands to
 * the threads that run the packet's path go through their command rings in the order of the calls
 * and are applied between bursts; a full ring is back-pressure kept inside this room.
 *
 * `openDpif` (src/dpif/open.ts) makes one; tests of other rooms may implement this interface.
 */

import type { KeyClass } from "../../pmd/shm/flow-key.js";
import type { PmdCounters, RxqUsage } from "../../pmd/stats/types.js";
import type { OdpAction, UserspaceCookie } from "../odp/actions.js";
import type { DummyLevel } from "./dummy-netdevs.js";
import type { DpifMeters } from "./meters.js";
import type { PmdOperations } from "./pmd-operations.js";

/** What an operator or the machine did wrong: the text for the `error` column or the reply, in the
 * stock daemon's words where it has any, with what to do about it in `remedy`. */
export interface DpifFailure {
  readonly error: string;
  readonly remedy?: string;
}

/** True for the failure arm of a `T | DpifFailure`. */
export function isFailure(value: object): value is DpifFailure {
  return "error" in value && typeof (value as DpifFailure).error === "string";
}

/** Options of `Open_vSwitch.other_config` that must be known when the datapath opens. Values are
 * the database's strings; absent means the stock default. */
export interface DpifStartOptions {
  /** `other_config` of the Open_vSwitch row: `dpdk-*`, `pmd-cpu-mask`, `vhost-*` … */
  readonly otherConfig: Readonly<Record<string, string>>;
  /** Directory of `dpdkvhostuser` sockets (`OVS_RUNDIR`). */
  readonly rundir: string;
  /** `dpdk-devargs` of every interface that is configured already. DPDK looks at PCI devices only
   * if one of these (or `dpdk-extra`) names one. */
  readonly devargs?: readonly string[];
  /** `--dummy-numa`: nodes of as many cores as it has numbers, instead of the machine's. PMDs on
   * cores that do not exist run wherever there is room. */
  readonly dummyNuma?: string;
  /** `--enable-dummy`; absent: none but those of type dummy. */
  readonly dummy?: DummyLevel;
  /** Receives what DPDK and this room have to say. Levels are those of vlog. */
  readonly log?: (
    module: "dpdk" | "dpif_netdev" | "netdev_dpdk" | "netdev_linux" | "ovs_numa" | "pmd_perf",
    level: "err" | "warn" | "info" | "dbg",
    message: string,
  ) => void;
}

/** Settings that may change at any time. */
export interface DpifSettings {
  /** `other_config:emc-insert-inv-prob`: 0 disables insertion, 1 inserts always, n one in n. */
  emcInsertInvProb: number;
  /** `other_config:smc-enable`. */
  smcEnable: boolean;
  /** `other_config:vlan-limit`, 0…2 (0: as many as the datapath parses). */
  vlanLimit: number;
  /** `other_config:tx-flush-interval`, microseconds. Set by `pmdControl.setOtherConfig`. */
  txFlushUs: number;
}

/** A port as configuration wants it. */
export interface PortConfig {
  /** The interface's name, unique in the datapath. */
  readonly name: string;
  /** Netdev type: `dpdk`, `dpdkvhostuser`, `dpdkvhostuserclient`, `internal`, `tap`,
   * `system` (also ""), `dummy`, `dummy-internal`, `dummy-pmd`. `patch` is the control
   * plane's, it never comes. */
  readonly type: string;
  /** `Interface.options`. */
  readonly options: Readonly<Record<string, string>>;
  /** `Interface.other_config` (`pmd-rxq-affinity`, `emc-enable`). */
  readonly otherConfig?: Readonly<Record<string, string>>;
  /** `Interface.mtu_request`; absent: the device's default. */
  readonly mtuRequest?: number;
  /** MAC to give to an `internal` or `tap` device, 6 bytes. */
  readonly mac?: Uint8Array;
  /** Wanted datapath port number; absent: the lowest free from 1. 0 is `ovs-netdev`. */
  readonly portNo?: number;
}

/** Sums since the device was opened, from the switch's point of view. Names are those of
 * `Interface.statistics`; a device only has the ones it keeps. `ovs_*` are custom statistics. */
export type PortStatistics = Readonly<Record<string, number>>;

/** A port as it is. */
export interface PortInfo {
  readonly portNo: number;
  readonly name: string;
  /** The configured type. `dpctl/show` prints `internal` as `tap`: see `displayType`. */
  readonly type: string;
  readonly displayType: string;
  /** 6 bytes. */
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** Kernel index; for DPDK devices a stable hash as in the stock switch; 0 when unknown. */
  readonly ifindex: number;
  readonly adminUp: boolean;
  readonly linkUp: boolean;
  /** Times the link came up or went down since the port was added. */
  readonly linkResets: number;
  /** Bits per second; 0 when unknown. */
  readonly linkSpeed: number;
  readonly fullDuplex: boolean;
  /** `Interface.status` as the stock daemon writes it. */
  readonly status: Readonly<Record<string, string>>;
  /** What `dpctl/show` prints in parentheses after the type (`configured_rx_queues=1, …`). */
  readonly config: Readonly<Record<string, string>>;
  readonly numaId: number;
  readonly rxQueues: number;
  readonly txQueues: number;
  /** False for devices that the main thread serves (kernel devices). */
  readonly polled: boolean;
  /** Of devices without hardware: whether another is at the other end of their socket. */
  readonly dummy?: { readonly connection: "connected" | "disconnected" | "unknown" };
  /** Why the port, although it exists, cannot work yet, and what to do. */
  readonly problem?: string;
}

/** A thread that runs the packet's path. */
export interface PmdInfo {
  /** Handle for the flow methods; stable while the thread lives, reused afterwards. */
  readonly pmd: number;
  /** -1 for the main thread (serves kernel devices). */
  readonly coreId: number;
  readonly numaId: number;
  readonly counters: PmdCounters;
  readonly rxqs: readonly RxqUsage[];
  /** Only polls queues that are pinned to it. */
  readonly isolated: boolean;
  /** Percent of cycles spent busy, but on no queue; undefined: not available yet. */
  readonly overheadPercent: number | undefined;
  /** Packets lost, by the name of the reason (`datapath_drop_upcall_error` …). */
  readonly drops: Readonly<Record<string, number>>;
  /** Packets that wait for the control thread now. */
  readonly parked: number;
  /** Installed flows, masks (subtables). */
  readonly flows: number;
  readonly masks: number;
  /** Times this core's thread died and was started again. */
  readonly restarts: number;
}

export type UpcallType = "miss" | "action";

/** One upcall. The object and its `key` are reused for the next record: copy what must last. The
 * packet stays parked under (`pmd`, `slot`) until `resolve`. */
export interface Upcall {
  readonly pmd: number;
  readonly slot: number;
  readonly type: UpcallType;
  readonly inPort: number;
  readonly keyClass: KeyClass;
  /** KEY_BYTES bytes. */
  readonly key: Uint8Array;
  /** The same bytes as host-order words. */
  readonly keyWords: Uint32Array;
  readonly packetLength: number;
  /** For `action`: the cookie of the `userspace` action. */
  readonly cookie: UserspaceCookie | undefined;
}

/** A datapath flow as it is installed. */
export interface FlowSpec {
  /** Of the packet that caused it; selects the table family. */
  readonly keyClass: KeyClass;
  /** At least KEY_CLASS_BYTES[keyClass] bytes; taken as `key & mask`. */
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
  /** Empty means drop. */
  readonly actions: readonly OdpAction[];
}

/** Exact counters of one flow on one PMD. Filled in place by `flowStats`. */
export interface FlowStats {
  packets: number;
  bytes: number;
  /** Milliseconds of the monotonic clock (`systemClock.now()`), or 0 when never used. */
  usedMs: number;
  /** Union of the TCP flags seen. */
  tcpFlags: number;
}

/** How a parked packet goes on. */
export type Resolution =
  /** Install is already commanded (`flowPut` before): run the flow's actions, count on the flow. */
  | { readonly flowId: number }
  /** Run these actions once, nothing is installed. */
  | { readonly actions: readonly OdpAction[] }
  /** Lose it, counted under this reason. */
  | { readonly drop: string };

export interface ExecuteRequest {
  readonly packet: Uint8Array;
  /** Datapath port, or 0xffffffff for none. */
  readonly inPort: number;
  /** Metadata fields for recirculation and set actions; extracted from the packet when absent. */
  readonly key?: Uint8Array;
  readonly actions: readonly OdpAction[];
  /** Thread to run it; default: the main thread. */
  readonly pmd?: number;
}

/** Why a flow that was put is not in the tables. It exists, can be resolved to, must be deleted. */
export type InstallFailure =
  /** The port has as many masks as it may have: install the packet's exact key instead. */
  | "mask-limit"
  | "no-memory"
  /** Another flow has the same masked key and mask. */
  | "exists"
  | "invalid";

export type PortChange = "added" | "removed" | "changed";

export interface Dpif {
  /** `DPDK 22.11.11`, or undefined when dpdk-init is false or failed under `try`. */
  readonly dpdkVersion: string | undefined;
  readonly dpdkInitialized: boolean;
  /** True when the memory is hugepages. */
  readonly hugepages: boolean;
  /** Applies a `dpdk-init` that was set after the start: DPDK ports become possible. Memory options
   * and cores stay as they were at the start. */
  initDpdk(otherConfig: Readonly<Record<string, string>>): DpifFailure | undefined;

  /** Starts using a device. The failure text goes to `Interface.error`. */
  portAdd(config: PortConfig): Promise<{ readonly portNo: number } | DpifFailure>;
  /** Applies changed options or MTU; other ports do not lose a packet for it. */
  portSet(portNo: number, config: PortConfig): Promise<DpifFailure | undefined>;
  /** Stops using a device. Resolves when it is closed. Its flows are the caller's to delete. */
  portDel(portNo: number): Promise<void>;
  ports(): readonly PortInfo[];
  port(portNo: number): PortInfo | undefined;
  portByName(name: string): PortInfo | undefined;
  portStatistics(portNo: number): PortStatistics;
  /** `dummy` ports: puts a packet in as if received; false when it is full or another kind.
   * @param queue default 0. */
  dummyReceive(portNo: number, packet: Uint8Array, queue?: number): boolean;
  /** `dummy` ports: takes what was sent. */
  dummyTransmitted(portNo: number): readonly Uint8Array[];
  /** Brings the device administratively up or down (OpenFlow port-mod, `Interface` state). */
  portSetUp(portNo: number, up: boolean): DpifFailure | undefined;
  /** Called once per change of link, MAC, MTU, queues or existence. Returns the unsubscriber. */
  onPortChange(callback: (portNo: number, change: PortChange) => void): () => void;

  /** Core mask in the database's form (hex, with or without 0x); null or "": one core per NUMA
   * node, the last one, so that core 0 stays with the control thread. So does a mask without any
   * core of this machine. */
  setPmdMask(mask: string | null): Promise<void>;
  /** Assignment of queues, load balance, measurements. */
  readonly pmdControl: PmdOperations;
  setSettings(settings: Partial<DpifSettings>): void;
  /** PMDs in order of core, then the main thread. PMDs only exist while a polled port does.
   * @param seconds window of the usage percentages, 5…60. */
  pmds(seconds?: number): readonly PmdInfo[];
  /** Called when a thread is about to go (the mask changed) or has died: the last moment to read
   * its flows' statistics. Its flow ids are invalid afterwards. Returns the unsubscriber. */
  onPmdGone(callback: (pmd: number) => void): () => void;
  /** Called when a receive queue of a port is about to go on on another thread: the moment to put
   * the flows of that `in_port` from the one thread on the other, so that established flows do not
   * miss. What is put during the call is there before the queue's first packet. */
  onQueueMove(callback: (portNo: number, from: number, to: number) => void): void;
  /** `dpif-netdev/pmd-stats-clear`. */
  clearStats(): void;

  /** Registers the one consumer of misses and userspace actions. Called with every batch that is
   * waiting (at most 64 at a time, then the event loop gets its turn). */
  onUpcalls(callback: (batch: Iterable<Upcall>) => void): void;
  /** A copy of a parked packet. */
  packetData(pmd: number, slot: number): Uint8Array;
  /** Ends an upcall. Packets parked behind the same key are released in order by the PMD.
   * @param onReleased for a miss that is not resolved to a flow: what was released, to account. */
  resolve(
    pmd: number,
    slot: number,
    resolution: Resolution,
    onReleased?: (stats: FlowStats) => void,
  ): void;

  /** Installs a flow on one thread. Undefined when that thread's flow slots are exhausted or the
   * actions are too long for a program. `in_port` and `recirc_id` must be exact in the mask. */
  flowPut(pmd: number, flow: FlowSpec): number | undefined;
  /** `flowPut` on the thread of `miss`, with its key, and `resolve` of the miss to the flow; the
   * quick way. @param mask at least KEY_CLASS_BYTES[miss.keyClass] bytes, as host-order words */
  flowPutMiss(miss: Upcall, mask: Uint32Array, actions: readonly OdpAction[]): number | undefined;
  /** Called for a flow that was put but could not be linked into the tables. */
  onInstallFailed(callback: (pmd: number, flowId: number, why: InstallFailure) => void): void;
  /** Changes a flow's actions; statistics go on. */
  flowModify(pmd: number, flowId: number, actions: readonly OdpAction[]): void;
  /** Removes a flow; resolves with its final statistics once the thread has applied it. */
  flowDel(pmd: number, flowId: number): Promise<FlowStats>;
  flowStats(pmd: number, flowId: number, out: FlowStats): void;
  /** Removes every flow of every thread. Flow ids become invalid. */
  flowFlush(): Promise<void>;

  /** Shared by all threads. */
  readonly meters: DpifMeters;
  execute(request: ExecuteRequest): void;
  /** Resolves when every command given so far has been applied by its thread. */
  sync(): Promise<void>;
  /** Resolves when every packet that was put in so far (`dummyReceive`, `execute`) has gone all its
   * way, misses included. */
  settled(): Promise<void>;
  /** Stops the threads, closes the devices. */
  close(): Promise<void>;
}

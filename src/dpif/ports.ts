// SPDX-License-Identifier: Apache-2.0
/** The datapath's ports: configuration, native device, what the device says of itself. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { DeviceInfo, Native } from "../../native/index.js";
import { PORTS_MAX } from "../../pmd/shm/limits.js";
import type { DpifFailure, PortConfig, PortInfo } from "./dpif.js";
import type { DevicePlan } from "./port-params.js";
import { portType } from "./port-params.js";

/** What `Interface` shows and a change of which is an event. */
interface Snapshot {
  readonly adminUp: boolean;
  readonly linkUp: boolean;
  readonly linkChanges: number;
  readonly mtu: number;
  readonly rxQueues: number;
  readonly mac: string;
}

export interface Port {
  readonly portNo: number;
  config: PortConfig;
  plan: DevicePlan;
  /** Native id of the device. */
  device: number;
  polled: boolean;
  rxQueues: number;
  numaId: number;
  snapshot: Snapshot;
}

export class PortTable {
  private readonly byNumber = new Map<number, Port>();
  private readonly byName = new Map<string, Port>();

  constructor(private readonly native: Native) {}

  /** The wanted number, or the lowest free one from 1; undefined when none is free. */
  freeNumber(wanted: number | undefined): number | undefined {
    const free = (n: number) => n >= 0 && n < PORTS_MAX && !this.byNumber.has(n);
    if (wanted !== undefined && free(wanted)) return wanted;
    for (let n = 1; n < PORTS_MAX; n++) if (free(n)) return n;
    return undefined;
  }

  /** Opens the device of `plan` and enters the port. */
  open(portNo: number, config: PortConfig, plan: DevicePlan): Port | DpifFailure {
    const opened = this.native.deviceOpen(plan.type, config.name, plan.params);
    if ("error" in opened) return opened;
    const info = this.native.deviceInfo(opened.id);
    const port: Port = {
      ...{ portNo, config, plan, device: opened.id },
      ...{ polled: info.polled, rxQueues: info.rxQueues, numaId: info.numa },
      snapshot: snapshot(info),
    };
    this.byNumber.set(portNo, port);
    this.byName.set(config.name, port);
    return port;
  }

  /** Closes the device and forgets the port. No packet thread may use it any more. */
  close(port: Port): void {
    this.native.deviceClose(port.device);
    this.byNumber.delete(port.portNo);
    this.byName.delete(port.config.name);
  }

  get(portNo: number): Port | undefined {
    return this.byNumber.get(portNo);
  }

  named(name: string): Port | undefined {
    return this.byName.get(name);
  }

  all(): Port[] {
    return [...this.byNumber.values()].sort((a, b) => a.portNo - b.portNo);
  }

  /** Looks at the device again. What changed since the last look. */
  refresh(port: Port): { readonly changed: boolean; readonly queuesChanged: boolean } {
    const info = this.native.deviceInfo(port.device);
    const now = snapshot(info);
    const then = port.snapshot;
    const queuesChanged = now.rxQueues !== port.rxQueues;
    port.snapshot = now;
    port.rxQueues = info.rxQueues;
    port.numaId = info.numa;
    const keys = Object.keys(now) as (keyof Snapshot)[];
    return { changed: keys.some((key) => now[key] !== then[key]), queuesChanged };
  }

  describe(port: Port): PortInfo {
    const info = this.native.deviceInfo(port.device);
    const type = portType(port.config.type);
    return {
      portNo: port.portNo,
      name: port.config.name,
      type,
      displayType: port.plan.shownType ?? (type === "internal" ? "tap" : type),
      mac: info.mac,
      mtu: info.mtu,
      ifindex: info.ifindex || ifindexOf(port),
      adminUp: info.adminUp,
      linkUp: info.linkUp,
      linkResets: info.linkChanges,
      linkSpeed: info.linkSpeed,
      fullDuplex: info.fullDuplex,
      status: info.status,
      config: shownConfig(port, info),
      numaId: info.numa,
      rxQueues: info.rxQueues,
      txQueues: info.txQueues,
      polled: port.polled,
      ...(port.plan.type === "dummy" ? { dummy: { connection: "unknown" as const } } : {}),
      problem: problemOf(port, info),
    };
  }
}

function snapshot(info: DeviceInfo): Snapshot {
  const { adminUp, linkUp, linkChanges, mtu, rxQueues } = info;
  return { adminUp, linkUp, linkChanges, mtu, rxQueues, mac: info.mac.join(":") };
}

/** What `dpctl/show` prints of a DPDK port, in the order of the keys. */
function shownConfig(port: Port, info: DeviceInfo): Record<string, string> {
  const { plan } = port;
  const rxqs = { configured_rx_queues: String(info.rxQueues) };
  const queues: Record<string, string> = {
    ...rxqs,
    configured_tx_queues: String(info.txQueues),
    mtu: String(info.mtu),
  };
  if (plan.type === "dpdk") {
    return sorted({
      ...queues,
      ...plan.requested,
      configured_rxq_descriptors: plan.requested.requested_rxq_descriptors,
      configured_txq_descriptors: plan.requested.requested_txq_descriptors,
      lsc_interrupt_mode: "false",
      rx_csum_offload: "false",
      tx_tso_offload: "false",
    });
  }
  if (plan.type === "dpdkvhostuser" || plan.type === "dpdkvhostuserclient") {
    return sorted({
      ...queues,
      requested_rx_queues: String(info.rxQueues),
      requested_tx_queues: String(info.txQueues),
    });
  }
  if (port.config.type === "dummy-pmd") {
    const { requested_tx_queues } = plan.requested;
    return sorted({ ...plan.requested, ...rxqs, configured_tx_queues: requested_tx_queues });
  }
  return {};
}

function sorted(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A client without a path, or whose socket's folder does not exist, can wait for long. */
function problemOf(port: Port, info: DeviceInfo): string | undefined {
  if (port.plan.type !== "dpdkvhostuserclient" || info.linkUp) return undefined;
  const { path } = port.plan.params;
  if (!path) return "options:vhost-server-path is not set: give the path of the machine's socket";
  const folder = dirname(path);
  if (existsSync(folder)) return undefined;
  return `vhost-server-path '${path}': folder '${folder}' does not exist`;
}

function ifindexOf({ plan, polled, config }: Port): number {
  if (plan.type === "dummy") return Number(config.options.ifindex) || 0;
  return polled ? nameHash(config.name) : 0;
}

/** DPDK devices have no index in the kernel: a number that depends on the name alone (FNV-1a). */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash & 0xffffff || 1;
}

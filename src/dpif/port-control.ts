// SPDX-License-Identifier: Apache-2.0
/**
 * Adding, changing and removing ports while traffic flows on the others: a device is only touched
 * after every packet thread has said that it does not use it any more.
 */

import type { Native } from "../../native/index.js";
import { parseRxqAffinity } from "../../pmd/rxq/affinity.js";
import { EventCounter } from "../lib/events.js";
import type { DpifFailure, PortChange, PortConfig } from "./dpif.js";
import type { DummyNetdevs } from "./dummy-netdevs.js";
import type { DpifLog } from "./log.js";
import { type DevicePlan, type PlanContext, planDevice, txSteering } from "./port-params.js";
import type { Port, PortTable } from "./ports.js";
import type { ThreadTable } from "./thread-table.js";

export interface PortControlOwner {
  readonly native: Native;
  readonly log: DpifLog;
  readonly dummies: DummyNetdevs | undefined;
  planContext(): PlanContext;
  /** Makes threads and their queues fit the ports. */
  reconcile(): Promise<void>;
  /** Passes on what DPDK said. */
  drainLogs(): void;
  changed(portNo: number, change: PortChange): void;
}

const added = new EventCounter("dpif_port_add");
const deleted = new EventCounter("dpif_port_del");

/** The caller lets one call finish before the next. */
export class PortControl {
  constructor(
    private readonly ports: PortTable,
    private readonly threads: ThreadTable,
    private readonly owner: PortControlOwner,
  ) {}

  async add(config: PortConfig): Promise<{ readonly portNo: number } | DpifFailure> {
    const { name } = config;
    const impossible = (why: string) => ({
      error: `could not add network device ${name} to ofproto (${why})`,
    });
    if (this.ports.named(name)) return impossible("File exists");
    const { dummies } = this.owner;
    const portNo = this.ports.freeNumber(config.portNo ?? dummies?.portNumber(name));
    if (portNo === undefined) return impossible("File too large");
    const port = this.open(portNo, config);
    if ("error" in port) return port;
    if (txSteering(config) !== "thread") this.logSteering(config);
    await this.attach(port);
    added.count++;
    this.owner.changed(portNo, "added");
    return { portNo };
  }

  async set(portNo: number, config: PortConfig): Promise<DpifFailure | undefined> {
    const port = this.ports.get(portNo);
    if (!port) return { error: `no port ${portNo}` };
    const plan = planDevice(config, this.owner.planContext());
    if ("error" in plan) return plan;
    if (txSteering(config) !== txSteering(port.config)) this.logSteering(config);
    const reopen = plan.type !== port.plan.type || plan.identity !== port.plan.identity;
    if (!reopen && sameParams(plan.params, port.plan.params)) {
      const before = affinity(port.config);
      port.config = config;
      this.threads.addPort(port);
      const pins = affinity(config);
      if (pins !== before && parseRxqAffinity(pins)) await this.owner.reconcile();
      return undefined;
    }
    await this.threads.removePort(port);
    const failure = reopen ? this.reopen(port, config) : this.configure(port, config, plan);
    const now = this.ports.get(portNo);
    if (now) await this.attach(now);
    this.owner.changed(portNo, now ? "changed" : "removed");
    return failure;
  }

  async delete(portNo: number): Promise<void> {
    const port = this.ports.get(portNo);
    if (!port) return;
    deleted.count++;
    await this.threads.removePort(port);
    this.threads.forgetPort(port);
    this.ports.close(port);
    this.owner.dummies?.forget(port.config.name);
    if (port.plan.type === "dpdk") {
      const { devargs } = port.plan.params;
      this.owner.log("netdev_dpdk", "info", `Device '${devargs}' has been detached`);
    }
    await this.owner.reconcile();
    this.owner.changed(portNo, "removed");
  }

  private logSteering(config: PortConfig): void {
    const mode = txSteering(config);
    const text = `${config.name}: Tx packet steering mode has been set to '${mode}'.`;
    this.owner.log("dpif_netdev", "info", text);
  }

  private open(portNo: number, config: PortConfig): Port | DpifFailure {
    const plan = planDevice(config, this.owner.planContext());
    const port = "error" in plan ? plan : this.ports.open(portNo, config, plan);
    this.owner.drainLogs();
    if ("error" in port) this.owner.log("netdev_dpdk", "warn", port.remedy ?? port.error);
    return port;
  }

  private reopen(port: Port, config: PortConfig): DpifFailure | undefined {
    this.ports.close(port);
    const opened = this.open(port.portNo, config);
    return "error" in opened ? opened : undefined;
  }

  private configure(port: Port, config: PortConfig, plan: DevicePlan): DpifFailure | undefined {
    const error = this.owner.native.deviceConfigure(port.device, plan.params);
    this.owner.drainLogs();
    port.config = config;
    port.plan = plan;
    this.ports.refresh(port);
    return error ? { error } : undefined;
  }

  private async attach(port: Port): Promise<void> {
    this.threads.addPort(port);
    await this.owner.reconcile();
  }
}

function affinity(config: PortConfig): string {
  return config.otherConfig?.["pmd-rxq-affinity"] ?? "";
}

/** `threads` is no reason to touch the device: it hears of a new thread before that begins. */
function sameParams(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => key === "threads" || a[key] === b[key]);
}

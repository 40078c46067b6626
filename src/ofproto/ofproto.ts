// SPDX-License-Identifier: Apache-2.0
/**
 * An OpenFlow switch: ports, flow tables and connections. It has no devices and no threads: the
 * bridge tells it of ports and configuration, the slow path of packets and counts, and it tells
 * both what controllers want through `hooks`.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.js";
import { vlog } from "../lib/log.js";
import type { TlsFiles } from "../net/tls-files.js";
import { emptyMatch } from "../openflow/match.js";
import { FLOW_FLAG, type FlowMod } from "../openflow/messages/flow-mod.js";
import { PORT_REASON } from "../openflow/messages/port-desc.js";
import { OFPP } from "../openflow/ofp-actions.js";
import type { OfConnection } from "./connmgr/connection.js";
import { ConnManager } from "./connmgr/connmgr.js";
import type { Group } from "./group.js";
import { dispatch } from "./handlers/dispatch.js";
import { expireFlows } from "./ofproto-expiry.js";
import { FailOpen } from "./ofproto-fail-open.js";
import { flowRemovedMessage } from "./ofproto-flow-removed.js";
import { FlowTables } from "./ofproto-flow-tables.js";
import type { RemovedRule } from "./ofproto-flow-transaction.js";
import { GroupTable } from "./ofproto-groups.js";
import { type LearnRequest, type LearnVerdict, learnFlow, learnVerdict } from "./ofproto-learn.js";
import { MeterTable } from "./ofproto-meters.js";
import { sendPacketIn } from "./ofproto-packet-in.js";
import type { OfPort } from "./ofproto-port.js";
import { checkReferences, removeFlowsOfMeter } from "./ofproto-references.js";
import { INTERNAL_TABLE, type OfTable, type TableConfig } from "./ofproto-table.js";
import { sendTableStatus } from "./ofproto-table-status.js";
import type {
  ControllerConfig,
  ControllerStatus,
  FailMode,
  OfprotoHooks,
  PacketInEvent,
  SwitchDescription,
  TablesChange,
} from "./ofproto-types.js";
import { Rule } from "./rule.js";
import { TlvTable } from "./tlv-table.js";
import type { XSwitch } from "./xbridge.js";

const log = vlog("ofproto");

export interface OfprotoOptions {
  /** Name of the bridge. */
  name: string;
  /** 64 bits. */
  datapathId: bigint;
  /** Where `<name>.mgmt` and `<name>.snoop` are; without it there are no such sockets. */
  runDir?: string;
  clock: Clock;
  hooks?: OfprotoHooks;
  /** Keys for `ssl:` and `pssl:` targets, asked for at every connection. */
  tls?: () => TlsFiles | undefined;
}

/** What controllers that look for an Open vSwitch of this level look at. */
const DESCRIPTION: SwitchDescription = {
  mfrDesc: "Nicira, Inc.",
  hwDesc: "Open vSwitch",
  swDesc: "3.1.0",
  serialDesc: "None",
  dpDesc: "None",
};

export class Ofproto implements XSwitch {
  readonly name: string;
  readonly clock: Clock;
  readonly hooks: OfprotoHooks;
  readonly flows: FlowTables;
  readonly groups: GroupTable;
  readonly meters: MeterTable;
  /** Tells paused packets of this switch from others'. */
  readonly uuid: Uint8Array = randomBytes(16);
  readonly tlvTable = new TlvTable();
  readonly connections: ConnManager;
  readonly description: SwitchDescription = { ...DESCRIPTION };
  datapathId: bigint;
  /** OFPC_FRAG_*: 0 normal, 1 drop, 3 nx-match. */
  fragHandling = 0;
  /** Tags that are looked at in packet-outs: `other_config:vlan-limit`, at most 2. */
  vlanLimit = 1;
  readonly #ports = new Map<number, OfPort>();
  readonly #portsSinceMs = new Map<number, number>();
  readonly #failOpen: FailOpen;
  #failMode: FailMode = "standalone";
  #hadControllers = false;

  constructor(options: OfprotoOptions) {
    this.name = options.name;
    this.datapathId = options.datapathId;
    this.clock = options.clock;
    this.hooks = options.hooks ?? {};
    this.flows = new FlowTables(options.clock, {
      onTablesChanged: (change) => this.#onTablesChanged(change),
      onRemoved: (removed) => this.#onRemoved(removed),
      isMonitored: () => this.connections.connections().some((c) => !c.monitors.isEmpty),
      onFlowChanges: (changes, requester) => {
        for (const connection of this.connections.connections()) {
          connection.monitors.report(changes, requester, this.flows.monitorSeq, this.flows);
        }
      },
      onJudge: () => this.hooks.syncStats?.(),
      checkActions: (actions) => checkReferences(this, actions),
    });
    this.groups = new GroupTable(options.clock, this.flows);
    this.meters = new MeterTable(
      options.clock,
      () => this.hooks.meters,
      (meterId) => removeFlowsOfMeter(this, meterId),
    );
    this.connections = new ConnManager({
      bridge: options.name,
      runDir: options.runDir,
      clock: options.clock,
      tls: options.tls ?? (() => undefined),
      onMessage: (connection, bytes) => dispatch(this, connection, bytes),
      onChange: () => this.#onControllersChanged(),
    });
    this.#failOpen = new FailOpen(this.flows, this.clock);
    this.flushFlows();
  }

  /** Opens the management and snoop sockets. A socket that cannot be opened is logged. */
  async start(): Promise<void> {
    await this.connections.start();
  }

  /** Closes every connection and socket, and gives the meters back. */
  close(): void {
    this.meters.clear();
    this.connections.close();
  }

  /** Bumped by every change of the flow tables. */
  get version(): number {
    return this.flows.version;
  }

  get tables(): readonly OfTable[] {
    return this.flows.tables;
  }

  /** Ports by OpenFlow number. */
  get ports(): ReadonlyMap<number, OfPort> {
    return this.#ports;
  }

  hasController(): boolean {
    return this.connections.hasControllers() && this.connections.isAnyConnected();
  }

  group(groupId: number): Group | undefined {
    return this.groups.get(groupId);
  }

  dpMeter(meterId: number): number | undefined {
    return this.meters.dpMeter(meterId);
  }

  /** Milliseconds since a port was added; null for none. */
  portAgeMs(ofpPort: number): number | null {
    const sinceMs = this.#portsSinceMs.get(ofpPort);
    return sinceMs === undefined ? null : this.clock.now() - sinceMs;
  }

  /** Expires flows and looks after fail-open. The bridge calls it about once a second. */
  expire(): void {
    expireFlows(this.flows, this.clock.now(), () => this.hooks.syncStats?.());
    this.#runFailOpen();
  }

  /** `Bridge.fail_mode`. A change without controllers flushes the flows, as in the stock switch. */
  setFailMode(mode: FailMode): void {
    if (mode === this.#failMode) return;
    this.#failMode = mode;
    this.#runFailOpen();
    if (!this.connections.hasControllers()) this.flushFlows();
  }

  get failMode(): FailMode {
    return this.#failMode;
  }

  /** Replaces the controllers. Getting the first or losing the last one flushes the flows. */
  setControllers(controllers: readonly ControllerConfig[]): void {
    this.connections.setControllers(controllers);
    const has = this.connections.hasControllers();
    if (has !== this.#hadControllers) {
      this.#hadControllers = has;
      this.#runFailOpen();
      this.flushFlows();
    }
  }

  /** One entry per configured controller. */
  controllerStatus(): ControllerStatus[] {
    return this.connections.status();
  }

  /** Wire numbers of the versions that `Bridge.protocols` allows; empty: all that are spoken. */
  setProtocols(versions: readonly number[]): void {
    this.connections.setVersions(versions);
  }

  /** `Flow_Table` of a table: absent properties are reset. A limit below the number of flows
   * stops adds and removes nothing. */
  setTableConfig(tableId: number, config: TableConfig): void {
    const table = this.tables[tableId];
    if (!table) return;
    table.configure(config);
    this.flows.shrink(table);
  }

  /** Removes all flows but the switch's own, all groups and all meters. Without controllers in fail
   * mode standalone, one flow that makes a learning switch takes their place. */
  flushFlows(): void {
    this.meters.clear();
    this.flows.transact((transaction) => {
      for (const rule of this.flows.all()) {
        const own = rule.hidden || rule.tableId === INTERNAL_TABLE;
        if (!own) this.flows.remove(transaction, rule, null);
      }
      this.groups.clear(transaction);
      if (this.#failMode !== "standalone" || this.connections.hasControllers()) return;
      const init = {
        ...{ tableId: 0, priority: 0, match: emptyMatch(), createdMs: this.clock.now() },
        actions: [{ type: "output", port: OFPP.NORMAL, maxLen: 0 }] as const,
      };
      this.flows.insert(transaction, new Rule(init));
    });
  }

  /** Applies a flow-mod from inside the switch. Throws OfpError. */
  flowMod(message: FlowMod): void {
    this.flows.flowMod(message);
  }

  /** Adds a port and tells controllers. */
  addPort(port: OfPort): void {
    this.#ports.set(port.ofpPort, port);
    this.#portsSinceMs.set(port.ofpPort, this.clock.now());
    this.sendPortStatus(port, PORT_REASON.ADD);
  }

  /** Changes a port and tells controllers if anything differs. `config` is the controllers' to
   * change, except for the admin state that somebody else changed. */
  updatePort(ofpPort: number, patch: Partial<Omit<OfPort, "ofpPort" | "name">>): void {
    const port = this.#ports.get(ofpPort);
    if (!port) return;
    const before = JSON.stringify({ ...port, hwAddr: [...port.hwAddr] });
    Object.assign(port, patch);
    const after = JSON.stringify({ ...port, hwAddr: [...port.hwAddr] });
    if (before !== after) this.sendPortStatus(port, PORT_REASON.MODIFY);
  }

  removePort(ofpPort: number): void {
    const port = this.#ports.get(ofpPort);
    if (!port) return;
    this.#ports.delete(ofpPort);
    this.#portsSinceMs.delete(ofpPort);
    this.sendPortStatus(port, PORT_REASON.DELETE);
  }

  /** Tells every connection that wants to know, except `source`, whose request it was. */
  sendPortStatus(port: OfPort, reason: number, source?: OfConnection): void {
    this.connections.broadcast("portStatus", reason, (connection) =>
      connection === source ? undefined : { type: "port_status", reason, port },
    );
  }

  /** Sends a packet to every controller that wants it. */
  sendPacketIn(packetIn: PacketInEvent): void {
    sendPacketIn(this.connections.connections(), packetIn, this.uuid);
  }

  /** Whether a table miss goes to a controller at all: some controller speaks OpenFlow < 1.3. */
  wantsPacketInOnMiss(): boolean {
    return this.connections.wantsPacketInOnMiss();
  }

  learnVerdict(request: LearnRequest, pending: readonly LearnRequest[]): LearnVerdict {
    return learnVerdict(this.flows, request, pending);
  }

  learn(request: LearnRequest): void {
    learnFlow(this.flows, request, this.clock.now());
  }

  shortenTimeouts({ rule, idle, hard }: { rule: Rule; idle: number; hard: number }): void {
    this.flows.shortenTimeouts(rule, idle, hard);
  }

  #onTablesChanged(change: TablesChange): void {
    this.hooks.onTablesChanged?.(change);
    for (const id of change.tables) sendTableStatus(this.connections, this.tables[id] as OfTable);
  }

  #onRemoved(removed: readonly RemovedRule[]): void {
    const told = removed.filter(({ rule }) => (rule.flags & FLOW_FLAG.SEND_FLOW_REM) !== 0);
    if (told.length === 0) return;
    this.hooks.syncStats?.();
    const nowMs = this.clock.now();
    for (const { rule, reason } of told) {
      if (rule.hidden) continue;
      this.connections.broadcast("flowRemoved", reason, (connection) =>
        flowRemovedMessage(connection, rule, reason, nowMs),
      );
    }
  }

  #onControllersChanged(): void {
    this.#runFailOpen();
    this.hooks.onControllersChanged?.();
  }

  #runFailOpen(): void {
    const wanted = this.#failMode === "standalone" && this.connections.hasControllers();
    const change = this.#failOpen.run(wanted, this.connections.isAnyConnected());
    if (change === "opened")
      log.warn(`${this.name}: could not connect to controller, failing open`);
    if (change === "closed") log.warn(`${this.name}: no longer in fail-open mode`);
  }
}

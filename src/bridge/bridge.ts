// SPDX-License-Identifier: Apache-2.0
/** One bridge: an OpenFlow switch, its ports on the datapath, and how both follow the database. */
import { isFailure } from "../dpif/dpif.js";
import { isDummyType } from "../dpif/dummy-netdevs.js";
import type { Clock } from "../lib/clock.js";
import { assert } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import type { TlsFiles } from "../net/tls-files.js";
import { Ofproto } from "../ofproto/ofproto.js";
import {
  type OfPort,
  PORT_CONFIG,
  type PortStats,
  type QueueStats,
} from "../ofproto/ofproto-port.js";
import type { OfprotoHooks } from "../ofproto/ofproto-types.js";
import { NO_DP_PORT } from "../ofproto/ports.js";
import { XBridge } from "../ofproto/xbridge.js";
import { OFPP } from "../openflow/ofp-actions.js";
import type { Row } from "../ovsdb/schema/database.js";
import { bridgeMac, datapathId, formatDatapathId, type MacCandidate } from "./bridge-identity.js";
import { randomMac } from "./config-values.js";
import type { Datapath } from "./datapath.js";
import {
  type ActiveInterface,
  configText,
  hasDevice,
  type InterfaceFailure,
  isPatch,
  portConfig,
  type WantedInterface,
} from "./interface.js";
import { OfportAllocator } from "./ofport-allocator.js";
import { ofPortAttributes, ofPortStats, patchPortAttributes } from "./port-attributes.js";
import { IFACE_TYPES } from "./system-facts.js";

const log = vlog("bridge");

/** OFPP_LOCAL as the database and OpenFlow 1.0 number it. */
export const OFPORT_LOCAL = 65534;

/** What to do about a type that nobody knows; undefined for one that is known. */
function typeRemedy(type: string): string | undefined {
  if (IFACE_TYPES.includes(type) || isDummyType(type)) return undefined;
  return `unknown type "${type}", use one of ${IFACE_TYPES.join(", ")}`;
}

export interface BridgeEnvironment {
  readonly datapath: Datapath;
  readonly clock: Clock;
  readonly runDir: string;
  /** Keys for controllers, asked for at every connection. */
  tls(): TlsFiles | undefined;
  /** A controller came or went. */
  controllersChanged(): void;
}

export class Bridge {
  readonly ofproto: Ofproto;
  readonly xbridge: XBridge;
  readonly interfaces = new Map<string, ActiveInterface>();
  readonly failures = new Map<string, InterfaceFailure>();
  row: Row<"Bridge">;
  #mac: Uint8Array;
  readonly #ofports: OfportAllocator;
  /** Datapath ports of removed interfaces. */
  readonly #released: number[] = [];

  constructor(
    row: Row<"Bridge">,
    private readonly env: BridgeEnvironment,
  ) {
    this.row = row;
    this.#mac = bridgeMac(row._uuid, row.other_config, []);
    this.#ofports = new OfportAllocator(env.clock);
    this.ofproto = new Ofproto({
      name: row.name,
      datapathId: datapathId(row.other_config, this.#mac),
      runDir: env.runDir,
      clock: env.clock,
      hooks: this.#hooks(),
      tls: () => env.tls(),
    });
    this.xbridge = new XBridge(env.datapath.xdatapath, this.ofproto);
    env.datapath.slowpath.addBridge(this.xbridge, this.ofproto);
  }

  get name(): string {
    return this.row.name;
  }

  get datapathId(): string {
    return formatDatapathId(this.ofproto.datapathId);
  }

  #hooks(): OfprotoHooks {
    const { slowpath, meters } = this.env.datapath;
    return {
      meters,
      onPacketOut: (packetOut) => slowpath.packetOut(this.xbridge, packetOut),
      onResume: (resume) => slowpath.resume(this.xbridge, resume),
      onTablesChanged: () => slowpath.changed(),
      onConfigChanged: () => this.#changed(),
      onPortConfig: (port, oldConfig) => this.#portConfigured(port, oldConfig),
      syncStats: () => slowpath.syncStats(),
      portStats: (port) => this.portStats(port),
      queueStats: (port) => this.#queueStats(port),
      onControllersChanged: () => {
        this.#changed();
        this.env.controllersChanged();
      },
    };
  }

  #changed(): void {
    // The hooks may speak before the constructor has made the translation's side.
    this.xbridge?.changed();
    this.env.datapath.slowpath.changed();
  }

  /** A controller switched something of a port. */
  #portConfigured(port: OfPort, oldConfig: number): void {
    const active = this.byOfport(port.ofpPort);
    if (active && hasDevice(active) && (port.config ^ oldConfig) & PORT_CONFIG.DOWN) {
      const isUp = (port.config & PORT_CONFIG.DOWN) === 0;
      const failure = this.env.datapath.dpif.portSetUp(active.xport.dpPort, isUp);
      if (failure) log.warn(`${this.name}: ${port.name}: ${failure.error}`);
    }
    this.#changed();
  }

  byOfport(ofpPort: number): ActiveInterface | undefined {
    for (const active of this.interfaces.values()) {
      if (active.ofpPort === ofpPort) return active;
    }
    return undefined;
  }

  /** A dummy device has one queue, of which it knows nothing. */
  #queueStats({ ofpPort }: OfPort): QueueStats[] {
    const active = this.byOfport(ofpPort);
    const info = active && this.env.datapath.dpif.port(active.xport.dpPort);
    if (!info?.dummy) return [];
    return [{ ofpPort, queueId: 0, txBytes: null, txPackets: null, txErrors: null, ageMs: null }];
  }

  portStats(port: OfPort): PortStats | null {
    const active = this.byOfport(port.ofpPort);
    if (!active) return null;
    if (hasDevice(active)) {
      return ofPortStats(this.env.datapath.dpif.portStatistics(active.xport.dpPort));
    }
    const { rxPackets, rxBytes, txPackets, txBytes } = active.xport;
    return {
      ...{ rxPackets, rxBytes, txPackets, txBytes, rxDropped: 0, txDropped: 0 },
      ...{ rxErrors: 0, txErrors: 0, rxFrameErr: 0, rxOverErr: 0, rxCrcErr: 0, collisions: 0 },
    };
  }

  /** Opens the management sockets. */
  async start(): Promise<void> {
    await this.ofproto.start();
    log.info(`bridge ${this.name}: using datapath ID ${this.datapathId}`);
  }

  /** Adds an interface; one that cannot be is remembered with its reason. */
  async addInterface(wanted: WantedInterface): Promise<void> {
    this.failures.delete(wanted.name);
    const config = portConfig(wanted, this.#mac, this.name);
    let dpPort = NO_DP_PORT;
    if (!isPatch(wanted)) {
      const result = await this.env.datapath.dpif.portAdd(config);
      if (isFailure(result)) {
        this.#failed(wanted, result.error, result.remedy ?? typeRemedy(wanted.type));
        return;
      }
      dpPort = result.portNo;
    }
    const ofpPort = this.#allocate(wanted);
    if (ofpPort === undefined) {
      if (dpPort !== NO_DP_PORT) await this.env.datapath.dpif.portDel(dpPort);
      this.#failed(
        wanted,
        `could not add network device ${wanted.name} to ofproto (Too many users)`,
      );
      return;
    }
    this.#activate(wanted, ofpPort, dpPort, configText(config));
  }

  #failed(wanted: WantedInterface, error: string, remedy?: string): void {
    const text = remedy === undefined ? error : `${error}: ${remedy}`;
    if (this.failures.get(wanted.name)?.error !== text) log.warn(text);
    this.failures.set(wanted.name, { wanted, error: text });
  }

  #allocate({ name, row }: WantedInterface): number | undefined {
    if (name === this.name) return OFPP.LOCAL;
    return this.#ofports.allocate(name, row?.ofport_request ?? row?.ofport);
  }

  #activate(wanted: WantedInterface, ofpPort: number, dpPort: number, applied: string): void {
    const { dpif } = this.env.datapath;
    const patchMac = dpPort === NO_DP_PORT ? randomMac() : undefined;
    const info = dpPort === NO_DP_PORT ? undefined : dpif.port(dpPort);
    assert(patchMac || info, `port ${wanted.name} exists`);
    const attributes = info ? ofPortAttributes(info, 0) : patchPortAttributes(patchMac!);
    const of: OfPort = { ofpPort, name: wanted.name, ...attributes };
    this.ofproto.addPort(of);
    const xport = this.xbridge.addPort(of, { dpPort, isPatch: patchMac !== undefined });
    const { name, type } = wanted;
    this.interfaces.set(name, { name, type, ofpPort, xport, wanted, applied, patchMac });
    const shown = ofpPort === OFPP.LOCAL ? OFPORT_LOCAL : ofpPort;
    log.info(`bridge ${this.name}: added interface ${name} on port ${shown}`);
  }

  /** Takes an interface out of the switch. Its datapath port goes to `releasePorts`, to be closed
   * when no installed flow names it any more. */
  removeInterface(active: ActiveInterface): void {
    this.interfaces.delete(active.name);
    this.xbridge.removePort(active.ofpPort);
    this.ofproto.removePort(active.ofpPort);
    this.#ofports.release(active.ofpPort);
    this.#released.push(active.xport.dpPort);
    const shown = active.ofpPort === OFPP.LOCAL ? OFPORT_LOCAL : active.ofpPort;
    log.info(`bridge ${this.name}: deleted interface ${active.name} on port ${shown}`);
    this.env.datapath.slowpath.changed();
  }

  /** Closes the devices of removed interfaces. */
  async releasePorts(): Promise<void> {
    for (const dpPort of this.#released.splice(0)) {
      if (dpPort !== NO_DP_PORT) await this.env.datapath.dpif.portDel(dpPort);
    }
  }

  /** Applies changed options to an interface that stays. */
  async updateInterface(active: ActiveInterface, wanted: WantedInterface): Promise<void> {
    active.wanted = wanted;
    this.failures.delete(wanted.name);
    if (isPatch(wanted)) return;
    const config = portConfig(wanted, this.#mac, this.name);
    const text = configText(config);
    if (text === active.applied) return;
    const failure = await this.env.datapath.dpif.portSet(active.xport.dpPort, config);
    if (failure) {
      this.#failed(wanted, failure.error, failure.remedy);
      return;
    }
    active.applied = text;
    this.refreshPort(active);
  }

  /** Whether a request for another OpenFlow port number can be fulfilled now. */
  wantsOtherOfport({ ofpPort }: ActiveInterface, { name, row }: WantedInterface): boolean {
    const request = row?.ofport_request;
    if (name === this.name || request === undefined || request === ofpPort) return false;
    return this.#ofports.isFree(request);
  }

  /** Gives the local port its address and the switch its datapath id, once the ports are there. */
  async applyIdentity(): Promise<void> {
    this.#mac = bridgeMac(this.row._uuid, this.row.other_config, this.#macCandidates());
    const id = datapathId(this.row.other_config, this.#mac);
    if (id !== this.ofproto.datapathId) {
      this.ofproto.datapathId = id;
      log.info(`bridge ${this.name}: using datapath ID ${formatDatapathId(id)}`);
    }
    const local = this.interfaces.get(this.name);
    if (local) await this.updateInterface(local, local.wanted);
  }

  *#macCandidates(): Generator<MacCandidate> {
    for (const port of this.row.ports) {
      const names = port.interfaces.map(({ name }) => name).sort();
      const first = this.interfaces.get(names[0] ?? "");
      if (!first || first.ofpPort === OFPP.LOCAL) continue;
      const info = hasDevice(first) ? this.env.datapath.dpif.port(first.xport.dpPort) : undefined;
      yield { configured: port.mac, device: info?.mac ?? first.patchMac };
    }
  }

  /** Tells the switch and the translation what a device has become. */
  refreshPort(active: ActiveInterface): void {
    if (!hasDevice(active)) return;
    const info = this.env.datapath.dpif.port(active.xport.dpPort);
    const port = this.ofproto.ports.get(active.ofpPort);
    if (!info || !port) return;
    const { config, state } = port;
    this.ofproto.updatePort(active.ofpPort, ofPortAttributes(info, config));
    if (port.config !== config || port.state !== state) this.#changed();
  }

  /** Takes the bridge down with all its ports, except for `releasePorts`. */
  close(): void {
    for (const active of [...this.interfaces.values()]) this.removeInterface(active);
    this.ofproto.close();
    this.env.datapath.slowpath.removeBridge(this.xbridge);
    this.xbridge.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Makes the switch what the database says. One pass at a time looks at all of the configuration;
 * changes that arrive meanwhile cause another pass. What a pass could not do is in the rows' error
 * columns and disturbs nothing else.
 */
import { type DpifFailure, isFailure } from "../dpif/dpif.js";
import type { DummyLevel } from "../dpif/dummy-netdevs.js";
import { openDpif } from "../dpif/open.js";
import { type Clock, type ClockTimer, systemClock } from "../lib/clock.js";
import { type Logger, RateLimit, vlog } from "../lib/log.js";
import type { TlsFiles } from "../net/tls-files.js";
import type { DatabaseClient } from "../ovsdb/client-api.js";
import type { OpenVSwitchTables, Row } from "../ovsdb/schema/database.js";
import { openVSwitchDatabase } from "../ovsdb/schema/database.js";
import { Bridge, type BridgeEnvironment } from "./bridge.js";
import { applyBridgeSettings, applyBundles, connectPatches } from "./bridge-settings.js";
import { isConfigChange } from "./config-change.js";
import { toRecord } from "./config-values.js";
import { Datapath } from "./datapath.js";
import { applyGlobalSettings } from "./global-settings.js";
import { type WantedInterface, wantedInterfaces } from "./interface.js";
import { StatusRefresh, type StatusSource } from "./status-refresh.js";
import { writeRoot } from "./status-writer.js";
import { dpdkColumns, programColumns } from "./system-facts.js";

const log = vlog("bridge");
const limit = new RateLimit(5, 20);
const DATAPATH_LOGS: Readonly<Record<string, Logger>> = Object.fromEntries(
  ["dpdk", "dpif_netdev", "netdev_dpdk", "netdev_linux", "ovs_numa", "pmd_perf"].map((name) => [
    name,
    vlog(name),
  ]),
);
const EXPIRY_MS = 500;
const LOCK_GRACE_MS = 1000;
/** The name under which switches agree that one of them owns the database. */
const LOCK = "ovs_vswitchd";

export type OvsClient = DatabaseClient<OpenVSwitchTables>;

export interface BridgeManagerOptions {
  readonly client: OvsClient;
  readonly runDir: string;
  /** `--enable-dummy`. */
  readonly dummy?: DummyLevel;
  /** `--dummy-numa`. */
  readonly dummyNuma?: string;
  /** From the command line; the database's SSL table goes before it. */
  readonly tls: TlsFiles | undefined;
  /** The datapath cannot be opened: the switch is of no use. */
  onFatal(failure: DpifFailure): void;
  readonly clock?: Clock;
}

/** A bridge's name is part of the names of its sockets: none may lead to another directory. */
function isSafelyNamed({ name }: Row<"Bridge">): boolean {
  if (!/[/\\]/.test(name)) return true;
  log.warn(`ignoring bridge with invalid name "${name}"`, limit);
  return false;
}

export class BridgeManager implements StatusSource {
  readonly bridges = new Map<string, Bridge>();
  datapath: Datapath | undefined;
  patchErrors: ReadonlyMap<string, string> = new Map();
  /** Passes over the configuration so far, for `coverage/show`. */
  passes = 0;
  readonly #client: OvsClient;
  readonly #clock: Clock;
  #pass: Promise<void> | undefined;
  #isDirty = false;
  #stopped = false;
  #expiry: ClockTimer | undefined;
  readonly #status: StatusRefresh;

  constructor(private readonly options: BridgeManagerOptions) {
    this.#client = options.client;
    this.#clock = options.clock ?? systemClock;
    this.#client.on("ready", () => this.reconfigure());
    this.#client.on("change", (set) => {
      if (isConfigChange(set)) this.reconfigure();
    });
    this.#client.on("lock", (name, held) => this.#lockChanged(name, held));
    this.#client.lock(LOCK);
    this.#status = new StatusRefresh(this, this.#clock);
    this.#expireLater();
  }

  get isReconfiguring(): boolean {
    return this.#pass !== undefined;
  }

  /** `--enable-dummy`. */
  get hasDummies(): boolean {
    return this.options.dummy !== undefined;
  }

  get client(): OvsClient {
    return this.#client;
  }

  #root(): Row<"Open_vSwitch"> | undefined {
    return this.#client.table("Open_vSwitch").first();
  }

  #lockChanged(name: string, held: boolean): void {
    if (name !== LOCK) return;
    if (held) this.reconfigure();
    // After a reconnection the lock comes back at once, or somebody else has it.
    else this.#clock.after(LOCK_GRACE_MS, () => this.#sayLockLost());
  }

  #sayLockLost(): void {
    if (this.#client.state !== "ready" || this.#client.hasLock || this.#stopped) return;
    log.err("another switch has taken the database; this one changes nothing until it is gone");
  }

  /** Asks for a pass over the configuration, now or after the one that is running. */
  reconfigure(): void {
    this.#isDirty = true;
    if (this.#pass || this.#stopped) return;
    // A turn later: what the database announces in several events is one change.
    this.#pass = new Promise((resolve) => setImmediate(resolve))
      .then(() => this.#passes())
      .finally(() => {
        this.#pass = undefined;
      });
  }

  /** Resolves when no pass is running or due. */
  async settled(): Promise<void> {
    while (this.#pass) await this.#pass;
  }

  async #passes(): Promise<void> {
    while (this.#isDirty && !this.#stopped) {
      this.#isDirty = false;
      if (this.#client.state !== "ready") return;
      if (!this.#client.hasLock) {
        log.err(
          `another ovs-vswitchd process is running, disabling this process (pid ${process.pid}) ` +
            "until it goes away",
          limit,
        );
        return;
      }
      const root = this.#root() ?? (await this.#createRoot());
      if (root) await this.#apply(root);
    }
  }

  /** A new database has no row; ovs-vsctl would make it, too. */
  async #createRoot(): Promise<Row<"Open_vSwitch"> | undefined> {
    const txn = this.#client.transaction();
    txn.insert("Open_vSwitch", {});
    await txn.commit();
    return this.#root();
  }

  async #apply(root: Row<"Open_vSwitch">): Promise<void> {
    this.passes++;
    const nextCfg = root.next_cfg;
    const datapath = await this.#openDatapath(root);
    if (datapath) {
      await applyGlobalSettings(datapath, root.other_config);
      await this.#applyBridges(root, datapath);
    }
    const txn = this.#client.transaction();
    writeRoot(txn, root, {
      ...programColumns(openVSwitchDatabase.version, this.hasDummies),
      ...dpdkColumns(datapath?.dpif),
      cur_cfg: nextCfg,
    });
    if (datapath) this.#status.write(txn, datapath);
    await this.#status.commit(txn);
    this.#status.reschedule();
  }

  /** The datapath starts with the first bridge, or as soon as DPDK is asked for. */
  async #openDatapath(root: Row<"Open_vSwitch">): Promise<Datapath | undefined> {
    const otherConfig = toRecord(root.other_config);
    if (this.datapath) {
      const { dpif } = this.datapath;
      const failure = dpif.dpdkInitialized ? undefined : dpif.initDpdk(otherConfig);
      if (failure) log.err(failure.error, limit);
      return this.datapath;
    }
    const wantsDpdk = /^(true|try)$/i.test(otherConfig["dpdk-init"] ?? "");
    if (root.bridges.length === 0 && !wantsDpdk) return undefined;
    const dpif = await openDpif({
      otherConfig,
      rundir: this.options.runDir,
      devargs: this.#devargs(),
      ...{ dummyNuma: this.options.dummyNuma, dummy: this.options.dummy },
      log: (module, level, message) => DATAPATH_LOGS[module]?.log(level, message),
    });
    if (isFailure(dpif)) {
      this.options.onFatal(dpif);
      return undefined;
    }
    this.datapath = new Datapath(dpif, this.#clock, this.options.dummy ? "dummy" : "netdev");
    dpif.onPortChange((portNo) => this.#portChanged(portNo));
    return this.datapath;
  }

  #devargs(): string[] {
    return [...this.#client.table("Interface")]
      .map(({ options }) => options.get("dpdk-devargs"))
      .filter((devargs) => devargs !== undefined);
  }

  async #applyBridges(root: Row<"Open_vSwitch">, datapath: Datapath): Promise<void> {
    const rows = new Map(root.bridges.filter(isSafelyNamed).map((row) => [row.name, row]));
    const wanted = new Map([...rows].map(([name, row]) => [name, wantedInterfaces(row)]));
    await this.#removeUnwanted(rows, wanted, datapath);
    for (const [name, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const existing = this.bridges.get(name);
      const bridge = existing ?? new Bridge(row, this.#environment(datapath));
      bridge.row = row;
      this.bridges.set(name, bridge);
      await this.#applyInterfaces(bridge, wanted.get(name)!);
      await bridge.applyIdentity();
      applyBundles(bridge);
      applyBridgeSettings(bridge);
      if (!existing) await bridge.start();
    }
    this.patchErrors = connectPatches(this.bridges.values());
  }

  #environment(datapath: Datapath): BridgeEnvironment {
    return {
      datapath,
      clock: this.#clock,
      runDir: this.options.runDir,
      tls: () => this.tls(),
      controllersChanged: () => this.#status.soon(),
    };
  }

  /** Keys: the database's SSL row goes before the command line. */
  tls(): TlsFiles | undefined {
    const ssl = this.#root()?.ssl;
    if (!ssl) return this.options.tls;
    return {
      privateKey: ssl.private_key,
      certificate: ssl.certificate,
      caCert: ssl.ca_cert,
      bootstrapCaCert: ssl.bootstrap_ca_cert,
    };
  }

  /** Removes first, over all bridges, so that an interface can move from one to another. */
  async #removeUnwanted(
    rows: ReadonlyMap<string, Row<"Bridge">>,
    wanted: ReadonlyMap<string, ReadonlyMap<string, WantedInterface>>,
    datapath: Datapath,
  ): Promise<void> {
    const touched = new Set<Bridge>();
    for (const [name, bridge] of this.bridges) {
      const row = rows.get(name);
      if (!row || row._uuid !== bridge.row._uuid) {
        bridge.close();
        this.bridges.delete(name);
        touched.add(bridge);
        continue;
      }
      for (const failed of [...bridge.failures.keys()]) {
        if (!wanted.get(name)!.has(failed)) bridge.failures.delete(failed);
      }
      for (const active of [...bridge.interfaces.values()]) {
        const now = wanted.get(name)!.get(active.name);
        if (now?.type === active.type && !bridge.wantsOtherOfport(active, now)) continue;
        bridge.removeInterface(active);
        touched.add(bridge);
      }
    }
    if (touched.size > 0) await datapath.slowpath.settled();
    for (const bridge of touched) await bridge.releasePorts();
  }

  /** Those that ask for a number go first, so that nobody else takes it. */
  async #applyInterfaces(
    bridge: Bridge,
    wanted: ReadonlyMap<string, WantedInterface>,
  ): Promise<void> {
    const order = [...wanted.values()].sort((a, b) => {
      const known = (each: WantedInterface): number =>
        each.row?.ofport_request !== undefined ? 0 : (each.row?.ofport ?? -1) > 0 ? 1 : 2;
      return known(a) - known(b) || (a.name < b.name ? -1 : 1);
    });
    for (const each of order) {
      const active = bridge.interfaces.get(each.name);
      if (active) await bridge.updateInterface(active, each);
      else await bridge.addInterface(each);
    }
  }

  #portChanged(portNo: number): void {
    for (const bridge of this.bridges.values()) {
      for (const active of bridge.interfaces.values()) {
        if (active.xport.dpPort === portNo) bridge.refreshPort(active);
      }
    }
    this.#status.soon();
  }

  #expire(): void {
    this.datapath?.sampleFlows();
    for (const bridge of this.bridges.values()) {
      bridge.ofproto.expire();
      if (bridge.xbridge.macLearning.expire() > 0) this.datapath?.slowpath.changed();
    }
  }

  #expireLater(): void {
    this.#expiry = this.#clock.after(EXPIRY_MS, () => {
      this.#expire();
      if (!this.#stopped) this.#expireLater();
    });
  }

  /** Stops in order; kernel devices of the switch go with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#expiry?.cancel();
    this.#status.stop();
    await this.settled();
    for (const bridge of this.bridges.values()) bridge.ofproto.close();
    await this.datapath?.close();
  }
}

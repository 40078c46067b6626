// SPDX-License-Identifier: Apache-2.0
/** The switch as a process: database, bridges, control socket, and an orderly end. */
import { join } from "node:path";
import { allCommands } from "../appctl/commands.js";
import { CommandRegistry } from "../appctl/registry.js";
import { ControlServer } from "../appctl/server.js";
import { BridgeManager, type OvsClient } from "../bridge/bridge-manager.js";
import { lockMemory } from "../dpif/host.js";
import { vlog } from "../lib/log.js";
import { MetricsService } from "../monitoring/metrics-service.js";
import { enableDebugActions } from "../openflow/actions/debug.js";
import { openClient } from "../ovsdb/client.js";
import { openVSwitchDatabase } from "../ovsdb/schema/database.js";
import { ensureDirectory } from "./directories.js";
import { EmbeddedDatabase } from "./embedded-database.js";
import { type DaemonOptions, PROGRAM } from "./options.js";
import { Pidfile } from "./pidfile.js";
import { removeStaleSockets } from "./stale-sockets.js";

const log = vlog("vswitchd");

/** A switch that runs. */
export class Switchd {
  #pidfile: Pidfile | undefined;
  #embedded: EmbeddedDatabase | undefined;
  #client: OvsClient | undefined;
  #manager: BridgeManager | undefined;
  #control: ControlServer | undefined;
  #metrics: MetricsService | undefined;
  #stopping: Promise<void> | undefined;
  #ended: (status: number) => void = () => {};
  /** Resolves with the exit status when the switch has stopped. */
  readonly ended = new Promise<number>((resolve) => {
    this.#ended = resolve;
  });

  constructor(private readonly options: DaemonOptions) {}

  /** Starts everything; resolves when the configuration found in the database has been applied. An
   * external database that does not answer is waited for. False: it has been stopped meanwhile, see
   * `ended`. Rejects with OperatorError. */
  async start(): Promise<boolean> {
    const { options } = this;
    ensureDirectory(options.directories.run);
    if (options.pidfile) this.#pidfile = Pidfile.create(options.pidfile, options.overwritePidfile);
    removeStaleSockets(options.directories.run);
    if (options.dummy) enableDebugActions();
    if (options.mlockall) this.#lockMemory();
    this.#client = await this.#openDatabase();
    this.#manager = new BridgeManager({
      client: this.#client,
      runDir: options.directories.run,
      dummy: options.dummy,
      dummyNuma: options.dummyNuma,
      tls: options.tls,
      onFatal: ({ error, remedy }) => {
        log.emer(remedy ? `${error} (${remedy})` : error);
        void this.stop(1);
      },
    });
    await this.#openControl(this.#manager);
    this.#metrics = new MetricsService(this.#manager, options.directories.run);
    this.#embedded?.followManagers(this.#client, () => this.#manager?.tls());
    await Promise.race([this.#configured(this.#client, this.#manager), this.ended]);
    return this.#stopping === undefined;
  }

  /** Whether it, and no other switch, looks after the database. */
  get isActive(): boolean {
    return this.#client?.hasLock ?? false;
  }

  async #configured(client: OvsClient, manager: BridgeManager): Promise<void> {
    await client.ready();
    await manager.settled();
  }

  #lockMemory(): void {
    const errno = lockMemory();
    if (errno !== 0) log.err(`mlockall failed: errno ${errno}`);
  }

  async #openDatabase(): Promise<OvsClient> {
    const { database, directories, tls } = this.options;
    if (database === undefined) {
      this.#embedded = await EmbeddedDatabase.open(directories);
      return openClient(openVSwitchDatabase, { server: this.#embedded.server });
    }
    return openClient(openVSwitchDatabase, {
      remote: database,
      ...(tls ? { tls: () => tls } : {}),
    });
  }

  async #openControl(manager: BridgeManager): Promise<void> {
    const registry = new CommandRegistry();
    registry.add(...allCommands(manager, { exit: (cleanup) => void this.stop(0, cleanup) }));
    this.#control = new ControlServer(registry);
    const { unixctl, directories } = this.options;
    if (unixctl === null) return;
    await this.#control.listen(unixctl ?? join(directories.run, `${PROGRAM}.${process.pid}.ctl`));
  }

  /** Stops in order: nothing is left but the database. Harmless when stopped already. */
  stop(status = 0, cleanup = false): Promise<void> {
    this.#stopping ??= this.#stop(status, cleanup);
    return this.#stopping;
  }

  async #stop(status: number, cleanup: boolean): Promise<void> {
    if (cleanup) log.info("exiting with cleanup");
    try {
      await this.#metrics?.stop();
      await this.#manager?.stop();
      this.#client?.close();
      await this.#embedded?.close();
    } catch (error) {
      log.err(`stopping: ${error instanceof Error ? error.stack : String(error)}`);
    }
    this.#control?.close();
    this.#pidfile?.remove();
    this.#ended(status);
  }
}

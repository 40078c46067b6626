// SPDX-License-Identifier: Apache-2.0
import { type Clock, type ClockTimer, systemClock } from "../lib/clock.js";
import type { OperatorError } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import type { TlsFiles } from "../net/tls-files.js";
import type { DatabaseClient } from "./client-api.js";
import type { RemoteOptions, RemoteStatus, Remotes } from "./remotes.js";
import type { OpenVSwitchTables, Row } from "./schema/database.js";

const log = vlog("ovsdb_server");

/** How often status columns are brought up to date. */
const STATUS_INTERVAL_MS = 2500;

/** The files that the database's SSL table names; undefined when it names none. */
export function tlsFilesOf(root: Row<"Open_vSwitch"> | undefined): TlsFiles | undefined {
  const ssl = root?.ssl;
  if (!ssl) return undefined;
  const { private_key: privateKey, certificate, ca_cert: caCert, bootstrap_ca_cert } = ssl;
  return { privateKey, certificate, caCert, bootstrapCaCert: bootstrap_ca_cert };
}

function optionsOf(manager: Row<"Manager">, tls: () => TlsFiles | undefined): RemoteOptions {
  const { max_backoff: backoffMaxMs, inactivity_probe, target } = manager;
  const probeMs = inactivity_probe ?? (target.includes("unix:") ? 0 : 5000);
  return { tls, probeMs, ...(backoffMaxMs === undefined ? {} : { backoffMaxMs }) };
}

/**
 * Keeps a server's remotes as `Open_vSwitch.manager_options` has them, and the Manager rows'
 * is_connected and status columns as the remotes are.
 */
export class ManagerRemotes {
  readonly #failures = new Map<string, string>();
  #timer: ClockTimer | undefined;
  #closed = false;

  /**
   * `remotes` must be an instance of its own: what the Manager table does not name is closed.
   * `tls`: the files of the command line, which come before those of the SSL table.
   */
  constructor(
    readonly client: DatabaseClient<OpenVSwitchTables>,
    readonly remotes: Remotes,
    readonly tls: () => TlsFiles | undefined = () => undefined,
    readonly clock: Clock = systemClock,
  ) {
    client.on("change", (set) => {
      if (set.touches("Open_vSwitch", "manager_options", "ssl") || set.touches("SSL"))
        this.#follow();
      else if (set.touches("Manager", "target", "max_backoff", "inactivity_probe")) this.#follow();
    });
    this.#follow();
    this.#arm();
  }

  #managers(): readonly Row<"Manager">[] {
    return this.client.table("Open_vSwitch").first()?.manager_options ?? [];
  }

  #follow(): void {
    const wanted = new Map(this.#managers().map((manager) => [manager.target, manager]));
    for (const target of this.remotes.targets) if (!wanted.has(target)) this.#remove(target);
    for (const [target, manager] of wanted) {
      const tls = (): TlsFiles | undefined =>
        this.tls() ?? tlsFilesOf(this.client.table("Open_vSwitch").first());
      const options = optionsOf(manager, tls);
      if (this.remotes.has(target)) this.remotes.configure(target, options);
      else this.#add(target, options);
    }
  }

  #add(target: string, options: RemoteOptions): void {
    this.#failures.delete(target);
    this.remotes.add(target, options).catch((error: OperatorError) => {
      this.#failures.set(target, error.message);
      log.warn(`${target}: ${error.message}`);
    });
  }

  #remove(target: string): void {
    this.#failures.delete(target);
    this.remotes.remove(target);
  }

  #arm(): void {
    this.#timer = this.clock.after(STATUS_INTERVAL_MS, () => {
      this.remotes.retryFailed();
      this.updateStatus().finally(() => {
        if (!this.#closed) this.#arm();
      });
    });
  }

  #statusOf(target: string): RemoteStatus {
    const known = this.remotes.status(target);
    if (known) return known;
    const error = this.#failures.get(target);
    const status = new Map([["state", "VOID"], ...(error ? [["last_error", error] as const] : [])]);
    return { connected: false, status };
  }

  /** Writes what has changed to the status columns; also called by a timer of its own. */
  async updateStatus(): Promise<void> {
    const txn = this.client.transaction();
    for (const manager of this.#managers()) {
      const { connected, status } = this.#statusOf(manager.target);
      txn.update(manager, { is_connected: connected, status });
    }
    await txn.commit();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.remotes.close();
  }
}

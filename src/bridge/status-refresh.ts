// SPDX-License-Identifier: Apache-2.0
/** What goes back to the database between passes over the configuration, and when. */
import { existsSync } from "node:fs";
import type { Clock, ClockTimer } from "../lib/clock.js";
import { RateLimit, vlog } from "../lib/log.js";
import type { DatabaseClient } from "../ovsdb/client-api.js";
import type { OpenVSwitchTables } from "../ovsdb/schema/database.js";
import type { Bridge } from "./bridge.js";
import { configBoolean } from "./config-values.js";
import type { Datapath } from "./datapath.js";
import { statsIntervalMs } from "./global-settings.js";
import {
  type OvsTransaction,
  writeBridgeStatus,
  writeRoot,
  writeStatistics,
} from "./status-writer.js";
import { systemStatistics } from "./system-statistics.js";

const log = vlog("bridge");
const limit = new RateLimit(5, 20);
/** Changes of devices come in swarms; the database hears of them once in a while. */
const STATUS_DELAY_MS = 50;

/** The switch as status tells of it. */
export interface StatusSource {
  readonly client: DatabaseClient<OpenVSwitchTables>;
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly datapath: Datapath | undefined;
  /** What is wrong with patch ports, by interface. */
  readonly patchErrors: ReadonlyMap<string, string>;
  /** During a pass the rows are in motion; the pass itself writes at its end. */
  readonly isReconfiguring: boolean;
  reconfigure(): void;
}

export class StatusRefresh {
  #soon: ClockTimer | undefined;
  #periodic: ClockTimer | undefined;
  #stopped = false;
  #intervalMs = 0;

  constructor(
    private readonly source: StatusSource,
    private readonly clock: Clock,
  ) {
    this.#schedulePeriodic();
  }

  /** A device or a controller changed. */
  soon(): void {
    if (this.#soon || this.#stopped) return;
    this.#soon = this.clock.after(STATUS_DELAY_MS, () => {
      this.#soon = undefined;
      if (this.source.isReconfiguring) this.soon();
      else this.#guard(this.#refresh((txn, datapath) => this.write(txn, datapath)));
    });
  }

  /** State of all bridges and interfaces, into a transaction of the caller. */
  write(txn: OvsTransaction, datapath: Datapath): void {
    for (const bridge of this.source.bridges.values()) {
      writeBridgeStatus(txn, bridge, datapath, this.source.patchErrors);
    }
  }

  async commit(txn: OvsTransaction): Promise<void> {
    const { status, error } = await txn.commit();
    if (status === "error") log.err(`cannot write to the database: ${error}`, limit);
    // What did not get through is decided anew.
    else if (status === "try-again" || status === "uncertain") this.source.reconfigure();
  }

  stop(): void {
    this.#stopped = true;
    this.#soon?.cancel();
    this.#periodic?.cancel();
  }

  /** A changed interval counts from now. */
  reschedule(): void {
    if (this.#interval() !== this.#intervalMs && !this.#stopped) this.#schedulePeriodic();
  }

  #interval(): number {
    const config = this.source.client.table("Open_vSwitch").first()?.other_config;
    return statsIntervalMs(config ?? new Map());
  }

  #schedulePeriodic(): void {
    this.#periodic?.cancel();
    this.#intervalMs = this.#interval();
    this.#periodic = this.clock.after(this.#intervalMs, () => {
      this.#guard(this.#refreshAll());
      if (!this.#stopped) this.#schedulePeriodic();
    });
  }

  /** A refresh that fails is made up for by the next one. */
  #guard(work: Promise<void>): void {
    work.catch((error: Error) => log.err(`status: ${error.stack ?? error.message}`, limit));
  }

  get #canWrite(): boolean {
    const { client, isReconfiguring } = this.source;
    return client.state === "ready" && client.hasLock && !isReconfiguring;
  }

  async #refresh(fill: (txn: OvsTransaction, datapath: Datapath) => void): Promise<void> {
    const { client, datapath } = this.source;
    if (!datapath || !this.#canWrite) return;
    const txn = client.transaction();
    fill(txn, datapath);
    await this.commit(txn);
  }

  async #refreshAll(): Promise<void> {
    await this.#refresh((txn, datapath) => {
      for (const bridge of this.source.bridges.values()) writeStatistics(txn, bridge, datapath);
      this.write(txn, datapath);
    });
    const { client } = this.source;
    const root = client.table("Open_vSwitch").first();
    if (!root || !this.#canWrite) return;
    const enabled = configBoolean(root.other_config, "enable-statistics", false);
    const txn = client.transaction();
    writeRoot(txn, root, { statistics: enabled ? systemStatistics() : {} });
    await this.commit(txn);
    this.#retryFailed();
  }

  /** Kernel devices that were missing may have come, and names that were taken may be free. */
  #retryFailed(): void {
    for (const { failures, interfaces } of this.source.bridges.values()) {
      for (const { wanted } of failures.values()) {
        if (interfaces.has(wanted.name)) continue;
        const exists = existsSync(`/sys/class/net/${wanted.name}`);
        const isOurs = wanted.type === "internal" || wanted.type === "tap";
        if (wanted.type === "system" ? exists : isOurs && !exists) this.source.reconfigure();
      }
    }
  }
}

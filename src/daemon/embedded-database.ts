// SPDX-License-Identifier: Apache-2.0
/** The switch's own database: its file, its socket, and the managers that its tables name. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import { connectStream } from "../net/connect.js";
import type { TlsFiles } from "../net/tls-files.js";
import type { DatabaseClient } from "../ovsdb/client-api.js";
import { schemaOf } from "../ovsdb/db-schema.js";
import { Remotes } from "../ovsdb/remotes.js";
import { type OpenVSwitchTables, openVSwitchDatabase } from "../ovsdb/schema/database.js";
import { OvsdbServer } from "../ovsdb/server.js";
import { StoredDatabase } from "../ovsdb/stored-database.js";
import { type Directories, ensureDirectory } from "./directories.js";

const log = vlog("ovsdb_server");

/** Throws when somebody answers at the socket: it is not ours to replace. */
async function checkNobodyServes(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const stream = await connectStream(`unix:${path}`, { timeoutMs: 1000 }).catch(() => undefined);
  if (!stream) return;
  stream.destroy();
  throw new OperatorError(
    "EADDRINUSE",
    `${path}: a database server is listening there already, aborting\n` +
      `(use it with "pollux switchd unix:${path}", stop it, or give this switch directories of ` +
      "its own with OVS_RUNDIR and OVS_DBDIR)",
  );
}

async function openStored(path: string): Promise<StoredDatabase> {
  try {
    return await StoredDatabase.open(path, schemaOf(openVSwitchDatabase));
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "EAGAIN") throw error;
    throw new OperatorError(
      "EAGAIN",
      `${error.message}, aborting\n` +
        "(another switch or database server uses this database: stop it, or give this switch " +
        "directories of its own with OVS_RUNDIR and OVS_DBDIR)",
    );
  }
}

export class EmbeddedDatabase {
  readonly server = new OvsdbServer();
  readonly #remotes = new Remotes(this.server);
  readonly #managers = new Set<string>();
  #client: DatabaseClient<OpenVSwitchTables> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly stored: StoredDatabase) {
    this.server.add(stored.db);
  }

  /** Opens `<dbdir>/conf.db` and serves it at `<rundir>/db.sock`. Rejects with OperatorError. */
  static async open({ run, db }: Directories): Promise<EmbeddedDatabase> {
    ensureDirectory(db);
    const socket = join(run, "db.sock");
    await checkNobodyServes(socket);
    const database = new EmbeddedDatabase(await openStored(join(db, "conf.db")));
    await database.#remotes.add(`punix:${socket}`);
    return database;
  }

  /** Follows the Manager table: opens and closes remotes, and says how they are. */
  followManagers(client: DatabaseClient<OpenVSwitchTables>, tls: () => TlsFiles | undefined): void {
    this.#client = client;
    const apply = (): void => this.#applyManagers(tls);
    client.on("ready", apply);
    client.on("change", (set) => {
      const columns = ["target", "max_backoff", "inactivity_probe"] as const;
      if (set.touches("Manager", ...columns) || set.touches("Open_vSwitch", "manager_options")) {
        apply();
      }
    });
    this.#timer = setInterval(() => this.#writeStatus(), 2500).unref();
  }

  #applyManagers(tls: () => TlsFiles | undefined): void {
    const root = this.#client?.table("Open_vSwitch").first();
    const wanted = new Map(root?.manager_options.map((row) => [row.target, row]));
    for (const target of this.#managers) {
      if (wanted.has(target)) continue;
      this.#remotes.remove(target);
      this.#managers.delete(target);
    }
    for (const [target, row] of wanted) {
      const options = {
        tls,
        ...(row.max_backoff === undefined ? {} : { backoffMaxMs: row.max_backoff }),
        ...(row.inactivity_probe === undefined ? {} : { probeMs: row.inactivity_probe }),
      };
      if (this.#managers.has(target)) {
        this.#remotes.configure(target, options);
        continue;
      }
      this.#managers.add(target);
      // Why it did not open is in the log and in the row's status.
      this.#remotes.add(target, options).catch(() => {});
    }
  }

  #writeStatus(): void {
    const client = this.#client;
    if (client?.state !== "ready") return;
    const txn = client.transaction();
    for (const row of client.table("Manager")) {
      const status = this.#remotes.status(row.target);
      if (status) txn.update(row, { is_connected: status.connected, status: status.status });
    }
    txn.commit().catch((error: Error) => log.warn(`manager status: ${error.message}`));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#remotes.close();
    this.server.close();
    await this.stored.close();
  }
}

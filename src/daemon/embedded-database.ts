// SPDX-License-Identifier: Apache-2.0
/** The switch's own database: its file, its socket, and the managers that its tables name. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileLock } from "../dpif/host.js";
import { OperatorError } from "../lib/errors.js";
import { connectStream } from "../net/connect.js";
import type { TlsFiles } from "../net/tls-files.js";
import type { DatabaseClient } from "../ovsdb/client-api.js";
import { schemaOf } from "../ovsdb/db-schema.js";
import { ManagerRemotes } from "../ovsdb/manager-remotes.js";
import { Remotes } from "../ovsdb/remotes.js";
import { type OpenVSwitchTables, openVSwitchDatabase } from "../ovsdb/schema/database.js";
import { OvsdbServer } from "../ovsdb/server.js";
import { StoredDatabase } from "../ovsdb/stored-database.js";
import { type Directories, ensureDirectory } from "./directories.js";

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
    return await StoredDatabase.open(path, schemaOf(openVSwitchDatabase), { posixLock: fileLock });
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
  #managers: ManagerRemotes | undefined;

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
    this.#managers = new ManagerRemotes(client, new Remotes(this.server), tls);
  }

  async close(): Promise<void> {
    this.#managers?.close();
    this.#remotes.close();
    this.server.close();
    await this.stored.close();
  }
}

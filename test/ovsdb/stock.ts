// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { printJson } from "../../src/lib/json.js";
import { setLogLevel } from "../../src/lib/log.js";
import { connectStream } from "../../src/net/connect.js";
import { JsonRpcSession } from "../../src/net/jsonrpc.js";
import { type DatabaseSchema, schemaOf } from "../../src/ovsdb/db-schema.js";
import { Remotes } from "../../src/ovsdb/remotes.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { OvsdbServer } from "../../src/ovsdb/server.js";
import { StoredDatabase } from "../../src/ovsdb/stored-database.js";

setLogLevel("off", undefined, undefined);

/** Whether the stock tools are installed; tests that need them are skipped without. */
export const hasStock = spawnSync("ovsdb-tool", ["--version"]).status === 0;

/** A directory of its own, removed by the returned function. */
export function tempDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "ovsdb-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A server on a Unix socket, ours or the stock one. */
export interface RunningServer {
  readonly dir: string;
  readonly dbFile: string;
  /** "unix:…" */
  readonly remote: string;
  stop(): Promise<void>;
}

export const ovsSchema = schemaOf(openVSwitchDatabase);

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10);
}

/** Starts a stock ovsdb-server on a new (or the given) database file. */
export async function startStock(schema: DatabaseSchema, dbFile?: string): Promise<RunningServer> {
  const { dir, remove } = tempDir();
  const file = dbFile ?? join(dir, "conf.db");
  if (!existsSync(file)) {
    const schemaFile = join(dir, "schema");
    writeFileSync(schemaFile, printJson(schema.json));
    spawnSync("ovsdb-tool", ["create", file, schemaFile]);
  }
  const sock = join(dir, "db.sock");
  const child = spawn(
    "ovsdb-server",
    [file, `--remote=punix:${sock}`, "--no-chdir", "-vconsole:off"],
    {
      env: { ...process.env, OVS_RUNDIR: dir, OVS_LOGDIR: dir, OVS_DBDIR: dir },
      stdio: "ignore",
    },
  );
  await until(() => existsSync(sock));
  return {
    dir,
    dbFile: file,
    remote: `unix:${sock}`,
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      remove();
    },
  };
}

export interface OwnServer extends RunningServer {
  readonly server: OvsdbServer;
  readonly stored: StoredDatabase;
  readonly remotes: Remotes;
}

/** Starts our server in this process. */
export async function startOwn(schema: DatabaseSchema, dbFile?: string): Promise<OwnServer> {
  const { dir, remove } = tempDir();
  const file = dbFile ?? join(dir, "conf.db");
  const stored = await StoredDatabase.open(file, schema);
  const server = new OvsdbServer();
  server.add(stored.db);
  const remotes = new Remotes(server);
  const sock = join(dir, "db.sock");
  await remotes.add(`punix:${sock}`);
  return {
    dir,
    dbFile: file,
    remote: `unix:${sock}`,
    server,
    stored,
    remotes,
    async stop() {
      remotes.close();
      server.close();
      await stored.close();
      remove();
    },
  };
}

export async function connectTo(server: RunningServer): Promise<JsonRpcSession> {
  return new JsonRpcSession(await connectStream(server.remote));
}

/** Runs a tool without blocking this process, which may be the server that the tool talks to. */
export function run(
  command: string,
  ...args: string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      const status = error ? Number(error.code ?? 1) : 0;
      resolve({ status, stdout, stderr });
    });
  });
}

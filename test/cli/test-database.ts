// SPDX-License-Identifier: Apache-2.0
/** Databases to run vsctl on. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { schemaOf } from "../../src/ovsdb/db-schema.js";
import { Remotes } from "../../src/ovsdb/remotes.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { OvsdbServer } from "../../src/ovsdb/server.js";
import { StoredDatabase } from "../../src/ovsdb/stored-database.js";
import { makeTempDir, type RunResult, removeDir, run, until } from "../harness/processes.js";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

/** A database server with a database of its own. */
export abstract class TestDatabase {
  protected constructor(readonly dir: string) {}

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, OVS_RUNDIR: this.dir, OVS_LOGDIR: this.dir, OVS_DBDIR: this.dir };
  }

  get target(): string {
    return `unix:${this.dir}/db.sock`;
  }

  vsctl(args: readonly string[]): Promise<RunResult> {
    return run("ovs-vsctl", args, { env: this.env });
  }

  /** Table → rows, as JSON values. */
  async contents(): Promise<Record<string, Row[]>> {
    const { stdout } = await run("ovsdb-client", ["-f", "json", "dump", this.target]);
    const tables: Record<string, Row[]> = {};
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const { caption, headings, data } = JSON.parse(line) as Dump;
      tables[caption.replace(/ table$/, "")] = data.map((cells) =>
        Object.fromEntries(cells.map((cell, i) => [headings[i]!, cell])),
      );
    }
    return tables;
  }

  abstract stop(): Promise<void>;
}

/** Served by the stock ovsdb-server. */
export class StockDatabase extends TestDatabase {
  readonly #pidfile = join(this.dir, "ovsdb-server.pid");

  static async start(): Promise<StockDatabase> {
    const database = new StockDatabase(makeTempDir());
    const { dir } = database;
    const file = join(dir, "conf.db");
    const made = await run("ovsdb-tool", ["create", file, SCHEMA]);
    if (made.status !== 0) throw new Error(made.stderr);
    const args = ["--remote", `punix:${dir}/db.sock`, "--detach", "--no-chdir"];
    args.push(`--pidfile=${database.#pidfile}`, `--unixctl=${dir}/ovsdb.ctl`);
    const started = await run("ovsdb-server", [...args, `--log-file=${dir}/log`, file], {
      env: database.env,
    });
    if (started.status !== 0) throw new Error(started.stderr);
    await until("the database", () => existsSync(join(dir, "db.sock")));
    return database;
  }

  async stop(): Promise<void> {
    process.kill(Number(readFileSync(this.#pidfile, "utf8")));
    removeDir(this.dir);
  }
}

/** Served by our own server, in this process. */
export class OwnDatabase extends TestDatabase {
  private constructor(
    dir: string,
    private readonly shut: () => Promise<void>,
  ) {
    super(dir);
  }

  static async start(): Promise<OwnDatabase> {
    const dir = makeTempDir();
    const stored = await StoredDatabase.open(join(dir, "conf.db"), schemaOf(openVSwitchDatabase));
    const server = new OvsdbServer();
    server.add(stored.db);
    const remotes = new Remotes(server);
    await remotes.add(`punix:${dir}/db.sock`);
    return new OwnDatabase(dir, async () => {
      remotes.close();
      server.close();
      await stored.close();
    });
  }

  async stop(): Promise<void> {
    await this.shut();
    removeDir(this.dir);
  }
}

interface Dump {
  readonly caption: string;
  readonly headings: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

type Row = Readonly<Record<string, unknown>>;

/** Columns that were never set would only make differences hard to read. */
function isDefault(value: unknown): boolean {
  return ['""', "0", "false", '["set",[]]', '["map",[]]'].includes(JSON.stringify(value));
}

/**
 * The contents with every reference replaced by what it refers to and rows sorted, so that two
 * databases with the same contents but other UUIDs are equal.
 */
export function withoutUuids(tables: Readonly<Record<string, readonly Row[]>>): unknown {
  const rows = new Map<string, Row>();
  for (const row of Object.values(tables).flat()) rows.set((row._uuid as [string, string])[1], row);
  const describe = (value: unknown, depth: number): unknown => {
    if (!Array.isArray(value)) return value;
    if (value[0] === "uuid" && value.length === 2) {
      const row = rows.get(value[1] as string);
      if (row === undefined) return "gone";
      return depth > 4 ? "deep" : describeRow(row, depth + 1);
    }
    const elements = value.map((element) => describe(element, depth));
    if (value[0] !== "set") return elements;
    const [, members] = elements as [string, unknown[]];
    return ["set", members.map((each) => JSON.stringify(each)).sort()];
  };
  const describeRow = (row: Row, depth: number): unknown =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column, value]) => !column.startsWith("_") && !isDefault(value))
        .map(([column, value]) => [column, describe(value, depth)]),
    );
  return Object.fromEntries(
    Object.entries(tables).map(([table, list]) => [
      table,
      list.map((row) => JSON.stringify(describeRow(row, 0))).sort(),
    ]),
  );
}

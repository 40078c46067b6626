// SPDX-License-Identifier: Apache-2.0
import {
  copyFileSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Json, type JsonObject, printSortedJson } from "../../src/lib/json.js";
import type { Database } from "../../src/ovsdb/database.js";
import { decodeJournal } from "../../src/ovsdb/journal-format.js";
import { StoredDatabase } from "../../src/ovsdb/stored-database.js";
import { fuzzSchema, Generator } from "./random-operations.js";
import { connectTo, hasStock, ovsSchema, run, startOwn, startStock, tempDir } from "./stock.js";

/** The rows on disk of a database, in comparable form. */
function content(db: Database): string {
  const tables = [...db.tables.values()].map(({ schema, rows }) => {
    const kept = schema.columns.filter((column) => column.persistent);
    const lines = [...rows.values()].map((row) => [
      row.uuid,
      ...kept.map((column) =>
        JSON.stringify([row.get(column).keys, row.get(column).values].map(String)),
      ),
    ]);
    return [schema.name, lines.map((line) => line.join(" ")).sort()];
  });
  return JSON.stringify(tables);
}

function liveRows(db: Database): Record<string, string[]> {
  return Object.fromEntries(
    [...db.tables].map(([name, table]) => [name, [...table.rows.keys()].sort()]),
  );
}

function addRandom(db: Database, seed: number, count: number): void {
  const generator = new Generator(seed);
  for (let i = 0; i < count; i++) {
    generator.live = liveRows(db);
    db.execute(generator.transaction());
  }
}

describe("journal", () => {
  let dir: string;
  let remove: () => void;
  let path: string;

  beforeEach(() => {
    ({ dir, remove } = tempDir());
    path = join(dir, "conf.db");
  });
  afterEach(() => remove());

  test("a database is the same after closing and opening it", async () => {
    const first = await StoredDatabase.open(path, fuzzSchema);
    addRandom(first.db, 1, 300);
    const before = content(first.db);
    await first.close();
    const second = await StoredDatabase.open(path, fuzzSchema);
    expect(content(second.db)).toBe(before);
    await second.close();
  });

  test("a journal torn at any byte of its last record keeps all before it", async () => {
    const stored = await StoredDatabase.open(path, fuzzSchema);
    addRandom(stored.db, 2, 120);
    await stored.close();
    const whole = readFileSync(path);
    const { records } = decodeJournal(whole);
    const lastStart = whole.lastIndexOf("OVSDB JSON ");
    writeFileSync(path, whole.subarray(0, lastStart));
    const expected = await StoredDatabase.open(path, fuzzSchema);
    const before = content(expected.db);
    await expected.close();
    expect(records.length).toBeGreaterThan(5);
    for (let cut = lastStart; cut < whole.length; cut++) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const again = await StoredDatabase.open(path, fuzzSchema);
      expect(content(again.db)).toBe(before);
      expect(statSync(path).size).toBe(lastStart);
      // What is written next must be readable, too.
      again.db.execute([{ op: "insert", table: "Root", row: { name: `cut ${cut}`, a: cut % 5 } }]);
      const after = content(again.db);
      await again.close();
      const reopened = await StoredDatabase.open(path, fuzzSchema);
      expect(content(reopened.db)).toBe(after);
      await reopened.close();
    }
  }, 120_000);

  test("damage before good records keeps what had to be discarded", async () => {
    const stored = await StoredDatabase.open(path, fuzzSchema);
    addRandom(stored.db, 3, 60);
    await stored.close();
    const file = readFileSync(path);
    const second = file.indexOf("OVSDB JSON ", 1);
    const third = file.indexOf("OVSDB JSON ", second + 1);
    file[third - 10] = (file[third - 10] as number) ^ 1;
    writeFileSync(path, file);
    const again = await StoredDatabase.open(path, fuzzSchema);
    expect(again.db.tables.get("Root")?.rows.size).toBe(0);
    expect(readFileSync(`${path}.discarded`).equals(file.subarray(second))).toBe(true);
    await again.close();
  });

  test("compaction changes nothing but the size, and transactions go on meanwhile", async () => {
    const stored = await StoredDatabase.open(path, fuzzSchema);
    addRandom(stored.db, 4, 400);
    const before = stored.journal.bytes;
    const compacting = stored.compact();
    addRandom(stored.db, 5, 20);
    await compacting;
    addRandom(stored.db, 6, 20);
    expect(stored.journal.bytes).toBeLessThan(before);
    const expected = content(stored.db);
    await stored.close();
    const again = await StoredDatabase.open(path, fuzzSchema);
    expect(content(again.db)).toBe(expected);
    await again.close();
  });

  test("a second daemon is told who has the database", async () => {
    const stored = await StoredDatabase.open(path, fuzzSchema);
    const message = new RegExp(`cannot lock, already locked by pid ${process.pid}$`);
    await expect(StoredDatabase.open(path, fuzzSchema)).rejects.toThrow(message);
    await stored.close();
    await (await StoredDatabase.open(path, fuzzSchema)).close();
  });

  test("what is not a database is refused with a reason", async () => {
    writeFileSync(path, "something else\n");
    await expect(StoredDatabase.open(path, fuzzSchema)).rejects.toThrow(
      /cannot identify file type/,
    );
    writeFileSync(path, "OVSDB CLUSTER 1 0\n");
    await expect(StoredDatabase.open(path, fuzzSchema)).rejects.toThrow(/clustered/);
    expect(existsSync(path)).toBe(true);
    const other = join(dir, "other.db");
    await (await StoredDatabase.open(other, fuzzSchema)).close();
    await expect(StoredDatabase.open(other, ovsSchema)).rejects.toThrow(
      /database is named Fuzz, expected Open_vSwitch/,
    );
    const missing = join(dir, "no/such/conf.db");
    await expect(StoredDatabase.open(missing, fuzzSchema)).rejects.toThrow(
      /No such file or directory/,
    );
  });

  test("a file with an older schema is converted", async () => {
    const json = structuredClone(fuzzSchema.json) as JsonObject;
    const tables = json.tables as { Root: { columns: JsonObject } };
    delete tables.Root.columns.fixed;
    json.version = "0.9.0";
    const { parseDatabaseSchema } = await import("../../src/ovsdb/db-schema.js");
    const old = await StoredDatabase.open(path, parseDatabaseSchema(json));
    old.db.execute([{ op: "insert", table: "Root", row: { name: "kept", a: 3 } }]);
    await old.close();
    const converted = await StoredDatabase.open(path, fuzzSchema);
    const [row] = [...(converted.db.tables.get("Root")?.rows.values() ?? [])];
    const column = fuzzSchema.tables.get("Root")?.column("name");
    expect(column && row?.get(column).keys).toEqual(["kept"]);
    await converted.close();
    const { records } = decodeJournal(readFileSync(path));
    expect((records[0] as JsonObject).version).toBe("1.0.0");
  });
});

const QUERY: Json[] = [...fuzzSchema.tables.values()].map((table) => ({
  op: "select",
  table: table.name,
  where: [],
  columns: ["_uuid", ...table.columns.filter((c) => c.persistent).map((c) => c.name)],
}));

function rowsText(results: Json): string {
  const tables = results as { rows: Json[] }[];
  return JSON.stringify(tables.map(({ rows }) => rows.map((row) => printSortedJson(row)).sort()));
}

describe.skipIf(!hasStock)("interchange with the stock server", () => {
  let dir: string;
  let remove: () => void;
  let path: string;

  beforeEach(() => {
    ({ dir, remove } = tempDir());
    path = join(dir, "conf.db");
  });
  afterEach(() => remove());

  test("the stock server opens our file and we open what it made of it", async () => {
    const own = await startOwn(fuzzSchema, path);
    addRandom(own.stored.db, 7, 300);
    const first = await connectTo(own);
    const before = rowsText(await first.request("transact", ["Fuzz", ...QUERY]));
    first.close();
    await own.stop();

    const stock = await startStock(fuzzSchema, path);
    const session = await connectTo(stock);
    expect(rowsText(await session.request("transact", ["Fuzz", ...QUERY]))).toBe(before);
    const generator = new Generator(8);
    for (let i = 0; i < 200; i++)
      await session.request("transact", ["Fuzz", ...generator.transaction()]);
    const after = rowsText(await session.request("transact", ["Fuzz", ...QUERY]));
    session.close();
    await stock.stop();

    const again = await startOwn(fuzzSchema, path);
    const last = await connectTo(again);
    expect(rowsText(await last.request("transact", ["Fuzz", ...QUERY]))).toBe(after);
    last.close();
    await again.stop();
  });

  test("ovsdb-tool reads, queries and compacts our file", async () => {
    const stored = await StoredDatabase.open(path, ovsSchema);
    const [bridge] = [{ op: "insert", table: "Bridge", "uuid-name": "b", row: { name: "br0" } }];
    stored.db.execute([
      bridge as Json,
      { op: "insert", table: "Open_vSwitch", row: { bridges: ["named-uuid", "b"] } },
      { op: "comment", comment: "made by a test" },
    ]);
    await stored.close();
    expect((await run("ovsdb-tool", "db-version", path)).stdout).toBe("8.3.1\n");
    expect((await run("ovsdb-tool", "db-name", path)).stdout).toBe("Open_vSwitch\n");
    expect((await run("ovsdb-tool", "db-cksum", path)).stdout).toBe("3012963480 26720\n");
    const schemaFile = "/usr/share/openvswitch/vswitch.ovsschema";
    expect((await run("ovsdb-tool", "needs-conversion", path, schemaFile)).stdout).toBe("no\n");
    const show = await run("ovsdb-tool", "-mm", "show-log", path);
    expect(show.stdout).toMatch(/record 1: .*"made by a test"/);
    expect(show.stdout).toMatch(/table Bridge insert row "br0"/);
    const query = '["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["name"]}]';
    expect((await run("ovsdb-tool", "query", path, query)).stdout).toBe(
      '[{"rows":[{"name":"br0"}]}]\n',
    );
    copyFileSync(path, `${path}.before`);
    expect((await run("ovsdb-tool", "compact", path)).status).toBe(0);
    const again = await StoredDatabase.open(path, ovsSchema);
    expect(again.db.tables.get("Bridge")?.rows.size).toBe(1);
    await again.close();
  });

  test("we do not open what a stock server has open", async () => {
    const stock = await startStock(ovsSchema);
    await expect(StoredDatabase.open(stock.dbFile, ovsSchema)).rejects.toThrow(
      /cannot lock, already locked by pid [0-9]+/,
    );
    await stock.stop();
  });
});

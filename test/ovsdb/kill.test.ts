// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { StoredDatabase } from "../../src/ovsdb/stored-database.js";
import { seeded } from "./random-operations.js";
import { ovsSchema, tempDir } from "./stock.js";

/** POLLUX_OVSDB_KILLS=1000 for the acceptance run. */
const KILLS = Number(process.env.POLLUX_OVSDB_KILLS ?? 12);
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Lets the child write for a random while, kills it, and returns the last commit it told of. */
async function writeAndKill(path: string, random: () => number): Promise<number> {
  const args = [
    "--import",
    join(HERE, "typescript-loader.mjs"),
    join(HERE, "writing-child.ts"),
    path,
  ];
  const env = { ...process.env, TRANSPILED_DIR: join(dirname(path), "transpiled") };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  let begun: () => void = () => {};
  const writing = new Promise<void>((resolve) => {
    begun = resolve;
  });
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    begun();
  });
  const gone = new Promise((resolve) => child.once("close", resolve));
  await Promise.race([writing, gone]);
  await sleep(random() * 60);
  child.kill("SIGKILL");
  await gone;
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
}

test(
  `${KILLS} kills of a writing load lose no committed transaction`,
  async () => {
    const { dir, remove } = tempDir();
    const random = seeded(42);
    try {
      for (let i = 0; i < KILLS; i++) {
        // Now and then a new file, so that a long run does not only test large ones.
        const path = join(dir, `conf${Math.floor(i / 25)}.db`);
        const told = await writeAndKill(path, random);
        expect(told).toBeGreaterThan(0);
        const { db, close } = await reopen(path);
        const table = db.tables.get("Open_vSwitch");
        const [root] = [...(table?.rows.values() ?? [])];
        const value = (name: string): readonly unknown[] => {
          const column = table?.schema.column(name);
          const datum = column && root?.get(column);
          return datum?.values ?? datum?.keys ?? [];
        };
        const [stored] = value("next_cfg");
        // All that was told is there; one more may have been committed and not yet told.
        expect(Number(stored) - told).toBeGreaterThanOrEqual(0);
        expect(Number(stored) - told).toBeLessThanOrEqual(1);
        // And whole: all that one transaction wrote agrees.
        expect(value("external_ids")).toEqual([String(stored)]);
        expect(value("bridges").length).toBe(stored);
        expect(db.tables.get("Bridge")?.rows.size).toBe(stored);
        await close();
      }
    } finally {
      remove();
    }
  },
  60_000 + KILLS * 3_000,
);

async function reopen(
  path: string,
): Promise<{ db: StoredDatabase["db"]; close: () => Promise<void> }> {
  const stored = await StoredDatabase.open(path, ovsSchema);
  return { db: stored.db, close: () => stored.close() };
}

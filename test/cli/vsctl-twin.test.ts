// SPDX-License-Identifier: Apache-2.0
/** The stock ovs-vsctl and ours: the same command lines, on two databases with the same history. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { vsctlMain } from "../../src/cli/vsctl/main.js";
import { installed, type RunResult } from "../harness/processes.js";
import { capture } from "./capture.js";
import { readCases, shellWords } from "./cases.js";
import { OwnDatabase, StockDatabase, type TestDatabase, withoutUuids } from "./test-database.js";

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const WRITES = /create|add-|add |set |set-|clear|destroy|remove|del-|init|reset/;

/** What a run says, without UUIDs, log lines and order by UUID. */
function comparable({ status, stdout, stderr }: RunResult): unknown {
  const lines = stdout.replace(UUID, "<uuid>").split("\n").sort();
  const errors = stderr
    .replace(UUID, "<uuid>")
    .split("\n")
    .filter((line) => !/^\d{4}-\d\d-\d\dT/.test(line))
    .map((line) => line.replace(/^(ovs-vsctl|pollux vsctl): /, ""));
  return { status, lines, errors };
}

const SERVERS = [
  { server: "ovsdb-server", start: StockDatabase.start },
  { server: "our own server", start: OwnDatabase.start },
];

const hasStock = installed("ovsdb-server");

describe.skipIf(!hasStock).each(SERVERS)("vsctl beside ovs-vsctl, on $server", ({ start }) => {
  let stock: TestDatabase;
  let ours: TestDatabase;

  beforeAll(async () => {
    stock = await start();
    ours = await start();
  });
  afterAll(async () => {
    await stock?.stop();
    await ours?.stop();
  });

  // Run in order: what each must do is what the stock tool does.
  it.each(readCases("vsctl-cases.txt"))("%s", async (line) => {
    const args = ["--no-wait", ...shellWords(line)];
    const mine = await capture(vsctlMain, "pollux vsctl", args, { env: ours.env });
    if (WRITES.test(line)) {
      const theirs = await stock.vsctl(args);
      expect(comparable(mine)).toEqual(comparable(theirs));
      expect(withoutUuids(await ours.contents())).toEqual(withoutUuids(await stock.contents()));
    } else {
      // Both read the same database, so they agree to the byte.
      const theirs = await ours.vsctl(args);
      expect(mine.stdout).toBe(theirs.stdout);
      expect(comparable(mine)).toEqual(comparable(theirs));
    }
  });

  it("lists rows in the stock tool's order, however many there are", async () => {
    const queries = [["list", "Bridge"], ["list", "Port"], ["show"], ["find", "Interface"]];
    for (let i = 0; i < 20; i++) {
      const args = ["--no-wait", "add-br", `many${i}`];
      for (let port = 0; port < i % 7; port++) {
        args.push("--", "add-port", `many${i}`, `port${i}-${port}`);
      }
      expect((await capture(vsctlMain, "", args, { env: ours.env })).status).toBe(0);
      for (const query of queries) {
        const mine = await capture(vsctlMain, "", query, { env: ours.env });
        expect(mine.stdout).toBe((await ours.vsctl(query)).stdout);
      }
    }
  });

  it.each(["--commands", "--options"])("%s agrees with the stock tool's", async (option) => {
    const sorted = (text: string): string[] => text.split("\n").sort();
    const mine = await capture(vsctlMain, "pollux vsctl", [option], { env: ours.env });
    expect(sorted(mine.stdout)).toEqual(sorted((await ours.vsctl([option])).stdout));
  });

  it("prints the version that scripts look for", async () => {
    const mine = await capture(vsctlMain, "pollux vsctl", ["-V"], { env: ours.env });
    expect(mine.stdout).toBe((await ours.vsctl(["-V"])).stdout);
  });
});

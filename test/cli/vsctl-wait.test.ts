// SPDX-License-Identifier: Apache-2.0
/** What vsctl does over time: waiting for the switch, for conditions, and losing races. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Invocation } from "../../src/cli/invocation.js";
import { vsctlMain } from "../../src/cli/vsctl/main.js";
import { installed, type RunResult, sleep } from "../harness/processes.js";
import { ALARM_STATUS, capture } from "./capture.js";
import { StockDatabase } from "./test-database.js";

describe.skipIf(!installed("ovsdb-server"))("vsctl and time", () => {
  let database: StockDatabase;
  const vsctl = (...args: string[]): Promise<RunResult> =>
    capture(vsctlMain as (i: Invocation) => Promise<number>, "pollux vsctl", args, {
      env: database.env,
    });

  beforeAll(async () => {
    database = await StockDatabase.start();
    await vsctl("--no-wait", "init");
  });
  afterAll(() => database?.stop());

  it("asks the switch to apply a change and returns when it has", async () => {
    const adding = vsctl("add-br", "br0");
    let done = false;
    void adding.then(() => {
      done = true;
    });
    await database.vsctl(["--no-wait", "wait-until", "Open_vSwitch", ".", "next_cfg=1"]);
    await sleep(100);
    expect(done).toBe(false);
    await database.vsctl(["--no-wait", "set", "Open_vSwitch", ".", "cur_cfg=1"]);
    const result = await adding;
    expect(result.status).toBe(0);
    // Nobody gave the interface a port number.
    expect(result.stderr).toMatch(
      /Error detected while setting up 'br0'\. {2}See ovs-vswitchd log/,
    );
    expect(result.stderr).toContain(`The default log directory is "${database.dir}".`);
  });

  it("says why an interface could not be set up", async () => {
    const adding = vsctl("add-port", "br0", "bad0");
    const set = ["--no-wait", "wait-until", "Interface", "bad0", "--", "set", "Interface", "bad0"];
    await database.vsctl([...set, "ofport=-1", 'error="could not open"']);
    await database.vsctl(["--no-wait", "set", "Open_vSwitch", ".", "cur_cfg=2"]);
    expect((await adding).stderr).toContain("setting up 'bad0': could not open.  See");
  });

  it("does not count up for commands that change nothing", async () => {
    expect((await vsctl("list-br")).status).toBe(0);
    expect((await vsctl("get", "Open_vSwitch", ".", "next_cfg")).stdout).toBe("2\n");
  });

  it("waits for a condition", async () => {
    const waiting = vsctl("wait-until", "Bridge", "later", "fail_mode=secure", "--", "list-br");
    await sleep(50);
    await database.vsctl(["--no-wait", "add-br", "later"]);
    await sleep(50);
    await database.vsctl(["--no-wait", "set-fail-mode", "later", "secure"]);
    expect(await waiting).toEqual({ status: 0, stdout: "br0\nlater\n", stderr: "" });
  });

  it("ends by SIGALRM when the timeout expires", async () => {
    const result = await vsctl("-t", "1", "wait-until", "Bridge", "never");
    expect(result.status).toBe(ALARM_STATUS);
  });

  it("takes the timeout from the environment, too", async () => {
    const env = { ...database.env, OVS_CTL_TIMEOUT: "1" };
    const args = ["wait-until", "Bridge", "never"];
    expect((await capture(vsctlMain, "pollux vsctl", args, { env })).status).toBe(ALARM_STATUS);
  });

  it("runs again when others change what it looked at", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `race${i}`);
    const runs = names.map((name) => vsctl("--no-wait", "add-port", "later", name));
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(names.map(() => 0));
    const { stdout } = await vsctl("list-ports", "later");
    expect(stdout.trim().split("\n")).toEqual([...names].sort());
  });

  it("says which database it cannot reach, and why", async () => {
    const result = await vsctl("--db=unix:/nonexistent/db.sock", "list-br");
    expect(result.status).toBe(1);
    const theirs = await database.vsctl(["--db=unix:/nonexistent/db.sock", "list-br"]);
    expect(result.stderr).toBe(theirs.stderr.replace("ovs-vsctl", "pollux vsctl"));
  });

  it("listens for the database with a passive method", async () => {
    const socket = `${database.dir}/passive.sock`;
    const listing = vsctl(`--db=punix:${socket}`, "--no-wait", "list-br");
    await sleep(100);
    const args = ["-t", `${database.dir}/ovsdb.ctl`, "ovsdb-server/add-remote", `unix:${socket}`];
    const { run } = await import("../harness/processes.js");
    expect((await run("ovs-appctl", args)).stderr).toBe("");
    expect((await listing).stdout).toBe("br0\nlater\n");
  });
});

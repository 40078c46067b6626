// SPDX-License-Identifier: Apache-2.0
/** The program itself, as it was built: dispatch, help, exit codes, signals. */
import { spawn } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installed, makeTempDir, type RunResult, removeDir, run } from "../harness/processes.js";
import { POLLUX } from "../harness/switch.js";
import { StockDatabase } from "./test-database.js";

const ready = existsSync(POLLUX) && installed("ovsdb-server");

describe.skipIf(!ready)("pollux", () => {
  let database: StockDatabase;
  const pollux = (...args: string[]): Promise<RunResult> =>
    run(process.execPath, [POLLUX, ...args], { env: database.env });

  beforeAll(async () => {
    database = await StockDatabase.start();
    expect((await pollux("vsctl", "--no-wait", "add-br", "br0")).status).toBe(0);
  });
  afterAll(() => database?.stop());

  it("explains itself", async () => {
    const help = await pollux("--help");
    expect(help.status).toBe(0);
    for (const word of ["switchd", "vsctl", "ofctl", "appctl", "Examples", "OVS_RUNDIR"]) {
      expect(help.stdout).toContain(word);
    }
    expect((await pollux("help")).stdout).toBe(help.stdout);
    expect((await pollux()).status).toBe(1);
  });

  it.each(["vsctl", "ofctl", "appctl"])("explains %s", async (name) => {
    const help = await pollux(name, "--help");
    expect(help.status).toBe(0);
    expect(help.stdout).toContain(`usage: pollux ${name} `);
    expect(help.stdout).toContain("Examples:");
    expect(help.stdout).toContain("OVS_RUNDIR");
    expect((await pollux("help", name)).stdout).toBe(help.stdout);
    expect(help.stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  it("says what was probably meant", async () => {
    const { status, stderr } = await pollux("vsct", "show");
    expect(status).toBe(1);
    expect(stderr).toContain("Did you mean vsctl?");
  });

  it("passes exit codes on", async () => {
    expect((await pollux("vsctl", "br-exists", "br0")).status).toBe(0);
    expect((await pollux("vsctl", "br-exists", "br1")).status).toBe(2);
    expect((await pollux("appctl", "version")).status).toBe(1);
  });

  it("prefixes messages with its own name, or the stock tool's when linked so", async () => {
    expect((await pollux("vsctl", "foo")).stderr).toMatch(/^pollux vsctl: unknown command 'foo'/);
    const dir = makeTempDir();
    const link = join(dir, "ovs-vsctl");
    symlinkSync(POLLUX, link);
    const { stderr } = await run(process.execPath, [link, "foo"], { env: database.env });
    removeDir(dir);
    expect(stderr).toMatch(/^ovs-vsctl: unknown command 'foo'/);
  });

  it("ends by SIGALRM when a timeout expires", async () => {
    const args = [POLLUX, "vsctl", "-t", "1", "wait-until", "Bridge", "never"];
    const child = spawn(process.execPath, args, { env: database.env, stdio: "ignore" });
    const signal = await new Promise((resolve) => child.on("exit", (_code, name) => resolve(name)));
    expect(signal).toBe("SIGALRM");
  });

  it("does not mind a reader that leaves early", async () => {
    const command = `"$0" "$1" vsctl list Bridge | head -1`;
    const args = ["-c", command, process.execPath, POLLUX];
    const { stdout, stderr } = await run("sh", args, { env: database.env });
    expect(stdout).toMatch(/^_uuid/);
    expect(stderr).toBe("");
  });
});

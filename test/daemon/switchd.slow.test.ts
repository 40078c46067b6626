// SPDX-License-Identifier: Apache-2.0
/** The daemon as a process among others: starting, ending, and sharing a directory. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTempDir, type RunResult, removeDir, run, until } from "../harness/processes.js";
import { POLLUX, switchEnv } from "../harness/switch.js";

const STOP_MS = 30_000;

describe("the daemon", () => {
  let dir: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    dir = makeTempDir();
    env = switchEnv(dir);
  });
  afterEach(async () => {
    await appctl("exit");
    await until("the daemon to end", () => !isRunning(), STOP_MS);
    removeDir(dir);
  });

  const switchd = (...args: string[]): Promise<RunResult> =>
    run(process.execPath, [POLLUX, "switchd", ...args], { env, timeoutMs: 60_000 });
  const appctl = (...args: string[]): Promise<RunResult> => run("ovs-appctl", args, { env });
  const vsctl = (...args: string[]): Promise<RunResult> =>
    run("ovs-vsctl", ["--timeout=20", ...args], { env });
  const pidText = (): string => readFileSync(join(dir, "ovs-vswitchd.pid"), "utf8").trim();
  function isRunning(): boolean {
    try {
      return isAlive(Number(pidText()));
    } catch {
      // A daemon that ends takes its pid file away.
      return false;
    }
  }
  function isAlive(pid: number): boolean {
    try {
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  }
  const files = (): string[] => readdirSync(dir).filter((name) => !name.startsWith("."));
  const daemonArgs = ["--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off"];

  it("is ready when --detach returns, and leaves nothing behind but its files", async () => {
    expect((await switchd(...daemonArgs)).status).toBe(0);
    expect(readFileSync(`/proc/${pidText()}/comm`, "utf8")).toBe("ovs-vswitchd\n");
    expect(existsSync(join(dir, `ovs-vswitchd.${pidText()}.ctl`))).toBe(true);
    expect((await appctl("version")).stdout).toBe("ovs-vswitchd (Open vSwitch) 3.1.0\n");
    expect((await vsctl("add-br", "br-none", "--", "del-br", "br-none")).status).toBe(0);
    process.kill(Number(pidText()), "SIGTERM");
    await until("the daemon to end", () => !isRunning(), STOP_MS);
    expect(files()).toEqual(["conf.db", "ovs-vswitchd.log"]);
  });

  it("ends by the exit command", async () => {
    await switchd(...daemonArgs);
    expect((await appctl("exit", "--cleanup")).status).toBe(0);
    await until("the daemon to end", () => !isRunning(), STOP_MS);
    expect(files()).toEqual(["conf.db", "ovs-vswitchd.log"]);
  });

  it("says who has the directory, and stops", async () => {
    await switchd(...daemonArgs);
    const pid = pidText();
    for (const args of [["--pidfile"], ["--pidfile", "--detach", "--monitor"]]) {
      const second = await switchd(...args);
      expect(second.status).toBe(1);
      expect(second.stderr).toContain(`${dir}/ovs-vswitchd.pid: already running as pid ${pid}, `);
      expect(second.stderr).toContain("OVS_RUNDIR");
    }
    const withoutPidfile = await switchd();
    expect(withoutPidfile.status).toBe(1);
    expect(withoutPidfile.stderr).toContain(`${dir}/db.sock: a database server is listening`);
    const other = join(dir, "other");
    mkdirSync(other);
    env = { ...env, OVS_RUNDIR: other };
    const sameDatabase = await switchd();
    env = switchEnv(dir);
    expect(sameDatabase.status).toBe(1);
    expect(sameDatabase.stderr).toContain(`already locked by pid ${pid}`);
    expect((await appctl("version")).status).toBe(0);
    expect(pidText()).toBe(pid);
  });

  it("starts again after it was killed, with the database as it was", async () => {
    await switchd(...daemonArgs);
    await vsctl("set", "Open_vSwitch", ".", "external_ids:test=kept");
    const pid = pidText();
    process.kill(Number(pid), "SIGKILL");
    await until("the daemon to be gone", () => !isAlive(Number(pid)), STOP_MS);
    expect((await switchd(...daemonArgs)).status).toBe(0);
    expect(pidText()).not.toBe(pid);
    const kept = await vsctl("get", "Open_vSwitch", ".", "external_ids:test");
    expect(kept.stdout).toBe("kept\n");
    expect(files().filter((name) => name.endsWith(".ctl"))).toHaveLength(1);
  });

  it("is started again by its monitor when it crashes, but not when it is killed", async () => {
    expect((await switchd(...daemonArgs, "--monitor")).status).toBe(0);
    const pid = pidText();
    process.kill(Number(pid), "SIGSEGV");
    await until("another worker", () => isRunning() && pidText() !== pid, STOP_MS);
    await until("an answer", async () => (await appctl("version")).status === 0, STOP_MS);
    const next = Number(pidText());
    const parent = Number(readFileSync(`/proc/${next}/stat`, "utf8").split(" ")[3]);
    process.kill(next, "SIGKILL");
    await until("the monitor to end", () => !isAlive(parent), STOP_MS);
    expect(isRunning()).toBe(false);
  });

  it("takes the pid file from another with --overwrite-pidfile only", async () => {
    writeFileSync(join(dir, "ovs-vswitchd.pid"), "1\n");
    expect((await switchd(...daemonArgs)).status).toBe(0);
    expect(pidText()).not.toBe("1");
  });

  it.each([
    [["--foo"], "ovs-vswitchd: unrecognized option '--foo'\n"],
    [["-vfoo"], 'ovs-vswitchd: processing "foo": no destination, level, or module "foo"\n'],
    [["--dpdk"], "ovs-vswitchd: Using --dpdk to configure DPDK is not supported.\n"],
    [
      ["--pidfile=/nonexistent/x.pid"],
      "ovs-vswitchd: /nonexistent/x.pid.tmp: create failed: No such file or directory\n",
    ],
  ])("refuses %j", async (args, message) => {
    for (const more of [[], ["--detach"]]) {
      const result = await switchd(...args, ...more);
      expect(result).toMatchObject({ status: 1, stderr: message });
    }
  });

  it("does nothing for --help and --version", async () => {
    expect((await switchd("--version")).stdout).toMatch(/^ovs-vswitchd \(Open vSwitch\) 3\.1\.0\n/);
    expect((await switchd("-h")).stdout).toContain("usage: pollux switchd [OPTIONS] [DATABASE]");
    expect(files()).toEqual([]);
  });
});

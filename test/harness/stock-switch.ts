// SPDX-License-Identifier: Apache-2.0
/** The stock switch in directories of its own: the second opinion. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installed, makeTempDir, type RunResult, removeDir, run, until } from "./processes.js";
import { switchEnv } from "./switch.js";

const DUMMY_DAEMON = "/usr/sbin/ovs-vswitchd";
const DPDK_DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

export interface StockOptions {
  /** `dummy`: no devices, no privileges. `dpdk`: the DPDK build with real PMDs. */
  readonly mode: "dummy" | "dpdk";
  readonly otherConfig?: Readonly<Record<string, string>>;
  /** More arguments for the daemon. */
  readonly args?: readonly string[];
  /** Path of the daemon, instead of Debian's. */
  readonly daemon?: string;
}

/** Whether the stock switch is installed in that form. */
export function stockInstalled(mode: StockOptions["mode"]): boolean {
  return mode === "dpdk" ? existsSync(DPDK_DAEMON) : installed("ovs-vswitchd");
}

export class StockSwitch {
  private constructor(
    readonly dir: string,
    private readonly database: ChildProcess,
    private readonly daemon: ChildProcess,
  ) {}

  static async start(options: StockOptions): Promise<StockSwitch> {
    const dir = makeTempDir();
    const env = switchEnv(dir);
    const socket = join(dir, "db.sock");
    await run("ovsdb-tool", ["create", join(dir, "conf.db"), SCHEMA], { env });
    const database = spawn(
      "ovsdb-server",
      [join(dir, "conf.db"), `--remote=punix:${socket}`, "--pidfile", "-vconsole:off"],
      { env, stdio: "ignore" },
    );
    await until("ovsdb-server", () => existsSync(socket));
    await run("ovs-vsctl", ["--no-wait", "init"], { env });
    for (const [key, value] of Object.entries(options.otherConfig ?? {})) {
      const setting = `other_config:${key}="${value}"`;
      await run("ovs-vsctl", ["--no-wait", "set", "Open_vSwitch", ".", setting], { env });
    }
    const dummy = ["--enable-dummy=override", "--disable-system", "--disable-system-route"];
    // By this name, whatever the build is called: pid file and control socket are named after it.
    const program = join(dir, "ovs-vswitchd");
    symlinkSync(options.daemon ?? (options.mode === "dpdk" ? DPDK_DAEMON : DUMMY_DAEMON), program);
    const daemon = spawn(
      program,
      [
        `unix:${socket}`,
        ...["--pidfile", "-vconsole:off", "--log-file", "--no-chdir"],
        ...(options.mode === "dummy" ? dummy : []),
        ...(options.args ?? []),
      ],
      { env, stdio: "ignore" },
    );
    const stock = new StockSwitch(dir, database, daemon);
    try {
      await until("ovs-vswitchd", async () => (await stock.appctl("version")).status === 0, 60_000);
    } catch (error) {
      await stock.stop();
      throw error;
    }
    return stock;
  }

  get env(): NodeJS.ProcessEnv {
    return switchEnv(this.dir);
  }
  vsctl(...args: string[]): Promise<RunResult> {
    return run("ovs-vsctl", ["--timeout=30", ...args], { env: this.env });
  }
  ofctl(...args: string[]): Promise<RunResult> {
    return run("ovs-ofctl", args, { env: this.env });
  }
  appctl(...args: string[]): Promise<RunResult> {
    return run("ovs-appctl", ["--timeout=30", ...args], { env: this.env });
  }
  async must(command: string, ...args: string[]): Promise<string> {
    const result = await run(command, args, { env: this.env });
    if (result.status !== 0) {
      throw new Error(`${command} ${args.join(" ")}: exit ${result.status}: ${result.stderr}`);
    }
    return result.stdout;
  }

  async stop(): Promise<void> {
    for (const child of [this.daemon, this.database]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(timer);
    }
    removeDir(this.dir);
  }
}

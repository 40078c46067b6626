// SPDX-License-Identifier: Apache-2.0
/**
 * Pollux as a process in directories of its own, driven by the stock tools or by its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeTempDir, ROOT, type RunResult, removeDir, run, until } from "./processes.js";

export const POLLUX = join(ROOT, "dist/src/cli/pollux.js");

export interface SwitchOptions {
  /** Directory to use (kept by `stop`); default: a new one, removed by `stop`. */
  readonly dir?: string;
  /** `unix:…` of a database that somebody else serves; default: the embedded one. */
  readonly database?: string;
  /** More arguments for `pollux switchd`. */
  readonly args?: readonly string[];
  /** Keys of Open_vSwitch.other_config, set before anything else. */
  readonly otherConfig?: Readonly<Record<string, string>>;
}

export class Switch {
  private output = "";
  private constructor(
    readonly dir: string,
    private readonly ownDir: boolean,
    readonly process: ChildProcess,
  ) {
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    process.stdout?.on("data", collect);
    process.stderr?.on("data", collect);
  }

  /** Starts the daemon in the foreground and waits until it answers. */
  static async start(options: SwitchOptions = {}): Promise<Switch> {
    const dir = options.dir ?? makeTempDir();
    mkdirSync(dir, { recursive: true });
    const args = ["switchd", "--pidfile", "--log-file", ...(options.args ?? [])];
    if (options.database) args.push(options.database);
    const child = spawn(process.execPath, [POLLUX, ...args], { env: switchEnv(dir) });
    const sw = new Switch(dir, options.dir === undefined, child);
    try {
      await until("the switch to answer", async () => {
        if (child.exitCode !== null) throw new Error(`the switch ended:\n${sw.output}`);
        if (!existsSync(join(dir, "ovs-vswitchd.pid"))) return false;
        return (await sw.appctl("version")).status === 0;
      });
      if (options.otherConfig) await sw.setOtherConfig(options.otherConfig);
    } catch (error) {
      await sw.kill();
      throw new Error(`${error instanceof Error ? error.message : error}\n${sw.output}`);
    }
    return sw;
  }

  /** What the daemon printed. */
  get log(): string {
    return this.output;
  }

  get env(): NodeJS.ProcessEnv {
    return switchEnv(this.dir);
  }

  async setOtherConfig(config: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(config).map(([key, value]) => `other_config:${key}="${value}"`);
    await this.must("ovs-vsctl", "set", "Open_vSwitch", ".", ...pairs);
  }

  /** Stock tools on this switch. */
  vsctl(...args: string[]): Promise<RunResult> {
    return run("ovs-vsctl", ["--timeout=30", ...args], { env: this.env });
  }
  ofctl(...args: string[]): Promise<RunResult> {
    return run("ovs-ofctl", args, { env: this.env });
  }
  appctl(...args: string[]): Promise<RunResult> {
    return run("ovs-appctl", ["--timeout=30", ...args], { env: this.env });
  }
  /** `pollux …` on this switch. */
  pollux(...args: string[]): Promise<RunResult> {
    return run(process.execPath, [POLLUX, ...args], { env: this.env });
  }

  /** Runs a stock tool (or anything) that must succeed; returns its standard output. */
  async must(command: string, ...args: string[]): Promise<string> {
    const result = await run(command, args, { env: this.env });
    if (result.status !== 0) {
      throw new Error(`${command} ${args.join(" ")}: exit ${result.status}: ${result.stderr}`);
    }
    return result.stdout;
  }

  /** Value of a database column, unquoted. */
  async get(table: string, record: string, column: string): Promise<string> {
    const text = await this.must("ovs-vsctl", "get", table, record, column);
    return text.trim().replace(/^"(.*)"$/, "$1");
  }

  /** Orderly exit. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    if (this.ownDir) removeDir(this.dir);
  }

  /** `kill -9`; the directory stays. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(timer);
  }
}

/** The environment that points every tool at `dir`. */
export function switchEnv(dir: string): NodeJS.ProcessEnv {
  return { ...process.env, OVS_RUNDIR: dir, OVS_LOGDIR: dir, OVS_DBDIR: dir, OVS_SYSCONFDIR: dir };
}

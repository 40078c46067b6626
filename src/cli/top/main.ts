// SPDX-License-Identifier: Apache-2.0
import { type Json, printPrettyJson } from "../../lib/json.js";
import { CliError, type Invocation } from "../invocation.js";
import { Management } from "../management.js";
import { OptionError, type OptionSpec, parseOptions } from "../options.js";
import type { Terminal } from "../terminal.js";
import { topUsage } from "./usage.js";
import { LIVE, pressed, screenLines, type View } from "./view.js";

const TOP = "dpif-netdev/pmd-top";
const OPTIONS: readonly OptionSpec[] = [
  { name: "once", arg: "none" },
  { name: "json", arg: "none" },
  { name: "ago", arg: "required" },
  { name: "interval", arg: "required" },
  { name: "target", arg: "required", short: "t" },
  { name: "help", arg: "none", short: "h" },
];
const INTERVAL_MAX_S = 3600;

interface Settings {
  readonly once: boolean;
  readonly json: boolean;
  readonly agoS: number | undefined;
  readonly intervalS: number;
  readonly target: string | undefined;
}

function parseArguments(invocation: Invocation): Settings | string {
  const { options, operands } = parseOptions(invocation.args, OPTIONS, true);
  if (operands.length > 0) throw new CliError(`${operands[0]}: no such argument (use --help)`);
  const has = (name: string) => options.some((option) => option.name === name);
  const value = (name: string) =>
    options.findLast((option) => option.name === name)?.value ?? undefined;
  const seconds = (name: string, least: number, most: number) => {
    const text = value(name);
    if (text === undefined) return undefined;
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new CliError(`--${name}=${text}: not a number of seconds`);
  };
  if (has("help")) return topUsage(invocation.program);
  return {
    ...{ once: has("once"), json: has("json"), target: value("target") },
    agoS: seconds("ago", 0, 1e9),
    intervalS: seconds("interval", 0.1, INTERVAL_MAX_S) ?? 1,
  };
}

function argumentsAt(atMs: number | undefined): string[] {
  return atMs === undefined ? [] : [`at=${Math.max(0, Math.round(atMs))}`];
}

/** The live view; resolves when it is quit. */
class LiveTop {
  private view: View;
  private timer: NodeJS.Timeout | undefined;
  private end: () => void = () => {};
  private fail: (error: unknown) => void = () => {};
  private isBusy = false;
  private isStale = false;

  constructor(
    private readonly management: Management,
    private readonly terminal: Terminal,
    settings: Settings,
  ) {
    const { agoS } = settings;
    this.view = agoS === undefined ? LIVE : { ...LIVE, atMs: Date.now() - agoS * 1000 };
    this.timer = setInterval(() => {
      if (this.view.atMs === undefined) this.refresh();
    }, settings.intervalS * 1000);
  }

  async run(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.terminal.onKey((key) => this.key(key));
    this.terminal.onResize(() => this.refresh());
    this.refresh();
    try {
      await ended;
    } finally {
      clearInterval(this.timer);
      this.terminal.close();
    }
  }

  private key(key: string): void {
    this.view = pressed(this.view, key, Date.now());
    if (this.view.quit) this.end();
    else this.refresh();
  }

  /** One request at a time; what changes meanwhile is asked for afterwards. */
  private refresh(): void {
    this.isStale = true;
    if (this.isBusy) return;
    this.isBusy = true;
    void this.drawAll()
      .catch((error) => this.fail(error))
      .finally(() => {
        this.isBusy = false;
      });
  }

  private async drawAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      const { view, terminal } = this;
      const frame = await this.management.text(TOP, ...argumentsAt(view.atMs));
      if (this.view.quit) return;
      terminal.draw(screenLines(view, frame, terminal, Date.now()));
    }
  }
}

async function printOnce(
  invocation: Invocation,
  management: Management,
  { json, agoS }: Settings,
): Promise<void> {
  const args = argumentsAt(agoS === undefined ? undefined : Date.now() - agoS * 1000);
  const text = json
    ? `${printPrettyJson((await management.value(TOP, ...args)) as Json)}\n`
    : await management.text(TOP, ...args);
  invocation.stdout(text);
}

/** `pollux top`. Returns the exit code; throws CliError. */
export async function topMain(invocation: Invocation): Promise<number> {
  let settings: Settings | string;
  try {
    settings = parseArguments(invocation);
  } catch (error) {
    throw error instanceof OptionError ? new CliError(error.message) : error;
  }
  if (typeof settings === "string") {
    invocation.stdout(settings);
    return 0;
  }
  const management = await Management.open(invocation, settings.target);
  try {
    const once = settings.once || settings.json || !invocation.openTerminal;
    if (once) await printOnce(invocation, management, settings);
    else await new LiveTop(management, invocation.openTerminal!(), settings).run();
    return 0;
  } finally {
    management.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
import { defaultDatabase } from "../directories.js";
import { CliError, type Invocation, withTimeout } from "../invocation.js";
import { applyLogOption, initializeLog, LOG_OPTIONS } from "../log-options.js";
import { OptionError, type OptionSpec, type ParsedOption, parseOptions } from "../options.js";
import { applyTableOption, TABLE_OPTIONS, type TableStyle } from "../table/table.js";
import { TLS_OPTIONS, TlsOptions } from "../tls-options.js";
import { versionText } from "../version.js";
import type { CommandSyntax } from "./command.js";
import { COMMANDS } from "./commands.js";
import { printCommandsForShell, printOptionsForShell } from "./completion.js";
import { SCHEMA_VERSION } from "./database-class.js";
import { parseCommands } from "./grammar.js";
import { runCommands } from "./run.js";
import { leadingInteger } from "./scalars.js";
import { vsctlUsage } from "./usage.js";

const TOOL = "ovs-vsctl";

const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: "db", arg: "required" },
  { name: "no-syslog", arg: "none" },
  { name: "no-wait", arg: "none" },
  { name: "dry-run", arg: "none" },
  { name: "oneline", arg: "none" },
  { name: "timeout", arg: "required", short: "t" },
  { name: "retry", arg: "none" },
  { name: "help", arg: "none", short: "h" },
  { name: "commands", arg: "none" },
  { name: "options", arg: "none" },
  { name: "leader-only", arg: "none" },
  { name: "no-leader-only", arg: "none" },
  { name: "shuffle-remotes", arg: "none" },
  { name: "no-shuffle-remotes", arg: "none" },
  { name: "version", arg: "none", short: "V" },
  ...LOG_OPTIONS,
  ...TABLE_OPTIONS,
  ...TLS_OPTIONS,
];

/** Options of commands, which may also stand among the global ones for the first command. */
function commandOptions(commands: Iterable<CommandSyntax>): OptionSpec[] {
  const specs = new Map<string, OptionSpec>();
  for (const { options } of commands) {
    for (const option of options) {
      const name = option.replace(/^--/, "").replace(/=$/, "");
      specs.set(name, { name, arg: option.endsWith("=") ? "required" : "none" });
    }
  }
  return [...specs.values()];
}

class Settings {
  database: string | undefined;
  waitForSwitch = true;
  dryRun = false;
  oneline = false;
  retry = false;
  timeoutS: number;
  readonly style: TableStyle = {
    format: "list",
    cells: "string",
    headings: true,
    pretty: false,
    maxColumnWidth: 0,
  };
  readonly tls = new TlsOptions();
  /** Options of the first command. */
  readonly leading = new Map<string, string | null>();

  constructor(private readonly invocation: Invocation) {
    this.timeoutS = leadingInteger(invocation.env.OVS_CTL_TIMEOUT ?? "0");
  }

  apply(option: ParsedOption): void {
    if (applyLogOption(option, TOOL, this.invocation)) return;
    if (applyTableOption(this.style, option) || this.tls.apply(option)) return;
    if (!this.#applyGlobal(option)) this.#applyLeading(option);
  }

  #applyGlobal({ name, value }: ParsedOption): boolean {
    if (!GLOBAL_OPTIONS.some((spec) => spec.name === name)) return false;
    if (name === "db") this.database = value!;
    else if (name === "no-wait") this.waitForSwitch = false;
    else if (name === "dry-run") this.dryRun = true;
    else if (name === "oneline") this.oneline = true;
    else if (name === "retry") this.retry = true;
    else if (name === "timeout") this.timeoutS = parseTimeout(value!);
    // The others concern syslog and clusters of database servers, of which there are none here.
    return true;
  }

  #applyLeading({ name, value }: ParsedOption): void {
    this.leading.set(`--${name}`, value);
  }
}

function parseTimeout(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new CliError(`value ${text} on -t or --timeout is invalid`);
  return Number(text);
}

/** Text of an option that ends the program by printing something. */
function informationText(name: string, { program, env }: Invocation): string | undefined {
  switch (name) {
    case "help":
      return vsctlUsage(program, defaultDatabase(env));
    case "version":
      return `${versionText(TOOL)}DB Schema ${SCHEMA_VERSION}\n`;
    case "commands":
      return printCommandsForShell(COMMANDS.values());
    case "options":
      return printOptionsForShell(GLOBAL_OPTIONS);
    default:
      return undefined;
  }
}

/**
 * `pollux vsctl`, grammar and output of ovs-vsctl(8). Returns the exit code; throws CliError or
 * TimeoutError.
 */
export async function vsctlMain(invocation: Invocation): Promise<number> {
  initializeLog(TOOL);
  const settings = new Settings(invocation);
  const specs = [...GLOBAL_OPTIONS, ...commandOptions(COMMANDS.values())];
  let operands: readonly string[];
  try {
    const parsed = parseOptions(invocation.args, specs, false);
    operands = parsed.operands;
    for (const option of parsed.options) {
      const text = informationText(option.name, invocation);
      if (text !== undefined) {
        invocation.stdout(text);
        return 0;
      }
      settings.apply(option);
    }
  } catch (error) {
    if (error instanceof OptionError) throw new CliError(error.message);
    throw error;
  }
  const commands = parseCommands(operands, settings.leading, COMMANDS);
  const { style, oneline, dryRun, waitForSwitch, retry } = settings;
  const options = {
    database: settings.database ?? defaultDatabase(invocation.env),
    tls: settings.tls.files,
    ...{ retry, style, oneline, dryRun, waitForSwitch },
  };
  await withTimeout(settings.timeoutS, runCommands(invocation, commands, options));
  return 0;
}

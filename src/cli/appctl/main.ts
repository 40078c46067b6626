// SPDX-License-Identifier: Apache-2.0
import { type Json, printJson, printPrettyJson } from "../../lib/json.js";
import { JsonRpcError } from "../../net/jsonrpc.js";
import { CliError, type Invocation, withTimeout } from "../invocation.js";
import { applyLogOption, initializeLog, LOG_OPTIONS } from "../log-options.js";
import { connectControl, controlSocket, DEFAULT_TARGET } from "../management.js";
import { OptionError, type OptionSpec, parseOptions } from "../options.js";
import { versionText } from "../version.js";
import { appctlUsage } from "./usage.js";

const TOOL = "ovs-appctl";
/** The daemon understood the command and refused it. */
const EXIT_REFUSED = 2;

const OPTIONS: readonly OptionSpec[] = [
  { name: "target", arg: "required", short: "t" },
  { name: "execute", arg: "none", short: "e" },
  { name: "help", arg: "none", short: "h" },
  { name: "option", arg: "none", short: "o" },
  { name: "version", arg: "none", short: "V" },
  { name: "timeout", arg: "required", short: "T" },
  ...LOG_OPTIONS,
];
/** Of Open vSwitch 3.4: not in the list that the 3.1 tool prints. */
const NEWER_OPTIONS: readonly OptionSpec[] = [
  { name: "format", arg: "required", short: "f" },
  { name: "pretty", arg: "none" },
];

const FORMATS = ["text", "json"] as const;

interface Settings {
  readonly target: string;
  /** 0: wait for ever. */
  readonly timeoutS: number;
  readonly format: (typeof FORMATS)[number];
  /** JSON over several lines. */
  readonly pretty: boolean;
  readonly command: string;
  readonly args: readonly string[];
}

function parseTimeout(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : 0;
  if (seconds === 0) throw new CliError(`value ${text} on -T or --timeout is invalid`);
  return seconds;
}

function parseFormat(text: string): Settings["format"] {
  const format = FORMATS.find((name) => name === text);
  if (!format) throw new CliError(`value ${text} on -f or --format is invalid`);
  return format;
}

/** `--option`: what shell completion reads. */
function optionList(): string {
  const shapes = { none: ["", " "], optional: ["=[ARG]", " [ARG]"], required: ["=ARG", " ARG"] };
  return OPTIONS.map(({ name, arg, short }) => {
    const [long, brief] = shapes[arg];
    return `--${name}${long}\n${short === undefined ? "" : `-${short}${brief}\n`}`;
  }).join("");
}

/** The parsed command line, or the text to print instead. */
function parseArguments(invocation: Invocation): Settings | string {
  const known = [...OPTIONS, ...NEWER_OPTIONS];
  const { options, operands } = parseOptions(invocation.args, known, false);
  let format: Settings["format"] = "text";
  let pretty = false;
  let target = DEFAULT_TARGET;
  let timeoutS = 0;
  for (const option of options) {
    if (option.name === "help") return appctlUsage(invocation.program);
    if (option.name === "version") return versionText(TOOL);
    if (option.name === "option") return optionList();
    if (option.name === "target") target = option.value!;
    else if (option.name === "timeout") timeoutS = parseTimeout(option.value!);
    else if (option.name === "format") format = parseFormat(option.value!);
    else if (option.name === "pretty") pretty = true;
    // `--execute` is from when there were other modes; it has no effect.
    else applyLogOption(option, TOOL, invocation);
  }
  const [command, ...args] = operands;
  if (command === undefined) {
    throw new CliError("at least one non-option argument is required (use --help for help)");
  }
  if (pretty && format !== "json") {
    throw new CliError("--pretty is supported with --format json only");
  }
  return { target, timeoutS, format, pretty, command, args };
}

/** A value for those who asked for JSON, else the text. */
function replyText(reply: Json, { format, pretty }: Settings): string {
  if (format === "json") return `${pretty ? printPrettyJson(reply) : printJson(reply)}\n`;
  return typeof reply === "string" ? reply : "";
}

async function call(invocation: Invocation, settings: Settings): Promise<number> {
  const { target, command, args } = settings;
  const session = await connectControl(controlSocket(target, invocation));
  try {
    if (settings.format === "json") await session.request("set-options", ["--format", "json"]);
    invocation.stdout(replyText(await session.request(command, [...args]), settings));
    return 0;
  } catch (error) {
    if (!(error instanceof JsonRpcError)) {
      throw new CliError(`${target}: transaction error (End of file)`);
    }
    invocation.stderr(error.message);
    invocation.stderr(`${invocation.program}: ${target}: server returned an error\n`);
    return EXIT_REFUSED;
  } finally {
    session.close();
  }
}

/**
 * `pollux appctl`, grammar and output of ovs-appctl(8). Returns the exit code: 2 when the daemon
 * refused the command. Throws CliError or TimeoutError.
 */
export async function appctlMain(invocation: Invocation): Promise<number> {
  initializeLog(TOOL);
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
  return withTimeout(settings.timeoutS, call(invocation, settings));
}

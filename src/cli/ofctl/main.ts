// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../../lib/errors.js";
import { OfpError } from "../../openflow/errors.js";
import { fieldByName } from "../../openflow/fields.js";
import { V10 } from "../../openflow/messages/codec.js";
import { PROTOCOLS } from "../../openflow/protocols.js";
import { CliError, type Invocation, withTimeout } from "../invocation.js";
import { applyLogOption, initializeLog, LOG_OPTIONS } from "../log-options.js";
import { OptionError, type OptionSpec, type ParsedOption, parseOptions } from "../options.js";
import { TLS_OPTIONS, TlsOptions } from "../tls-options.js";
import { versionText } from "../version.js";
import { COMMANDS } from "./commands.js";
import { OfctlContext, type OfctlOptions, type SortCriterion } from "./context.js";
import { ofctlUsage } from "./usage.js";
import {
  describeFormats,
  parseFlowFormats,
  parseVersions,
  protocolsOfVersion,
  versionName,
} from "./versions.js";

const TOOL = "ovs-ofctl";

const OPTIONS: readonly OptionSpec[] = [
  { name: "timeout", arg: "required", short: "t" },
  { name: "strict", arg: "none" },
  { name: "may-create", arg: "none" },
  { name: "read-only", arg: "none" },
  { name: "readd", arg: "none" },
  { name: "flow-format", arg: "required", short: "F" },
  { name: "packet-in-format", arg: "required", short: "P" },
  { name: "more", arg: "none", short: "m" },
  { name: "timestamp", arg: "none" },
  { name: "sort", arg: "optional" },
  { name: "rsort", arg: "optional" },
  { name: "names", arg: "none" },
  { name: "no-names", arg: "none" },
  { name: "stats", arg: "none" },
  { name: "no-stats", arg: "none" },
  { name: "color", arg: "optional" },
  { name: "protocols", arg: "required", short: "O" },
  { name: "help", arg: "none", short: "h" },
  { name: "option", arg: "none", short: "o" },
  { name: "version", arg: "none", short: "V" },
  ...LOG_OPTIONS,
  ...TLS_OPTIONS,
];

const PACKET_IN_FORMATS: Readonly<Record<string, number>> = {
  standard: 0,
  openflow10: 0,
  nxt_packet_in: 1,
  nxm: 1,
  nxt_packet_in2: 2,
};

type Draft = { -readonly [K in keyof OfctlOptions]: OfctlOptions[K] } & {
  sort: SortCriterion[];
};

class Settings {
  readonly #tls = new TlsOptions();
  readonly #draft: Draft = {
    versions: [V10],
    formats: PROTOCOLS.ANY,
    tls: undefined,
    strict: false,
    mayCreate: false,
    verbosity: 0,
    names: undefined,
    stats: true,
    sort: [],
    readd: false,
    timestamps: false,
    packetInFormat: -1,
  };
  timeoutS = 0;
  readOnly = false;

  constructor(private readonly invocation: Invocation) {}

  apply(option: ParsedOption): void {
    if (applyLogOption(option, TOOL, this.invocation) || this.#tls.apply(option)) return;
    if (!this.#applyFlag(option.name)) this.#applyValue(option.name, option.value);
  }

  #applyFlag(name: string): boolean {
    const draft = this.#draft;
    if (name === "strict") draft.strict = true;
    else if (name === "may-create") draft.mayCreate = true;
    else if (name === "read-only") this.readOnly = true;
    else if (name === "readd") draft.readd = true;
    else if (name === "more") draft.verbosity++;
    else if (name === "timestamp") draft.timestamps = true;
    else if (name === "names") draft.names = true;
    else if (name === "no-names") draft.names = false;
    else if (name === "stats") draft.stats = true;
    else if (name === "no-stats") draft.stats = false;
    else return false;
    return true;
  }

  #applyValue(name: string, value: string | null): void {
    const draft = this.#draft;
    if (name === "timeout") this.timeoutS = parseTimeout(value!);
    else if (name === "flow-format") draft.formats = parseFlowFormats(value!);
    else if (name === "protocols") draft.versions = parseVersions(value!);
    else if (name === "packet-in-format") draft.packetInFormat = parsePacketInFormat(value!);
    else if (name === "sort") this.#addCriterion(value, false);
    else if (name === "rsort") this.#addCriterion(value, true);
    // `--color` is accepted; output is never coloured.
  }

  #addCriterion(name: string | null, descending: boolean): void {
    if (name === null || name.toLowerCase() === "priority") {
      this.#draft.sort.push({ field: undefined, descending });
      return;
    }
    if (fieldByName(name) === null) throw new CliError(`${name}: unknown field name`);
    this.#draft.sort.push({ field: name, descending });
  }

  finish(): OfctlOptions {
    const draft = this.#draft;
    if (draft.sort.length > 0) draft.sort.push({ field: undefined, descending: true });
    const spoken = draft.versions.reduce((bits, v) => bits | protocolsOfVersion(v), 0);
    if ((spoken & draft.formats) === 0) {
      throw new CliError(
        `None of the enabled OpenFlow versions (${draft.versions.map(versionName).join(", ")}) ` +
          `supports any of the enabled flow formats (${describeFormats(draft.formats)}).  ` +
          "(Use -O to enable additional OpenFlow versions " +
          "or -F to enable additional flow formats.)",
      );
    }
    const versions = draft.versions.filter((v) => protocolsOfVersion(v) & draft.formats);
    return { ...draft, versions, tls: this.#tls.files };
  }
}

function parseTimeout(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : 0;
  if (seconds === 0) throw new CliError(`value ${text} on -t or --timeout is invalid`);
  return seconds;
}

function parsePacketInFormat(text: string): number {
  const format = PACKET_IN_FORMATS[text];
  if (format === undefined) throw new CliError(`unknown packet-in format \`${text}'`);
  return format;
}

async function runCommand(context: OfctlContext, words: readonly string[], readOnly: boolean) {
  const [name, ...args] = words;
  if (name === undefined) throw new CliError("missing command name; use --help for help");
  const command = COMMANDS.get(name);
  if (command === undefined) throw new CliError(`unknown command '${name}'; use --help for help`);
  const { minArgs, maxArgs } = command;
  if (args.length < minArgs) {
    throw new CliError(`'${name}' command requires at least ${minArgs} arguments`);
  }
  if (args.length > maxArgs) {
    throw new CliError(`'${name}' command takes at most ${maxArgs} arguments`);
  }
  if (readOnly && command.writes) {
    throw new CliError(`'${name}' command does not work in read only mode`);
  }
  try {
    return (await command.run(context, args)) ?? 0;
  } catch (error) {
    // Text that is wrong; or what the flow needs, the negotiated version cannot say.
    if (error instanceof OperatorError || error instanceof OfpError) {
      throw new CliError(error.message);
    }
    throw error;
  }
}

/**
 * `pollux ofctl`, grammar and output of ovs-ofctl(8). Returns the exit code; throws CliError or
 * TimeoutError.
 */
export async function ofctlMain(invocation: Invocation): Promise<number> {
  initializeLog(TOOL);
  const settings = new Settings(invocation);
  let operands: readonly string[];
  try {
    const parsed = parseOptions(invocation.args, OPTIONS, true);
    operands = parsed.operands;
    for (const option of parsed.options) {
      if (option.name === "help" || option.name === "version") {
        const isHelp = option.name === "help";
        invocation.stdout(isHelp ? ofctlUsage(invocation.program) : versionText(TOOL));
        return 0;
      }
      settings.apply(option);
    }
  } catch (error) {
    throw error instanceof OptionError ? new CliError(error.message) : error;
  }
  const context = new OfctlContext(invocation, settings.finish());
  return withTimeout(settings.timeoutS, runCommand(context, operands, settings.readOnly));
}

// SPDX-License-Identifier: Apache-2.0
import {
  openLogFile,
  setLogLevel,
  setLogProgram,
  setLogSpec,
  setSyslogTarget,
  setSystemLog,
} from "../lib/log.js";
import { logDirectory } from "./directories.js";
import { CliError, type Invocation } from "./invocation.js";
import type { OptionSpec, ParsedOption } from "./options.js";

/** The logging options that every tool takes; see e.g. ovs-vsctl(8) "Logging Options". */
export const LOG_OPTIONS: readonly OptionSpec[] = [
  { name: "verbose", arg: "optional", short: "v" },
  { name: "log-file", arg: "optional" },
  { name: "syslog-method", arg: "required" },
  { name: "syslog-target", arg: "required" },
];

/** Starts logging for a command-line tool: warnings and worse on standard error, nothing else. */
export function initializeLog(tool: string): void {
  setLogProgram(tool);
  setLogLevel("warn", undefined, "console");
  // The daemon logs what it does; a process per log message would cost more than the command.
  setSystemLog(false);
}

function setTarget(target: string): void {
  const colon = target.lastIndexOf(":");
  const port = Number(target.slice(colon + 1));
  if (colon <= 0 || !Number.isInteger(port)) throw new CliError(`${target}: bad syslog target`);
  setSyslogTarget(target.slice(0, colon), port);
}

/** Applies one option of LOG_OPTIONS; false when `option` is not one of them. */
export function applyLogOption(option: ParsedOption, tool: string, { env }: Invocation): boolean {
  switch (option.name) {
    case "verbose": {
      const error = option.value === null ? undefined : setLogSpec(option.value);
      if (option.value === null) setLogLevel("dbg", undefined, undefined);
      if (error !== undefined) throw new CliError(`processing "${option.value}": ${error}`);
      return true;
    }
    case "log-file":
      openLogFile(option.value ?? `${logDirectory(env)}/${tool}.log`);
      return true;
    case "syslog-method":
      setSystemLog(option.value !== "null");
      return true;
    case "syslog-target":
      setTarget(option.value!);
      return true;
    default:
      return false;
  }
}

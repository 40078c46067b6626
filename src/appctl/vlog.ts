// SPDX-License-Identifier: Apache-2.0
import {
  closeLogFile,
  type LogPattern,
  logLevels,
  logPatterns,
  type ModuleLog,
  reopenLogFile,
  setLogSpec,
  setRateLimiting,
} from "../lib/log.js";
import { DESTINATIONS, type Destination, LEVELS } from "../lib/log-levels.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { object, table, text, word } from "./schema.js";

const LEVEL = word(LEVELS);
const PATTERN = object({
  prefix: text('what precedes a message; "none": nothing'),
  format: text("the pattern, ovs-appctl(8)"),
});

/** The text of `vlog/list`. */
export function levelsText(modules: readonly ModuleLog[]): string {
  const column = (level: string): string => level.toUpperCase().padStart(4);
  const rows = modules.map(
    ({ module, console, syslog, file }) =>
      `${module.padEnd(16)}  ${column(console)}       ${column(syslog)}       ${column(file)}\n`,
  );
  const title =
    "                 console    syslog    file\n" +
    "                 -------    ------    ------\n";
  return title + rows.join("");
}

/** The text of `vlog/list-pattern`. */
export function patternsText(patterns: Readonly<Record<Destination, LogPattern>>): string {
  const rows = DESTINATIONS.map((name) => {
    const { prefix, format } = patterns[name];
    return `${name.toUpperCase().padEnd(8)} ${prefix.padEnd(33)} ${format}\n`;
  });
  const column = (prefix: string, format: string): string =>
    `         ${prefix.padEnd(33)} ${format}\n`;
  return column("prefix", "format") + column("------", "------") + rows.join("");
}

function orFail(error: string | undefined): string {
  if (error !== undefined) throw new CommandError(error);
  return "";
}

function set(specs: readonly string[]): string {
  // Without arguments everything goes to the most verbose level.
  for (const spec of specs.length > 0 ? specs : ["dbg"]) orFail(setLogSpec(spec));
  return "";
}

/** The commands of "LOGGING COMMANDS" in ovs-appctl(8). */
export const vlogCommands: readonly Command[] = [
  {
    name: "vlog/set",
    usage: "{spec | PATTERN:destination:pattern}",
    minArgs: 0,
    maxArgs: ANY_NUMBER,
    run: set,
  },
  structured({
    ...{ name: "vlog/list", usage: "", minArgs: 0, maxArgs: 0 },
    schema: table(object({ console: LEVEL, syslog: LEVEL, file: LEVEL }), "modules by name"),
    read: () => logLevels(),
    text: levelsText,
    json: (modules) =>
      Object.fromEntries(modules.map(({ module, ...levels }) => [module, levels] as const)),
  }),
  structured({
    ...{ name: "vlog/list-pattern", usage: "", minArgs: 0, maxArgs: 0 },
    schema: object({ syslog: PATTERN, console: PATTERN, file: PATTERN }),
    read: () => logPatterns(),
    text: patternsText,
    json: (patterns) => patterns,
  }),
  {
    name: "vlog/enable-rate-limit",
    usage: "[module]...",
    minArgs: 0,
    maxArgs: ANY_NUMBER,
    run: (modules) => orFail(setRateLimiting(modules, true)),
  },
  {
    name: "vlog/disable-rate-limit",
    usage: "[module]...",
    minArgs: 0,
    maxArgs: ANY_NUMBER,
    run: (modules) => orFail(setRateLimiting(modules, false)),
  },
  {
    name: "vlog/close",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => {
      closeLogFile();
      return "";
    },
  },
  {
    name: "vlog/reopen",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => orFail(reopenLogFile()),
  },
];

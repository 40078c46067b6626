// SPDX-License-Identifier: Apache-2.0
import {
  closeLogFile,
  listLogLevels,
  listLogPatterns,
  reopenLogFile,
  setLogSpec,
  setRateLimiting,
} from "../lib/log.js";
import { ANY_NUMBER, type Command, CommandError } from "./command.js";

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
  { name: "vlog/list", usage: "", minArgs: 0, maxArgs: 0, run: () => listLogLevels() },
  {
    name: "vlog/list-pattern",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => listLogPatterns(),
  },
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

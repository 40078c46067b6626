// SPDX-License-Identifier: Apache-2.0
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";

/** One parsed command of the command line: `[options] name [arguments]`. */
export interface CommandLine {
  readonly syntax: CommandSyntax;
  /** Option name with its dashes → argument, or null. */
  readonly options: ReadonlyMap<string, string | null>;
  /** Arguments after the command's name. */
  readonly args: readonly string[];
}

/** What one command accepts and does. Adding a command is one entry of this shape in a table. */
export interface CommandSyntax {
  readonly name: string;
  readonly minArgs: number;
  /** Infinity: any number. */
  readonly maxArgs: number;
  /** The arguments, in the notation of `--commands`. */
  readonly usage: string;
  /** Accepted options, e.g. `["--may-exist", "--id="]`; a trailing `=` wants an argument. */
  readonly options: readonly string[];
  /** Names the tables and columns that `run` reads. Runs before there is a connection. */
  readonly prepare?: (line: CommandLine, interest: Interest) => void;
  /** Runs against a consistent snapshot; may run again when the transaction must be retried. */
  readonly run?: (context: CommandContext, line: CommandLine) => void;
  /** Runs after the commit, when permanent UUIDs are known. */
  readonly finish?: (context: CommandContext, line: CommandLine) => void;
}

// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../lib/errors.js";
import type { Json } from "../lib/json.js";

/** A command of the control socket, ovs-appctl(8). */
export interface Command {
  readonly name: string;
  /** Its arguments as `list-commands` shows them; null hides the command. */
  readonly usage: string | null;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** The reply's text. Throws CommandError with what went wrong. */
  run(args: readonly string[]): CommandReply | Promise<CommandReply>;
}

/** Text or, for those who asked for it with `--format json`, a value as well. */
export type CommandReply = string | { readonly text: string; readonly json: Json };

/** For commands that take any number of arguments. */
export const ANY_NUMBER = Number.POSITIVE_INFINITY;

/** The command failed for a reason that its caller can repair; the text is the reply. */
export class CommandError extends OperatorError {
  constructor(text: string) {
    super("command", text);
    this.name = "CommandError";
  }
}

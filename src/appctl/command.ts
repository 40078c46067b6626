// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../lib/errors.js";
import type { Json } from "../lib/json.js";
import type { Schema } from "./schema.js";

/** A command of the control socket, ovs-appctl(8). */
export interface Command {
  readonly name: string;
  /** Its arguments as `list-commands` shows them; null hides the command. */
  readonly usage: string | null;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** What `--format json` gets; absent: NOTICE, made of the text. */
  readonly schema?: Schema<unknown>;
  /** Throws CommandError with what went wrong. */
  run(args: readonly string[]): CommandReply | Promise<CommandReply>;
}

type Lazy<T> = T | (() => T);

/** Text or, of commands that have more to tell than a line, a value as well. */
export type CommandReply = string | { readonly text: Lazy<string>; readonly json: Lazy<Json> };

/** A command that reads something and can tell it in two ways: as text for people, in the stock
 * daemon's layout, and as a value that the schema describes. Only the one that was asked for is
 * made. */
export interface StructuredCommand<V, T> {
  readonly name: string;
  readonly usage: string | null;
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly schema: Schema<T>;
  /** Throws CommandError with what went wrong. */
  read(args: readonly string[]): V | Promise<V>;
  text(value: V): string;
  json(value: V): T;
}

export function structured<V, T>(command: StructuredCommand<V, T>): Command {
  const { name, usage, minArgs, maxArgs, schema } = command;
  const reply = (value: V): CommandReply => ({
    text: () => command.text(value),
    json: () => command.json(value) as Json,
  });
  return {
    ...{ name, usage, minArgs, maxArgs, schema },
    run: (args) => {
      const value = command.read(args);
      return value instanceof Promise ? value.then(reply) : reply(value);
    },
  };
}

/** For commands that take any number of arguments. */
export const ANY_NUMBER = Number.POSITIVE_INFINITY;

/** The command failed for a reason that its caller can repair; the text is the reply. */
export class CommandError extends OperatorError {
  constructor(text: string) {
    super("command", text);
    this.name = "CommandError";
  }
}

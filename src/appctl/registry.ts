// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "../lib/json.js";
import { type Command, CommandError, type CommandReply, structured } from "./command.js";
import { NOTICE, table, text } from "./schema.js";

/** What `schema/show` says of every schema, JSON Schema core section 8. */
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** The commands by their names. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  constructor() {
    this.add(
      structured({
        ...{ name: "list-commands", usage: "", minArgs: 0, maxArgs: 0 },
        schema: table(text("arguments"), "commands by name"),
        read: () => this.#shown(),
        text: listing,
        json: (shown) => Object.fromEntries(shown.map(({ name, usage }) => [name, usage!])),
      }),
      {
        ...{ name: "schema/show", usage: "[command]", minArgs: 0, maxArgs: 1 },
        schema: { json: { type: "object", description: "JSON Schema 2020-12" } },
        run: ([name]) => {
          const json = name === undefined ? this.schemas() : this.#schemaOf(this.#named(name));
          return { text: () => JSON.stringify(json, null, 2), json };
        },
      },
    );
  }

  add(...commands: readonly Command[]): void {
    for (const command of commands) this.#commands.set(command.name, command);
  }

  /** Commands that are not hidden, in order of name. */
  #shown(): Command[] {
    const shown = [...this.#commands.values()].filter(({ usage }) => usage !== null);
    return shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #named(name: string): Command {
    const command = this.#commands.get(name);
    if (command) return command;
    throw new CommandError(
      `"${name}" is not a valid command (use "list-commands" to see a list of valid commands)`,
    );
  }

  #schemaOf({ schema = NOTICE }: Command): JsonObject {
    return { $schema: DIALECT, ...schema.json, ...(schema.defs ? { $defs: schema.defs } : {}) };
  }

  /** The published schema: what `--format json` gets of every command, under `$defs`. */
  schemas(): JsonObject {
    const shown = this.#shown();
    const defs = shown.map(({ name, schema = NOTICE }) => [name, schema.json] as const);
    const shared = Object.assign({}, ...shown.map(({ schema }) => schema?.defs)) as JsonObject;
    return {
      $schema: DIALECT,
      title: "Replies of management commands with --format json",
      $defs: { ...Object.fromEntries(defs), ...shared },
    };
  }

  /** Runs a command. Rejects with CommandError, in the stock daemon's words. */
  async run(name: string, args: readonly unknown[]): Promise<CommandReply> {
    const command = this.#named(name);
    if (args.length < command.minArgs) {
      throw new CommandError(`"${name}" command requires at least ${command.minArgs} arguments`);
    }
    if (args.length > command.maxArgs) {
      throw new CommandError(`"${name}" command takes at most ${command.maxArgs} arguments`);
    }
    if (!args.every((arg) => typeof arg === "string")) {
      throw new CommandError(`"${name}" command has non-string argument`);
    }
    return command.run(args as readonly string[]);
  }
}

/** The text of `list-commands`. */
function listing(shown: readonly Command[]): string {
  const lines = shown.map(({ name, usage }) => `  ${name.padEnd(23)} ${usage}\n`);
  return `The available commands are:\n${lines.join("")}`;
}

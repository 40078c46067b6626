// SPDX-License-Identifier: Apache-2.0
import { type Command, CommandError, type CommandReply } from "./command.js";

/** The commands by their names. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  constructor() {
    this.add({
      name: "list-commands",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => this.listing(),
    });
  }

  add(...commands: readonly Command[]): void {
    for (const command of commands) this.#commands.set(command.name, command);
  }

  /** The reply of `list-commands`. */
  listing(): string {
    const shown = [...this.#commands.values()].filter(({ usage }) => usage !== null);
    shown.sort((a, b) => (a.name < b.name ? -1 : 1));
    const lines = shown.map(({ name, usage }) => `  ${name.padEnd(23)} ${usage}\n`);
    return `The available commands are:\n${lines.join("")}`;
  }

  /** Runs a command. Rejects with CommandError, in the stock daemon's words. */
  async run(name: string, args: readonly unknown[]): Promise<CommandReply> {
    const command = this.#commands.get(name);
    if (!command) {
      throw new CommandError(
        `"${name}" is not a valid command (use "list-commands" to see a list of valid commands)`,
      );
    }
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

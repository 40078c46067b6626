// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";

type CommandTable = ReadonlyMap<string, CommandSyntax>;

function splitOptions(
  words: readonly string[],
  leading: ReadonlyMap<string, string | null>,
): { options: Map<string, string | null>; rest: readonly string[] } {
  const options = new Map(leading);
  let i = 0;
  for (; i < words.length && words[i]!.startsWith("-"); i++) {
    const word = words[i]!;
    const equals = word.indexOf("=");
    const key = equals < 0 ? word : word.slice(0, equals);
    if (options.has(key)) throw new CliError(`'${word}' option specified multiple times`);
    options.set(key, equals < 0 ? null : word.slice(equals + 1));
  }
  return { options, rest: words.slice(i) };
}

function checkOptions(syntax: CommandSyntax, options: ReadonlyMap<string, string | null>): void {
  for (const [key, value] of options) {
    const spec = syntax.options.find((option) => option.replace("=", "") === key);
    if (spec === undefined) throw new CliError(`'${syntax.name}' command has no '${key}' option`);
    if (spec.endsWith("=") && value === null) {
      throw new CliError(`missing argument to '${key}' option on '${syntax.name}' command`);
    }
    if (!spec.endsWith("=") && value !== null) {
      throw new CliError(`'${key}' option on '${syntax.name}' does not accept an argument`);
    }
  }
}

function checkCount(syntax: CommandSyntax, args: readonly string[]): void {
  if (args.length < syntax.minArgs) {
    throw new CliError(`'${syntax.name}' command requires at least ${syntax.minArgs} arguments`);
  }
  if (args.length <= syntax.maxArgs) return;
  const hint = args.some((arg) => arg.startsWith("-"))
    ? ' (note that options must precede command names and follow a "--" argument)'
    : "";
  throw new CliError(`'${syntax.name}' command takes at most ${syntax.maxArgs} arguments${hint}`);
}

function parseCommand(
  words: readonly string[],
  leading: ReadonlyMap<string, string | null>,
  table: CommandTable,
): CommandLine {
  const { options, rest } = splitOptions(words, leading);
  if (rest.length === 0) throw new CliError("missing command name (use --help for help)");
  const name = rest[0]!;
  const syntax = table.get(name);
  if (syntax === undefined) {
    throw new CliError(`unknown command '${name}'; use --help for help`);
  }
  checkOptions(syntax, options);
  const args = rest.slice(1);
  checkCount(syntax, args);
  return { syntax, options, args };
}

/**
 * Splits `words` at `--` into commands. `leading` are command options that were given among the
 * global ones; they belong to the first command.
 */
export function parseCommands(
  words: readonly string[],
  leading: ReadonlyMap<string, string | null>,
  table: CommandTable,
): CommandLine[] {
  const commands: CommandLine[] = [];
  let pending = leading;
  let start = 0;
  for (let i = 0; i <= words.length; i++) {
    if (i < words.length && words[i] !== "--") continue;
    if (i > start) {
      commands.push(parseCommand(words.slice(start, i), pending, table));
      pending = new Map();
    } else if (pending.size > 0) {
      throw new CliError("missing command name (use --help for help)");
    }
    start = i + 1;
  }
  if (commands.length === 0) throw new CliError("missing command name (use --help for help)");
  return commands;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Command-line options as getopt_long(3) reads them: clustered short options, `--name=value`,
 * `--name value`, unambiguous abbreviations of long names, `--` as the end of options.
 */

export interface OptionSpec {
  /** Long name without the dashes. */
  readonly name: string;
  readonly arg: "none" | "required" | "optional";
  /** Single-letter form without the dash. */
  readonly short?: string;
}

export interface ParsedOption {
  readonly name: string;
  /** null when the option was given without an argument. */
  readonly value: string | null;
}

export interface ParsedArguments {
  readonly options: ParsedOption[];
  readonly operands: string[];
}

/** A malformed option; the message is the one that getopt_long(3) prints. */
export class OptionError extends Error {}

interface Cursor {
  readonly args: readonly string[];
  index: number;
}

function findLong(specs: readonly OptionSpec[], name: string, shown: string): OptionSpec {
  const exact = specs.find((spec) => spec.name === name);
  if (exact !== undefined) return exact;
  const candidates = specs.filter((spec) => spec.name.startsWith(name));
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.length === 0) throw new OptionError(`unrecognized option '${shown}'`);
  const possibilities = candidates.map((spec) => `'--${spec.name}'`).join(" ");
  throw new OptionError(`option '${shown}' is ambiguous; possibilities: ${possibilities}`);
}

function parseLong(specs: readonly OptionSpec[], cursor: Cursor): ParsedOption {
  const word = cursor.args[cursor.index++]!;
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const value = equals < 0 ? null : word.slice(equals + 1);
  const spec = findLong(specs, name, `--${name}`);
  if (value !== null) {
    if (spec.arg === "none") {
      throw new OptionError(`option '--${spec.name}' doesn't allow an argument`);
    }
    return { name: spec.name, value };
  }
  if (spec.arg !== "required") return { name: spec.name, value: null };
  if (cursor.index >= cursor.args.length) {
    throw new OptionError(`option '--${spec.name}' requires an argument`);
  }
  return { name: spec.name, value: cursor.args[cursor.index++]! };
}

function parseCluster(specs: readonly OptionSpec[], cursor: Cursor): ParsedOption[] {
  const word = cursor.args[cursor.index++]!;
  const options: ParsedOption[] = [];
  for (let i = 1; i < word.length; i++) {
    const letter = word[i]!;
    const spec = specs.find((candidate) => candidate.short === letter);
    if (spec === undefined) throw new OptionError(`invalid option -- '${letter}'`);
    if (spec.arg === "none") {
      options.push({ name: spec.name, value: null });
      continue;
    }
    const rest = word.slice(i + 1);
    if (rest !== "") options.push({ name: spec.name, value: rest });
    else if (spec.arg === "optional") options.push({ name: spec.name, value: null });
    else if (cursor.index >= cursor.args.length) {
      throw new OptionError(`option requires an argument -- '${letter}'`);
    } else options.push({ name: spec.name, value: cursor.args[cursor.index++]! });
    break;
  }
  return options;
}

/**
 * Reads `args`. With `permute`, options and operands may be mixed, as in GNU tools; without it,
 * options end at the first operand. A lone `-` is an operand.
 * @throws OptionError
 */
export function parseOptions(
  args: readonly string[],
  specs: readonly OptionSpec[],
  permute: boolean,
): ParsedArguments {
  const cursor: Cursor = { args, index: 0 };
  const options: ParsedOption[] = [];
  const operands: string[] = [];
  while (cursor.index < args.length) {
    const word = args[cursor.index]!;
    if (word === "--") {
      cursor.index++;
      break;
    }
    if (word.startsWith("--")) options.push(parseLong(specs, cursor));
    else if (word.startsWith("-") && word !== "-") options.push(...parseCluster(specs, cursor));
    else if (permute) operands.push(args[cursor.index++]!);
    else break;
  }
  operands.push(...args.slice(cursor.index));
  return { options, operands };
}

// SPDX-License-Identifier: Apache-2.0
/** `--commands` and `--options`: what shell completion reads. */
import type { OptionSpec } from "../options.js";
import type { CommandSyntax } from "./command.js";

/**
 * One argument of a command with its marker: `!` required, `?` optional, `*` any number, `+` at
 * least one. `[KEY=]VALUE` and `COLUMN[:KEY]` keep an inner `?` for the optional part.
 */
function markArgument(word: string): string {
  const repeated = word.endsWith("...");
  const bare = repeated ? word.slice(0, -3) : word;
  const optional = bare.startsWith("[") && bare.endsWith("]") && depthStaysOpen(bare);
  const inner = (optional ? bare.slice(1, -1) : bare).replaceAll("[", "?").replaceAll("]", "");
  const marker = optional ? (repeated ? "*" : "?") : repeated ? "+" : "!";
  return marker + inner;
}

/** Whether the bracket that opens `word` closes at its very end. */
function depthStaysOpen(word: string): boolean {
  let depth = 0;
  for (let i = 0; i < word.length; i++) {
    if (word[i] === "[") depth++;
    if (word[i] === "]" && --depth === 0) return i === word.length - 1;
  }
  return false;
}

export function printCommandsForShell(commands: Iterable<CommandSyntax>): string {
  let text = "";
  for (const { name, usage, options } of commands) {
    const optionText = options.map((option) => `[${option}] `).join("");
    const args = usage === "" ? [] : usage.split(" ");
    text += `${optionText},${name},${args.map(markArgument).join(" ")}\n`;
  }
  return text;
}

export function printOptionsForShell(specs: readonly OptionSpec[]): string {
  let text = "";
  for (const { name, arg, short } of specs) {
    text += `--${name}${arg === "none" ? "" : "=ARG"}\n`;
    if (short !== undefined) text += `-${short}${arg === "none" ? "" : " ARG"}\n`;
  }
  return text;
}

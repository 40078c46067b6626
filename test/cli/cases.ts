// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** The lines of a file of test cases, without empty ones. */
export function readCases(name: string): string[] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

/** Splits a line into words as a shell does: single and double quotes, backslash. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote === "'" && c !== "'") word += c;
    else if (c === "\\" && quote !== "'" && (quote === "" || /[\\"]/.test(line[i + 1] ?? "")))
      word = (word ?? "") + line[++i]!;
    else if (quote === c) quote = "";
    else if (quote === "" && (c === '"' || c === "'")) {
      quote = c;
      word ??= "";
    } else if (c === " " && quote === "") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

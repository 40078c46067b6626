// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";

const DELIMITERS = new Set(":=, []{}!<>");

/** Whether `c` ends a token. */
export function isDelimiter(c: string): boolean {
  return DELIMITERS.has(c);
}

/**
 * The token of `text` that starts at `start`, and where it ends: at a delimiter, unless that is
 * quoted or follows a backslash. Quotes stay in the token, as do backslashes inside them.
 */
export function takeToken(text: string, start: number): { token: string; end: number } {
  let token = "";
  let quoted = false;
  let at = start;
  while (at < text.length) {
    const c = text[at]!;
    if (c === "\\") {
      if (at + 1 >= text.length) {
        throw new CliError(`${text.slice(start)}: backslash at end of argument`);
      }
      token += quoted ? c + text[at + 1]! : text[at + 1]!;
      at += 2;
      continue;
    }
    if (!quoted && isDelimiter(c)) break;
    if (c === '"') quoted = !quoted;
    token += c;
    at++;
  }
  if (quoted) {
    throw new CliError(`${text.slice(start)}: quoted string extends past end of argument`);
  }
  return { token, end: at };
}

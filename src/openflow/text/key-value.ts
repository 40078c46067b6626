// SPDX-License-Identifier: Apache-2.0
/** Splitting flow text into `key`, `key=value`, `key:value` and `key(value)`. */

export interface KeyValue {
  key: string;
  /** Empty when there is none. */
  value: string;
  /** What follows. */
  rest: string;
  /** Key, delimiters and value as they stood. */
  raw: string;
}

/** Characters of `s` from `start` up to one of `delimiters` outside parentheses. */
function valueEnd(s: string, start: number, delimiters: string): number {
  let i = start;
  while (i < s.length && !delimiters.includes(s[i])) {
    if (s[i] !== "(") {
      i++;
      continue;
    }
    let level = 0;
    do {
      if (i >= s.length) return i;
      if (s[i] === "(") level++;
      else if (s[i] === ")") level--;
      i++;
    } while (level > 0);
  }
  return i;
}

const BLANK_OR_COMMA = ", \t\r\n";

/** Takes the next key from `text`; null when only white space and commas are left. A value in
 * parentheses may be followed by `->destination`, which then belongs to it (`(x)->y` comes out as
 * `x)->y`). */
export function nextKeyValue(text: string): KeyValue | null {
  let at = 0;
  while (at < text.length && BLANK_OR_COMMA.includes(text[at])) at++;
  if (at >= text.length) return null;
  const keyStart = at;
  while (at < text.length && !":=(, \t\r\n".includes(text[at])) at++;
  const key = text.slice(keyStart, at);
  const delimiter = text[at] ?? "";
  at += delimiter.length;
  if (!":=(".includes(delimiter) || delimiter === "") {
    return { key, value: "", rest: text.slice(at), raw: text.slice(keyStart, at) };
  }
  let end = valueEnd(text, at, delimiter === "(" ? ")" : BLANK_OR_COMMA);
  if (delimiter === "(" && text.startsWith(")->", end)) {
    end = valueEnd(text, end, BLANK_OR_COMMA);
  }
  return {
    key,
    value: text.slice(at, end),
    rest: text.slice(end + 1),
    raw: text.slice(keyStart, end + 1),
  };
}

/** All keys and values of `text`, in order. */
export function keyValues(text: string): KeyValue[] {
  const out: KeyValue[] = [];
  for (let kv = nextKeyValue(text); kv; kv = nextKeyValue(kv.rest)) out.push(kv);
  return out;
}

// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonObject, jsonSyntaxError } from "./json.js";

/** Deeper nesting than this is refused, as in the stock tools. */
export const JSON_DEPTH_MAX = 1000;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const KEYWORD = /[A-Za-z]+/y;
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 §7 forbids them in strings.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** A recursive-descent parser that keeps 64-bit integers and knows where it is. */
class ExactParser {
  #at = 0;

  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail("trailing garbage at end of input");
    return value;
  }

  #fail(what: string): never {
    const before = this.text.slice(0, this.#at);
    const line = before.split("\n").length - 1;
    const column = this.#at - (before.lastIndexOf("\n") + 1);
    throw jsonSyntaxError(line, column, Buffer.byteLength(before), what);
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.text);
    this.#at = SPACE.lastIndex;
  }

  #token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #value(depth: number): Json {
    this.#skipSpace();
    const c = this.text[this.#at];
    if (c === undefined) this.#fail("unexpected end of input");
    if (depth > JSON_DEPTH_MAX) this.#fail("input exceeds maximum nesting depth 1000");
    if (c === "{") return this.#object(depth);
    if (c === "[") return this.#array(depth);
    if (c === '"') return this.#string();
    if (c === "-" || (c >= "0" && c <= "9")) return this.#number();
    const word = this.#token(KEYWORD);
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    if (word !== undefined) this.#fail(`invalid keyword '${word}'`);
    this.#fail(`invalid character '${c}'`);
  }

  #number(): number | bigint {
    const token = this.#token(NUMBER);
    if (token === undefined) this.#fail("'-' must be followed by digit");
    if (/^-?[0-9]+$/.test(token)) {
      const exact = BigInt(token);
      const near = Number(token);
      if (Number.isSafeInteger(near)) return near === 0 ? 0 : near;
      if (exact >= INT64_MIN && exact <= INT64_MAX) return exact;
      return near;
    }
    const value = Number(token);
    if (!Number.isFinite(value)) this.#fail("number outside valid range");
    return value;
  }

  #string(): string {
    let out = "";
    this.#at++;
    for (;;) {
      out += this.#token(PLAIN) ?? "";
      const c = this.text[this.#at++];
      if (c === '"') return out;
      if (c === undefined) this.#fail("unexpected end of input in quoted string");
      if (c !== "\\") this.#fail("control characters not allowed in quoted string");
      out += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.text[this.#at++];
    if (letter === undefined) this.#fail("unexpected end of input in quoted string");
    if (letter !== "u") {
      const plain = ESCAPES[letter];
      if (plain === undefined) this.#fail(`bad escape \\${letter}`);
      return plain;
    }
    const hex = this.text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail("malformed \\u escape");
    this.#at += 4;
    const unit = Number.parseInt(hex, 16);
    if (unit === 0) this.#fail("null bytes not supported in quoted strings");
    return String.fromCharCode(unit);
  }

  /** Takes a comma, or the bracket that closes the list: then true. */
  #separator(close: "]" | "}"): boolean {
    const c = this.text[this.#at];
    if (c === undefined) this.#fail("unexpected end of input");
    if (c !== close && c !== ",") this.#fail(`syntax error expecting '${close}' or ','`);
    this.#at++;
    return c === close;
  }

  #array(depth: number): Json[] {
    const out: Json[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.text[this.#at] === "]") {
      this.#at++;
      return out;
    }
    for (;;) {
      out.push(this.#value(depth + 1));
      this.#skipSpace();
      if (this.#separator("]")) return out;
    }
  }

  #object(depth: number): JsonObject {
    const out: JsonObject = {};
    this.#at++;
    this.#skipSpace();
    if (this.text[this.#at] === "}") {
      this.#at++;
      return out;
    }
    for (;;) {
      this.#skipSpace();
      if (this.text[this.#at] !== '"') this.#fail("syntax error parsing object expecting string");
      const name = this.#string();
      this.#skipSpace();
      if (this.text[this.#at++] !== ":") this.#fail("syntax error parsing object expecting ':'");
      const value = this.#value(depth + 1);
      // A plain assignment to "__proto__" would set the prototype instead of a member.
      Object.defineProperty(out, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      this.#skipSpace();
      if (this.#separator("}")) return out;
    }
  }
}

/**
 * Parses JSON text slowly and exactly: integers of up to 64 bits stay exact (bigint beyond 2^53),
 * escaped NULs and infinite numbers are refused.
 * Throws OperatorError("syntax") with line, column and byte of the fault.
 */
export function parseExactJson(text: string): Json {
  return new ExactParser(text).document();
}

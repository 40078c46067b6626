// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../lib/errors.js";
import { type Json, parseJson } from "../lib/json.js";
import { JSON_DEPTH_MAX } from "../lib/json-exact.js";

/** A peer that sends a longer message than this is cut off. */
export const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/**
 * Cuts a byte stream into JSON objects and arrays, however it was cut by the network. It works on
 * bytes, so a character split between two chunks is no special case, and each byte is looked at
 * once, so the cost is linear in the size of a message.
 */
export class JsonStreamDecoder {
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });

  constructor(readonly bytesMax = MESSAGE_BYTES_MAX) {}

  /** Bytes held of a message that is not complete. */
  get pendingBytes(): number {
    return this.#partsBytes;
  }

  /**
   * Takes the next chunk and calls `onValue` for each value that it completes, in order; those
   * before a fault are delivered first. Throws OperatorError("syntax") for what is not JSON, after
   * which the decoder must not be used again.
   */
  push(chunk: Buffer, onValue: (value: Json) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#depth === 0) {
        at = this.#skipSpace(chunk, at);
        if (at === chunk.length) return;
      }
      const end = this.#scan(chunk, at);
      this.#keep(chunk.subarray(at, end));
      if (this.#depth === 0) onValue(this.#take());
      at = end;
    }
  }

  #skipSpace(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && isSpace(chunk[at] as number)) at++;
    const c = chunk[at];
    if (c !== undefined && c !== OPEN_BRACE && c !== OPEN_BRACKET) {
      // Let the parser word it: garbage before a value.
      const garbage = chunk.toString("latin1", at, Math.min(chunk.length, at + 40));
      parseJson(garbage.replace(/[\s{[].*$/s, ""));
      throw new OperatorError(
        "syntax",
        "line 0, column 0, byte 0: syntax error at beginning of input",
      );
    }
    return at;
  }

  /** Follows strings and nesting from `from`; returns where the value or the chunk ends. */
  #scan(chunk: Buffer, from: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let at = from;
    for (; at < chunk.length; at++) {
      const c = chunk[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (c === BACKSLASH) escaped = true;
        else if (c === QUOTE) inString = false;
      } else if (c === QUOTE) {
        inString = true;
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (++depth > JSON_DEPTH_MAX)
          throw new OperatorError("syntax", "input exceeds maximum nesting depth 1000");
      } else if ((c === CLOSE_BRACE || c === CLOSE_BRACKET) && --depth === 0) {
        at++;
        break;
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return at;
  }

  #keep(part: Buffer): void {
    this.#partsBytes += part.length;
    if (this.#partsBytes > this.bytesMax) {
      throw new OperatorError("syntax", `message exceeds ${this.bytesMax} bytes`);
    }
    this.#parts.push(part);
  }

  #take(): Json {
    const bytes =
      this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partsBytes = 0;
    let text: string;
    try {
      text = this.#utf8.decode(bytes);
    } catch {
      throw new OperatorError("syntax", "invalid UTF-8 in message");
    }
    return parseJson(text);
  }
}

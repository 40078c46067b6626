// SPDX-License-Identifier: Apache-2.0
/** The text form of database values; ovs-vsctl(8) "Database Values". */
import { OperatorError } from "../../lib/errors.js";
import { parseExactJson } from "../../lib/json-exact.js";
import { type Atom, atomToText, canonicalInteger, parseUuid } from "../../ovsdb/atom.js";
import { type BaseType, checkAtom } from "../../ovsdb/base-type.js";
import { type ColumnType, columnTypeText } from "../../ovsdb/column-type.js";
import { type Datum, sortDatum } from "../../ovsdb/datum.js";
import { OvsdbError } from "../../ovsdb/ovsdb-error.js";
import { CliError } from "../invocation.js";
import type { SymbolTable } from "./symbols.js";
import { isDelimiter, takeToken } from "./token.js";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** Most elements of one range such as `1-100`. */
const RANGE_MAX = 4096n;

function integer(text: string): bigint | undefined {
  if (!/^[-+]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

function parseInteger(text: string): Atom {
  const value = integer(text);
  if (value === undefined) throw new CliError(`"${text}" is not a valid integer or range`);
  return canonicalInteger(value);
}

function parseReal(text: string): Atom {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new CliError(`"${text}" is not a valid real number`);
  return value;
}

function parseBoolean(text: string): Atom {
  if (["true", "yes", "on", "1"].includes(text)) return true;
  if (["false", "no", "off", "0"].includes(text)) return false;
  throw new CliError(`"${text}" is not a valid boolean (use "true" or "false")`);
}

function parseString(text: string): Atom {
  if (text === "") {
    throw new CliError(
      'An empty string is not valid as input; use "" to represent the empty string',
    );
  }
  if (!text.startsWith('"')) return text;
  if (text.length < 2 || !text.endsWith('"')) {
    throw new CliError(`${text}: missing quote at end of quoted string`);
  }
  try {
    return parseExactJson(text) as string;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new CliError(`${text}: ${error.message.replace(/^line \d+, [^:]*: /, "")}`);
  }
}

function parseReference(text: string, base: BaseType, symbols: SymbolTable): Atom {
  if (text.startsWith("@")) {
    const strength = base.refTable === undefined ? undefined : (base.refType ?? "strong");
    return symbols.refer(text, strength);
  }
  const uuid = parseUuid(text);
  if (uuid === undefined) throw new CliError(`"${text}" is not a valid UUID`);
  return uuid;
}

/** One atom of type `base`, with the type's constraints checked. Throws CliError. */
export function parseAtom(text: string, base: BaseType, symbols: SymbolTable): Atom {
  const atom = parseUnchecked(text, base, symbols);
  checkConstraints(atom, base);
  return atom;
}

function checkConstraints(atom: Atom, base: BaseType): void {
  try {
    checkAtom(atom, base);
  } catch (error) {
    throw error instanceof OvsdbError ? new CliError(error.message) : error;
  }
}

function parseUnchecked(text: string, base: BaseType, symbols: SymbolTable): Atom {
  switch (base.type) {
    case "integer":
      return parseInteger(text);
    case "real":
      return parseReal(text);
    case "boolean":
      return parseBoolean(text);
    case "string":
      return parseString(text);
    case "uuid":
      return parseReference(text, base, symbols);
  }
}

/** `3-7` as the integers from 3 to 7; undefined when `text` is no range. */
function parseRange(text: string, base: BaseType): Atom[] | undefined {
  const dash = /^([-+]?[0-9]+)-(.*)$/.exec(text);
  if (dash === null) return undefined;
  const start = integer(dash[1]!);
  const end = integer(dash[2]!);
  if (start === undefined || end === undefined) {
    throw new CliError(`"${text}" is not a valid integer or range`);
  }
  if (end < start) {
    throw new CliError(`"${text}" is not a valid range. Range end cannot be before start.`);
  }
  checkConstraints(canonicalInteger(start), base);
  checkConstraints(canonicalInteger(end), base);
  if (end - start >= RANGE_MAX) {
    throw new CliError(`Range "${start}-${end}" is too big. Maximum allowed size is ${RANGE_MAX}.`);
  }
  const atoms: Atom[] = [];
  for (let value = start; value <= end; value++) atoms.push(canonicalInteger(value));
  return atoms;
}

function skipSpaces(text: string, at: number): number {
  let i = at;
  while (text[i] === " ") i++;
  return i;
}

/** The elements of `text` from `start` to the closing delimiter `end` ("" for none). */
class DatumParser {
  readonly keys: Atom[] = [];
  readonly values: Atom[] = [];
  readonly isMap: boolean;
  #at: number;

  constructor(
    private readonly text: string,
    private readonly type: ColumnType,
    private readonly symbols: SymbolTable,
  ) {
    this.isMap = type.value !== undefined;
    this.#at = skipSpaces(text, 0);
  }

  parse(): void {
    const [open, close] = this.isMap ? ["{", "}"] : ["[", "]"];
    let end = "";
    if (this.text[this.#at] === open) {
      end = close!;
      this.#at = skipSpaces(this.text, this.#at + 1);
    }
    while (this.#at < this.text.length && this.text[this.#at] !== end) this.#element();
    if (end === "") return;
    if (this.#at >= this.text.length) {
      throw new CliError(`${this.text}: missing "${end}" at end of data`);
    }
    this.#at = skipSpaces(this.text, this.#at + 1);
    if (this.#at < this.text.length) {
      throw new CliError(`${this.text}: trailing garbage after "${end}"`);
    }
  }

  #element(): void {
    const c = this.text[this.#at]!;
    if (isDelimiter(c)) {
      throw new CliError(`${this.text}: unexpected "${c}" parsing ${columnTypeText(this.type)}`);
    }
    const start = this.#at;
    const word = this.#token();
    const range =
      this.type.key.type === "integer" && !this.isMap ? parseRange(word, this.type.key) : undefined;
    if (range !== undefined) this.keys.push(...range);
    else this.keys.push(parseAtom(word, this.type.key, this.symbols));
    if (this.type.value !== undefined) this.#mapValue(start, this.type.value);
    this.#at = skipSpaces(this.text, this.#at);
    if (this.text[this.#at] === ",") this.#at = skipSpaces(this.text, this.#at + 1);
  }

  #mapValue(start: number, base: BaseType): void {
    const c = this.text[this.#at];
    if (c !== "=") {
      // At the end of the text the stock tool's message ends, too.
      const found = c === undefined ? "" : `${c}" expecting "="`;
      throw new CliError(`${this.text.slice(start)}: syntax error at "${found}`);
    }
    this.#at++;
    this.values.push(parseAtom(this.#token(), base, this.symbols));
  }

  #token(): string {
    const { token, end } = takeToken(this.text, this.#at);
    this.#at = end;
    return token;
  }
}

/** A whole column value. Throws CliError with the text of the stock tool. */
export function parseDatum(text: string, type: ColumnType, symbols: SymbolTable): Datum {
  const parser = new DatumParser(text, type, symbols);
  parser.parse();
  const { keys, isMap } = parser;
  const what = isMap ? "pair(s)" : "value(s)";
  if (keys.length < type.min) {
    throw new CliError(
      `${text}: ${keys.length} ${what} specified but the minimum number is ${type.min}`,
    );
  }
  if (keys.length > type.max) {
    throw new CliError(
      `${text}: ${keys.length} ${what} specified but the maximum number is ${type.max}`,
    );
  }
  const { datum, duplicate } = sortDatum(keys, isMap ? parser.values : undefined);
  if (duplicate) {
    const fault = isMap ? "map contains duplicate key" : "set contains duplicate value";
    throw new CliError(`${text}: ${fault}`);
  }
  return datum;
}

/** An atom as parseAtom() reads it. */
export function printAtom(atom: Atom, base: BaseType): string {
  return atomToText(atom, base.type);
}

/** A column value as parseDatum() reads it. */
export function printDatum(datum: Datum, type: ColumnType): string {
  const items = datum.keys.map((key, i) => {
    const name = printAtom(key, type.key);
    return type.value === undefined ? name : `${name}=${printAtom(datum.values![i]!, type.value)}`;
  });
  const body = items.join(", ");
  if (type.max === 1 && datum.keys.length > 0) return body;
  return type.value === undefined ? `[${body}]` : `{${body}}`;
}

/** A column value without quotes or punctuation, for scripts. */
export function printBare(datum: Datum): string {
  return datum.keys
    .map((key, i) => (datum.values === undefined ? String(key) : `${key}=${datum.values[i]}`))
    .join(" ");
}

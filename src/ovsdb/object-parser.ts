// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { isId } from "./atom.js";
import { type OvsdbError, syntaxError } from "./ovsdb-error.js";

/** What a member may be; `id` is a string that is an <id>. */
export type MemberKind =
  | "string"
  | "id"
  | "integer"
  | "number"
  | "boolean"
  | "array"
  | "object"
  | "any";

interface KindTypes {
  string: string;
  id: string;
  integer: number | bigint;
  number: number | bigint;
  boolean: boolean;
  array: Json[];
  object: JsonObject;
  any: Json;
}

function matches(value: Json, kind: MemberKind): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "id":
      return typeof value === "string" && isId(value);
    case "integer":
      return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
    case "number":
      return typeof value === "bigint" || typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "any":
      return true;
  }
}

/**
 * Takes a JSON object apart member by member and insists that nothing is left over. The first
 * fault is remembered; `finish` throws it.
 */
export class ObjectParser {
  readonly #members: JsonObject;
  readonly #used = new Set<string>();
  #error: OvsdbError | undefined;

  /** `what` names the object in messages, such as "ovsdb operation 1 of 2". */
  constructor(
    readonly json: Json,
    readonly what: string,
  ) {
    this.#members = isJsonObject(json) ? json : {};
    if (!isJsonObject(json)) this.fail("Object expected.");
  }

  /** Remembers a fault, unless there is one already. */
  fail(message: string): void {
    const json = isJsonObject(this.json) ? this.json : undefined;
    this.#error ??= syntaxError(json, `Parsing ${this.what} failed: ${message}`);
  }

  /** A member that may be missing. */
  optional<K extends MemberKind>(name: string, ...kinds: K[]): KindTypes[K] | undefined {
    if (!Object.hasOwn(this.#members, name)) return undefined;
    this.#used.add(name);
    const value = this.#members[name] as Json;
    if (kinds.some((kind) => matches(value, kind))) return value as KindTypes[K];
    this.fail(`Type mismatch for member '${name}'.`);
    return undefined;
  }

  /** A member that must be there. Throws at once when it is not: nothing after it makes sense. */
  required<K extends MemberKind>(name: string, ...kinds: K[]): KindTypes[K] {
    const value = this.optional(name, ...kinds);
    if (value === undefined) {
      this.fail(`Required '${name}' member is missing.`);
      this.check();
    }
    return value as KindTypes[K];
  }

  /** Throws the remembered fault. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** Throws the remembered fault, or one about members that nobody asked for. */
  finish(): void {
    const extra = Object.keys(this.#members).filter((name) => !this.#used.has(name));
    if (extra.length > 1) {
      const others = extra.length - 1;
      this.fail(
        `Member '${extra[0]}' and ${others} other member${others > 1 ? "s" : ""} ` +
          "are present but not allowed here.",
      );
    } else if (extra.length === 1) {
      this.fail(`Member '${extra[0]}' is present but not allowed here.`);
    }
    this.check();
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What the JSON replies of commands look like: descriptions that are JSON Schema (2020-12) for
 * clients and types for the compiler, so that neither can say what the other does not.
 */
import type { JsonObject } from "../lib/json.js";

/** A description of values of type T. */
export interface Schema<T> {
  readonly json: JsonObject;
  /** True where the member may be missing. */
  readonly isOptional?: boolean;
  /** What it refers to as `#/$defs/NAME`; only at the top. */
  readonly defs?: Readonly<Record<string, JsonObject>>;
  /** Never there: carries the type. */
  readonly type?: T;
}

/** The values that a schema describes. */
export type ValueOf<S> = S extends Schema<infer T> ? T : never;

function described(about: string | undefined): JsonObject {
  return about === undefined ? {} : { description: about };
}

function scalar<T>(type: string): (about?: string) => Schema<T> {
  return (about) => ({ json: { type, ...described(about) } });
}

/** @param about what it is, with its unit. */
export const integer = scalar<number>("integer");
export const real = scalar<number>("number");
export const text = scalar<string>("string");
export const flag = scalar<boolean>("boolean");

/** null. */
export const nothing = scalar<null>("null");

/** One of these words. */
export function word<const T extends string>(words: readonly T[], about?: string): Schema<T> {
  return { json: { enum: [...words], ...described(about) } };
}

export function list<T>(items: Schema<T>, about?: string): Schema<T[]> {
  return { json: { type: "array", items: items.json, ...described(about) } };
}

/** An object whose members' names are data. @param about what the names are. */
export function table<T>(members: Schema<T>, about?: string): Schema<Record<string, T>> {
  return { json: { type: "object", additionalProperties: members.json, ...described(about) } };
}

/** A member that may be missing. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> & { isOptional: true } {
  return { json: schema.json, isOptional: true };
}

export type Members = Readonly<Record<string, Schema<unknown>>>;
type OptionalName<M> = {
  [K in keyof M]: M[K] extends { isOptional: true } ? K : never;
}[keyof M];
type ObjectOf<M> = { [K in Exclude<keyof M, OptionalName<M>>]: ValueOf<M[K]> } & {
  [K in OptionalName<M>]?: ValueOf<M[K]>;
};

/** An object with these members and no others. */
export function object<const M extends Members>(members: M, about?: string): Schema<ObjectOf<M>> {
  const entries = Object.entries(members);
  return {
    json: {
      type: "object",
      properties: Object.fromEntries(entries.map(([name, { json }]) => [name, json])),
      required: entries.filter(([, { isOptional }]) => !isOptional).map(([name]) => name),
      additionalProperties: false,
      ...described(about),
    },
  };
}

/** Either of two. */
export function either<A, B>(a: Schema<A>, b: Schema<B>): Schema<A | B> {
  return { json: { anyOf: [a.json, b.json] } };
}

/** The reply of a command that has nothing to tell, or one line about what it did. */
export const NOTICE = object({
  message: optional(text("what was done, in the words of the text form")),
});

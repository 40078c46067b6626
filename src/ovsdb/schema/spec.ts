// SPDX-License-Identifier: Apache-2.0

/**
 * The language in which tables are written down once. From the same data come the JSON schema
 * (RFC 7047 §3.2), by `databaseJson`, and the TypeScript types of rows, by `Row` in rows.ts.
 */

/** Marks a column that refers to rows of the table named N. */
export interface Ref<N extends string> {
  readonly refTable: N;
}

/** A base type (RFC 7047 §3.2): its JSON, and in `T` its TypeScript type. */
export interface Base<T> {
  readonly json: BaseJson;
  /** Exists for the type checker only. */
  readonly type?: T;
}

export interface BaseJson {
  readonly type: "integer" | "real" | "boolean" | "string" | "uuid";
  readonly enum?: readonly ["set", readonly (string | number)[]];
  readonly minInteger?: number;
  readonly maxInteger?: number;
  readonly minReal?: number;
  readonly maxReal?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly refTable?: string;
  readonly refType?: "strong" | "weak";
}

export const string: Base<string> = { json: { type: "string" } };
export const boolean: Base<boolean> = { json: { type: "boolean" } };
export const real: Base<number> = { json: { type: "real" } };
export const integer: Base<number> = { json: { type: "integer" } };
export const uuid: Base<string> = { json: { type: "uuid" } };

/** An integer from `minInteger` to `maxInteger`; without the latter, without upper limit. */
export function range(minInteger: number, maxInteger?: number): Base<number> {
  const max = maxInteger === undefined ? {} : { maxInteger };
  return { json: { type: "integer", minInteger, ...max } };
}

/** One of the given strings. */
export function oneOf<const T extends readonly string[]>(...values: T): Base<T[number]> {
  return { json: { type: "string", enum: ["set", values] } };
}

/** One of the given integers. */
export function oneOfIntegers<const T extends readonly number[]>(...values: T): Base<T[number]> {
  return { json: { type: "integer", enum: ["set", values] } };
}

/** A reference that keeps its row alive. */
export function ref<N extends string>(refTable: N): Base<Ref<N>> {
  return { json: { type: "uuid", refTable } };
}

/** A reference that disappears with its row. */
export function weakRef<N extends string>(refTable: N): Base<Ref<N>> {
  return { json: { type: "uuid", refTable, refType: "weak" } };
}

/** How many values a column holds, as its TypeScript type shows it. */
export type Shape = "one" | "optional" | "set" | "map";

export interface Flags {
  /** Not kept on disk. */
  readonly ephemeral?: boolean;
  /** Fixed once the row exists. */
  readonly immutable?: boolean;
}

export interface Column<S extends Shape = Shape, K = unknown, V = unknown> {
  readonly shape: S;
  readonly key: Base<K>;
  readonly value?: Base<V>;
  readonly min: 0 | 1;
  readonly max: number | "unlimited";
  readonly flags: Flags;
}

/** Exactly one value. */
export function one<K>(key: Base<K>, flags: Flags = {}): Column<"one", K, never> {
  return { shape: "one", key, min: 1, max: 1, flags };
}

/** A value or none. */
export function optional<K>(key: Base<K>, flags: Flags = {}): Column<"optional", K, never> {
  return { shape: "optional", key, min: 0, max: 1, flags };
}

/** A set of `min` to `max` values, by default of any size. */
export function setOf<K>(
  key: Base<K>,
  size: { readonly min?: 0 | 1; readonly max?: number } = {},
  flags: Flags = {},
): Column<"set", K, never> {
  return { shape: "set", key, min: size.min ?? 0, max: size.max ?? "unlimited", flags };
}

/** A map of any size. */
export function mapOf<K, V>(key: Base<K>, value: Base<V>, flags: Flags = {}): Column<"map", K, V> {
  return { shape: "map", key, value, min: 0, max: "unlimited", flags };
}

/** The map that nearly every table has for integrators and for options. */
export function stringMap(flags: Flags = {}): Column<"map", string, string> {
  return mapOf(string, string, flags);
}

export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  /** Rows live without being referred to. */
  readonly isRoot?: boolean;
  readonly maxRows?: number;
  /** Sets of columns whose values together are unique in the table. */
  readonly indexes?: readonly (readonly string[])[];
}

export type Tables = Readonly<Record<string, Table>>;

/** A database: its name, its version and its tables. */
export interface Database<T extends Tables = Tables> {
  readonly name: string;
  readonly version: string;
  /** The checksum of the published schema, by which tools see whether a file needs conversion. */
  readonly cksum?: string;
  readonly tables: T;
}

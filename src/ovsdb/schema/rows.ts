// SPDX-License-Identifier: Apache-2.0
import type { Column, Database, Ref, Tables } from "./spec.js";

/** The names of a database's tables. */
export type TableName<T extends Tables> = Extract<keyof T, string>;
export type ColumnName<T extends Tables, N extends TableName<T>> = Extract<
  keyof T[N]["columns"],
  string
>;

/** What a value of base type K reads as: references read as the rows they lead to. */
type ReadValue<T extends Tables, K> = K extends Ref<infer N extends TableName<T>> ? Row<T, N> : K;

/** What may be written for a value of base type K: a row, one about to be inserted, or a UUID. */
type WriteValue<T extends Tables, K> =
  K extends Ref<infer N extends TableName<T>> ? Row<T, N> | NewRow<N> | string : K;

type Read<T extends Tables, C> =
  C extends Column<infer S, infer K, infer V>
    ? S extends "one"
      ? ReadValue<T, K>
      : S extends "optional"
        ? ReadValue<T, K> | undefined
        : S extends "set"
          ? readonly ReadValue<T, K>[]
          : ReadonlyMap<ReadValue<T, K>, ReadValue<T, V>>
    : never;

type Write<T extends Tables, C> =
  C extends Column<infer S, infer K, infer V>
    ? S extends "one"
      ? WriteValue<T, K>
      : S extends "optional"
        ? WriteValue<T, K> | undefined
        : S extends "set"
          ? Iterable<WriteValue<T, K>>
          :
              | Iterable<readonly [WriteValue<T, K>, WriteValue<T, V>]>
              | (K extends string ? Readonly<Record<string, WriteValue<T, V>>> : never)
    : never;

/** What every row has besides its columns. */
export interface RowBase<N extends string> {
  readonly _table: N;
  readonly _uuid: string;
  /** The row is gone from the database; its columns show the last values. */
  readonly _deleted: boolean;
}

/**
 * A row of the replica. It is one object from insert to delete, and its columns always show the
 * latest values: plain values, `undefined` for absent ones, arrays for sets (in order of value),
 * Maps for maps.
 * References are rows; those that lead nowhere (a weak reference in the making) are left out.
 */
export type Row<T extends Tables, N extends TableName<T>> = RowBase<N> & {
  readonly [C in ColumnName<T, N>]: Read<T, T[N]["columns"][C]>;
};

/** Values for some columns of a row. */
export type RowValues<T extends Tables, N extends TableName<T>> = {
  readonly [C in ColumnName<T, N>]?: Write<T, T[N]["columns"][C]>;
};

/** A row that a transaction inserts; its UUID is known once the transaction succeeded. */
export interface NewRow<N extends string> {
  readonly newTable: N;
  /** The name by which the transaction's operations refer to it. */
  readonly uuidName: string;
  /** Undefined before the commit. */
  readonly uuid: string | undefined;
}

export type TablesOf<D> = D extends Database<infer T> ? T : never;

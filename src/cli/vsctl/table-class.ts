// SPDX-License-Identifier: Apache-2.0
import type { ColumnSchema, DatabaseSchema } from "../../ovsdb/db-schema.js";

export type Column = ColumnSchema;

/** A table as commands see it: its columns by name, in order of name. */
export interface TableClass {
  readonly name: string;
  /** Rows live without being referred to. */
  readonly isRoot: boolean;
  readonly columns: ReadonlyMap<string, Column>;
}

export type DatabaseClass = ReadonlyMap<string, TableClass>;

function byName<T extends { readonly name: string }>(items: Iterable<T>): Map<string, T> {
  const sorted = [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(sorted.map((item) => [item.name, item]));
}

export function tableClasses(schema: DatabaseSchema): DatabaseClass {
  const tables = [...schema.tables.values()];
  return byName(
    tables.map(({ name, isRoot, columns }) => ({ name, isRoot, columns: byName(columns) })),
  );
}

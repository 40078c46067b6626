// SPDX-License-Identifier: Apache-2.0
import type { TableSchema } from "./db-schema.js";
import type { DbRow, RowData } from "./row.js";

/** The rows of one table, by UUID and by each index of the schema. */
export class Table {
  readonly rows = new Map<string, DbRow>();
  /** For each index of the schema: rows by the text of their values in its columns. */
  readonly indexes: readonly Map<string, DbRow>[];

  constructor(readonly schema: TableSchema) {
    this.indexes = schema.indexes.map(() => new Map());
  }

  /** The text of a row's values in the columns of index number `i`; equal for equal values only. */
  indexKey(i: number, data: RowData): string {
    const columns = this.schema.indexes[i] ?? [];
    const parts = columns.map((column) => {
      const { keys, values } = data[column.index] ?? { keys: [], values: undefined };
      return [keys.map(String), values?.map(String)];
    });
    return JSON.stringify(parts);
  }

  /** Called when a change is certain; `before` or `after` is undefined for insert or delete. */
  reindex(row: DbRow, before: RowData | undefined, after: RowData | undefined): void {
    this.indexes.forEach((index, i) => {
      const oldKey = before && this.indexKey(i, before);
      const newKey = after && this.indexKey(i, after);
      if (oldKey === newKey) return;
      // Two rows may have swapped values, so another row may own the key already.
      if (oldKey !== undefined && index.get(oldKey) === row) index.delete(oldKey);
      if (newKey !== undefined) index.set(newKey, row);
    });
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { ColumnSchema } from "./db-schema.js";
import { constraintViolation, type OvsdbError } from "./ovsdb-error.js";
import { columnsText, compareRows, type DbRow, englishList, equalColumns } from "./row.js";
import type { DbTransaction } from "./transaction.js";

function columnsTitle(columns: readonly ColumnSchema[]): string {
  const names = columns.map((column) => `"${column.name}"`);
  return `${names.length === 1 ? "column" : "columns"} ${englishList(names)}`;
}

/** What the transaction did to one of the two rows that collide. */
function history(row: DbRow, columns: readonly ColumnSchema[]): string {
  const { change } = row;
  if (!change || change.before === change.after) {
    return (
      "existed in the database before this transaction and was not modified by the " +
      "transaction."
    );
  }
  const { before, after } = change;
  if (!before) return "was inserted by this transaction.";
  if (after && equalColumns(before, after, columns)) {
    return (
      "existed in the database before this transaction, which modified some of the row's " +
      "columns but not any columns in this index."
    );
  }
  return `had the following index values before the transaction: ${columnsText(before, columns)}.`;
}

function duplicate(a: DbRow, b: DbRow, columns: readonly ColumnSchema[]): OvsdbError {
  // A fixed order of the two makes the message reproducible.
  const [first, second] = compareRows(a, b, a.table.schema.allColumns) < 0 ? [b, a] : [a, b];
  return constraintViolation(
    `Transaction causes multiple rows in "${a.table.schema.name}" table to have identical values ` +
      `(${columnsText(first.data, columns)}) for index on ${columnsTitle(columns)}.  ` +
      `First row, with UUID ${first.uuid}, ${history(first, columns)}  ` +
      `Second row, with UUID ${second.uuid}, ${history(second, columns)}`,
  );
}

/** Throws when two rows would have the same values in the columns of an index. */
export function checkIndexes(txn: DbTransaction): void {
  const fresh = new Map<Map<string, DbRow>, Map<string, DbRow>>();
  for (const { row, after } of txn.changes) {
    if (!after) continue;
    const { table } = row;
    table.indexes.forEach((index, i) => {
      const key = table.indexKey(i, after);
      let own = fresh.get(index);
      if (!own) {
        own = new Map();
        fresh.set(index, own);
      }
      const stored = index.get(key);
      const other = own.get(key) ?? (stored && !stored.change ? stored : undefined);
      if (other && other !== row) throw duplicate(other, row, table.schema.indexes[i] ?? []);
      own.set(key, row);
    });
  }
}

// SPDX-License-Identifier: Apache-2.0

/** The tables and columns that the commands read; they are all that is fetched. */
export class Interest {
  readonly #columns = new Map<string, Set<string>>();

  /** Table name → column names; an empty set asks only for the rows' UUIDs. */
  get columns(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#columns;
  }

  add(table: string, ...columns: readonly string[]): void {
    let wanted = this.#columns.get(table);
    if (wanted === undefined) {
      wanted = new Set();
      this.#columns.set(table, wanted);
    }
    for (const column of columns) wanted.add(column);
  }
}

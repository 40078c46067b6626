// SPDX-License-Identifier: Apache-2.0
import { assert } from "../lib/errors.js";
import type { Replica, ReplicaChange, ReplicaTable } from "./replica.js";
import type { ReplicaRow } from "./replica-row.js";

/** See TableView in client-api.ts, which types this. */
export class ReplicaTableView {
  readonly #table: ReplicaTable;

  constructor(
    replica: Replica,
    readonly name: string,
  ) {
    const table = replica.tables.get(name);
    assert(table, `table ${name} is in the schema`);
    this.#table = table;
  }

  get size(): number {
    return this.#table.rows.size;
  }

  get(uuid: string): ReplicaRow | undefined {
    return this.#table.rows.get(uuid);
  }

  first(): ReplicaRow | undefined {
    for (const row of this.#table.rows.values()) return row;
    return undefined;
  }

  find(column: string, value: unknown): ReplicaRow | undefined {
    for (const row of this.#table.rows.values()) {
      if ((row as unknown as Record<string, unknown>)[column] === value) return row;
    }
    return undefined;
  }

  [Symbol.iterator](): Iterator<ReplicaRow> {
    return this.#table.rows.values();
  }
}

/** See ChangeSet in client-api.ts, which types this. */
export class ReplicaChangeSet {
  constructor(readonly changes: readonly ReplicaChange[]) {}

  of(table: string): ReplicaChange[] {
    return this.changes.filter((change) => change.table === table);
  }

  touches(table: string, ...columns: string[]): boolean {
    return this.changes.some(
      (change) =>
        change.table === table &&
        (columns.length === 0 ||
          change.type !== "modify" ||
          columns.some((column) => change.columns.has(column))),
    );
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Atom } from "./atom.js";
import type { BaseType } from "./base-type.js";
import type { Datum } from "./datum.js";
import type { ColumnSchema, TableSchema } from "./db-schema.js";
import type { Replica } from "./replica.js";

/** What a replica knows of a row, kept apart from the columns that the row shows. */
export interface RowState {
  readonly replica: Replica;
  readonly table: TableSchema;
  readonly uuid: string;
  data: Datum[];
  deleted: boolean;
  /** Columns of transactions under way: the replica's value of them is out of date. */
  readonly inFlight: Map<number, number>;
  /** Decoded columns; those with references only for the replica's generation beside them. */
  readonly decoded: (Decoded | undefined)[];
}

interface Decoded {
  readonly value: unknown;
  readonly generation: number;
}

/** A row as users see it: getters for the columns, and the state behind them. */
export class ReplicaRow {
  readonly #state: RowState;

  constructor(state: RowState) {
    this.#state = state;
  }

  get _table(): string {
    return this.#state.table.name;
  }

  get _uuid(): string {
    return this.#state.uuid;
  }

  get _deleted(): boolean {
    return this.#state.deleted;
  }

  static stateOf(row: ReplicaRow): RowState {
    return row.#state;
  }
}

function hasReferences(column: ColumnSchema): boolean {
  return column.type.key.refTable !== undefined || column.type.value?.refTable !== undefined;
}

/** An atom as rows show it: references as rows (undefined if gone), integers as numbers. */
function decodeAtom(replica: Replica, base: BaseType, atom: Atom): unknown {
  if (base.refTable !== undefined) return replica.row(base.refTable, atom as string);
  return typeof atom === "bigint" ? Number(atom) : atom;
}

function decodeMap(replica: Replica, column: ColumnSchema, datum: Datum): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const { key, value } = column.type;
  datum.keys.forEach((atom, i) => {
    const k = decodeAtom(replica, key, atom);
    const v = decodeAtom(replica, value as BaseType, datum.values?.[i] as Atom);
    if (k !== undefined && v !== undefined) map.set(k, v);
  });
  return map;
}

function decodeColumn(replica: Replica, column: ColumnSchema, datum: Datum): unknown {
  const { type } = column;
  if (type.value) return decodeMap(replica, column, datum);
  if (type.max === 1) {
    // A mandatory column of a row that arrived without it cannot be: the default stands in.
    return datum.keys.length > 0 ? decodeAtom(replica, type.key, datum.keys[0] as Atom) : undefined;
  }
  return datum.keys
    .map((atom) => decodeAtom(replica, type.key, atom))
    .filter((value) => value !== undefined);
}

function readColumn(state: RowState, column: ColumnSchema): unknown {
  const { replica, decoded } = state;
  const cached = decoded[column.index];
  if (cached && (cached.generation === replica.generation || !hasReferences(column)))
    return cached.value;
  const value = decodeColumn(replica, column, state.data[column.index] as Datum);
  decoded[column.index] = { value, generation: replica.generation };
  return value;
}

/** Makes the class of a table's rows: one getter for each column. */
export function rowClass(table: TableSchema): new (state: RowState) => ReplicaRow {
  class TableRow extends ReplicaRow {}
  for (const column of table.columns) {
    Object.defineProperty(TableRow.prototype, column.name, {
      enumerable: true,
      get(this: ReplicaRow) {
        return readColumn(ReplicaRow.stateOf(this), column);
      },
    });
  }
  return TableRow;
}

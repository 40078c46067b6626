// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../../lib/json.js";
import { compareData, type Datum, datumToJson, defaultDatum } from "../../ovsdb/datum.js";
import type { Replica } from "./replica.js";
import type { Column, TableClass } from "./table-class.js";

/** How a reference to the row `uuid` is written; rows of the same transaction have names. */
type ReferenceWriter = (uuid: string) => Json;

/** A row as a transaction sees it: the replica's values, and what the transaction wrote. */
export class Row {
  readonly #written = new Map<string, Datum>();
  readonly #verified = new Set<string>();
  #deleted = false;

  constructor(
    readonly table: TableClass,
    readonly uuid: string,
    /** undefined for a row that this transaction inserts. */
    private readonly original: ReadonlyMap<string, Datum> | undefined,
  ) {}

  get isNew(): boolean {
    return this.original === undefined;
  }

  get exists(): boolean {
    return !this.#deleted;
  }

  #column(name: string): Column {
    return this.table.columns.get(name)!;
  }

  /** The value now; a column that is not watched reads as its default. */
  read(name: string): Datum {
    return (
      this.#written.get(name) ?? this.original?.get(name) ?? defaultDatum(this.#column(name).type)
    );
  }

  write(name: string, value: Datum): void {
    this.#written.set(name, value);
  }

  /** Makes the transaction fail, to be run again, when `name` is changed by somebody else. */
  verify(name: string): void {
    if (this.original?.has(name) && !this.#written.has(name)) this.#verified.add(name);
  }

  /** Whether commands may write `column`: read-only columns only before the row exists. */
  isMutable(column: Column): boolean {
    return column.mutable || this.isNew;
  }

  delete(): void {
    this.#deleted = true;
  }

  get #where(): Json {
    return [["_uuid", "==", ["uuid", this.uuid]]];
  }

  /** The `wait` operation for what was verified, if anything. */
  waitOperation(): JsonObject | undefined {
    if (this.#verified.size === 0) return undefined;
    const columns = [...this.#verified];
    const row: JsonObject = {};
    for (const name of columns) {
      row[name] = datumToJson(this.original!.get(name)!, this.#column(name).type);
    }
    return {
      op: "wait",
      table: this.table.name,
      where: this.#where,
      columns,
      until: "==",
      rows: [row],
      timeout: 0,
    };
  }

  /** The operation that makes the change, or undefined when there is none. */
  changeOperation(reference: ReferenceWriter): JsonObject | undefined {
    if (this.#deleted) {
      if (this.isNew) return undefined;
      return { op: "delete", table: this.table.name, where: this.#where };
    }
    const row: JsonObject = {};
    for (const [name, value] of this.#written) {
      const { type } = this.#column(name);
      // A new row has defaults already, and the server checks what it is told.
      if (this.isNew && compareData(value, defaultDatum(type)) === 0) continue;
      row[name] = withNames(datumToJson(value, type), reference);
    }
    if (this.isNew) {
      return { op: "insert", table: this.table.name, "uuid-name": uuidName(this.uuid), row };
    }
    if (Object.keys(row).length === 0) return undefined;
    return { op: "update", table: this.table.name, where: this.#where, row };
  }
}

/** `json` with every UUID written by `reference`. */
function withNames(json: Json, reference: ReferenceWriter): Json {
  if (!Array.isArray(json)) return json;
  if (json.length === 2 && json[0] === "uuid") return reference(json[1] as string);
  return json.map((element) => withNames(element, reference));
}

function uuidName(uuid: string): string {
  return `row${uuid.replaceAll("-", "_")}`;
}

/** Operations for a `transact` request, and how to read its reply. */
export interface Operations {
  readonly operations: JsonObject[];
  /** Index into `operations` → provisional UUID of the row that it inserts. */
  readonly inserts: ReadonlyMap<number, string>;
  /** Index of the `select` that reads the incremented counter, if one was asked for. */
  readonly counterIndex: number | undefined;
}

/** A column of one row to add 1 to, when anything else changes. */
export interface Counter {
  readonly row: Row;
  readonly column: string;
}

/** Changes against one state of the replica, to be sent as one transaction. */
export class Transaction {
  readonly #rows = new Map<string, Map<string, Row>>();

  constructor(readonly replica: Replica) {}

  #cache(table: TableClass): Map<string, Row> {
    let rows = this.#rows.get(table.name);
    if (rows === undefined) {
      rows = new Map();
      for (const [uuid, original] of this.replica.rows(table.name)) {
        rows.set(uuid, new Row(table, uuid, original));
      }
      this.#rows.set(table.name, rows);
    }
    return rows;
  }

  /** The class of the table with exactly this name. */
  table(name: string): TableClass {
    return this.replica.classes.get(name)!;
  }

  /** The rows that exist now, those of this transaction included. */
  rows(table: string): Row[] {
    return [...this.#cache(this.table(table)).values()].filter((row) => row.exists);
  }

  row(table: string, uuid: string): Row | undefined {
    const row = this.#cache(this.table(table)).get(uuid);
    return row?.exists ? row : undefined;
  }

  insert(table: string, uuid: string = randomUUID()): Row {
    const row = new Row(this.table(table), uuid, undefined);
    this.#cache(row.table).set(uuid, row);
    return row;
  }

  /** What to send, or undefined when nothing changes. */
  operations(counter: Counter | undefined): Operations | undefined {
    const all = [...this.#rows.values()].flatMap((rows) => [...rows.values()]);
    const added = new Set(all.filter((row) => row.isNew && row.exists).map((row) => row.uuid));
    const reference: ReferenceWriter = (uuid) =>
      added.has(uuid) ? ["named-uuid", uuidName(uuid)] : ["uuid", uuid];
    const waits = all.map((row) => row.waitOperation()).filter((op) => op !== undefined);
    const operations: JsonObject[] = waits;
    const inserts = new Map<number, string>();
    let changed = false;
    for (const row of all) {
      const operation = row.changeOperation(reference);
      if (operation === undefined) continue;
      changed = true;
      if (operation.op === "insert") inserts.set(operations.length, row.uuid);
      operations.push(operation);
    }
    if (!changed) return undefined;
    const counterIndex = counter && this.#increment(operations, counter, reference);
    return { operations, inserts, counterIndex };
  }

  #increment(operations: JsonObject[], { row, column }: Counter, name: ReferenceWriter): number {
    const where: Json = [["_uuid", "==", name(row.uuid)]];
    const table = row.table.name;
    operations.push({ op: "mutate", table, where, mutations: [[column, "+=", 1]] });
    operations.push({ op: "select", table, where, columns: [column] });
    return operations.length - 1;
  }
}

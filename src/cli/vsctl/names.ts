// SPDX-License-Identifier: Apache-2.0
/** How commands name tables, columns and rows; ovs-vsctl(8) "Identifying Tables, Records …". */
import { parseUuid } from "../../ovsdb/atom.js";
import { CliError } from "../invocation.js";
import type { Interest } from "./interest.js";
import type { Column, DatabaseClass, TableClass } from "./table-class.js";
import type { Row, Transaction } from "./transaction.js";

/** One way to name a row other than by UUID. */
interface RowId {
  /** Table whose rows have the name. */
  readonly table: string;
  /** Column with the name; absent: the table's only row is called ".". */
  readonly name?: string;
  /** Column of `table` that refers to the row that is meant; absent: the row itself is. */
  readonly via?: string;
}

const ROW_IDS: Readonly<Record<string, RowId>> = {
  AutoAttach: { table: "Bridge", name: "name", via: "auto_attach" },
  Bridge: { table: "Bridge", name: "name" },
  Controller: { table: "Bridge", name: "name", via: "controller" },
  Flow_Sample_Collector_Set: { table: "Flow_Sample_Collector_Set", name: "id" },
  Flow_Table: { table: "Flow_Table", name: "name" },
  IPFIX: { table: "Bridge", name: "name", via: "ipfix" },
  Interface: { table: "Interface", name: "name" },
  Manager: { table: "Manager", name: "target" },
  Mirror: { table: "Mirror", name: "name" },
  NetFlow: { table: "Bridge", name: "name", via: "netflow" },
  Open_vSwitch: { table: "Open_vSwitch" },
  Port: { table: "Port", name: "name" },
  QoS: { table: "Port", name: "name", via: "qos" },
  SSL: { table: "Open_vSwitch", via: "ssl" },
  sFlow: { table: "Bridge", name: "name", via: "sflow" },
};

/** Shortest prefix of a UUID that names a row. */
const UUID_PREFIX_MIN = 4;

function fold(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

/** How well `abbreviation` stands for `name`; 0 is not at all. */
function matchScore(name: string, abbreviation: string): number {
  if (name === abbreviation) return Number.POSITIVE_INFINITY;
  if (fold(name) === fold(abbreviation)) return Number.MAX_SAFE_INTEGER;
  return fold(name).startsWith(fold(abbreviation)) ? abbreviation.length : 0;
}

function bestMatches<T extends { readonly name: string }>(
  candidates: Iterable<T>,
  name: string,
): T[] {
  const scored = [...candidates].map((item) => ({ item, score: matchScore(item.name, name) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  return best === 0 ? [] : scored.filter(({ score }) => score === best).map(({ item }) => item);
}

function listNames(items: readonly { readonly name: string }[]): string {
  return items.map((item) => item.name).join(", ");
}

/** The table that `name`, which may be an abbreviation, stands for. Throws CliError. */
export function findTable(classes: DatabaseClass, name: string): TableClass {
  const matches = bestMatches(classes.values(), name);
  if (matches.length === 1) return matches[0]!;
  if (matches.length === 0) throw new CliError(`unknown table "${name}"`);
  throw new CliError(`"${name}" matches multiple table names: ${listNames(matches)}`);
}

/** The column of `table` that `name`, which may be an abbreviation, stands for. */
export function findColumn(table: TableClass, name: string): Column {
  const matches = bestMatches(table.columns.values(), name);
  if (matches.length === 1) return matches[0]!;
  if (matches.length === 0) {
    throw new CliError(`${table.name} does not contain a column whose name matches "${name}"`);
  }
  throw new CliError(
    `${table.name} contains more than one column whose name matches "${name}": ` +
      listNames(matches),
  );
}

/** Asks for what findRow() reads to find rows of `table`. */
export function watchNames(table: TableClass, interest: Interest): void {
  interest.add(table.name);
  const id = ROW_IDS[table.name];
  if (id === undefined) return;
  interest.add(id.table, ...[id.name, id.via].filter((column) => column !== undefined));
}

function namedReferrer(txn: Transaction, id: RowId, name: string, table: string): Row | undefined {
  const rows = txn.rows(id.table);
  const column = id.name;
  if (column === undefined) return name === "." && rows.length === 1 ? rows[0] : undefined;
  const matches = rows.filter((row) => {
    const { keys } = row.read(column);
    return keys.length === 1 && String(keys[0]) === name;
  });
  if (matches.length > 1) throw new CliError(`multiple rows in ${table} match "${name}"`);
  return matches[0];
}

function rowByName(txn: Transaction, table: TableClass, name: string): Row | undefined {
  const id = ROW_IDS[table.name];
  if (id === undefined) return undefined;
  const referrer = namedReferrer(txn, id, name, table.name);
  if (referrer === undefined || id.via === undefined) return referrer;
  referrer.verify(id.via);
  const { keys } = referrer.read(id.via);
  return keys.length === 1 ? txn.row(table.name, keys[0] as string) : undefined;
}

function rowByPrefix(txn: Transaction, table: TableClass, prefix: string): Row | undefined {
  if (prefix.length < UUID_PREFIX_MIN) return undefined;
  const matches = txn.rows(table.name).filter((row) => row.uuid.startsWith(prefix));
  if (matches.length > 1) {
    throw new CliError(
      `${table.name} contains 2 or more rows whose UUIDs begin with ${prefix}: ` +
        `at least ${matches[0]!.uuid} and ${matches[1]!.uuid}`,
    );
  }
  return matches[0];
}

function onlyRow(txn: Transaction, table: TableClass): Row | undefined {
  const rows = txn.rows(table.name);
  return rows.length === 1 ? rows[0] : undefined;
}

/** The row of `table` that `record` stands for: a UUID, a name, the start of a UUID, or ".". */
export function findRow(txn: Transaction, table: TableClass, record: string): Row | undefined {
  const uuid = parseUuid(record);
  const exact = uuid === undefined ? undefined : txn.row(table.name, uuid);
  return (
    exact ??
    rowByName(txn, table, record) ??
    (record === "." ? onlyRow(txn, table) : rowByPrefix(txn, table, record))
  );
}

/** Like findRow(), but a row that does not exist is an error. */
export function requireRow(txn: Transaction, table: TableClass, record: string): Row {
  const row = findRow(txn, table, record);
  if (row === undefined) throw new CliError(`no row "${record}" in table ${table.name}`);
  return row;
}

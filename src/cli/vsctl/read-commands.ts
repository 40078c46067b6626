// SPDX-License-Identifier: Apache-2.0
import { datumToJson, findKey } from "../../ovsdb/datum.js";
import { CliError } from "../invocation.js";
import { printJsonText } from "../table/json-text.js";
import type { Cell, Table } from "../table/table.js";
import { columnOf, parseColumnArgument } from "./column-argument.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import { DATABASE } from "./database-class.js";
import { parseAtom, printAtom, printBare, printDatum } from "./datum-text.js";
import type { Interest } from "./interest.js";
import { findColumn, findRow, findTable, requireRow, watchNames } from "./names.js";
import { isSatisfied } from "./relational.js";
import type { Column, TableClass } from "./table-class.js";
import type { Row } from "./transaction.js";

/** The table that a command's first argument names, with its names watched. */
export function watchTable({ args }: CommandLine, interest: Interest): TableClass {
  const table = findTable(DATABASE, args[0]!);
  watchNames(table, interest);
  return table;
}

/** The row that the second argument names; undefined only with --if-exists. */
export function rowOf(context: CommandContext, line: CommandLine): Row | undefined {
  const table = findTable(DATABASE, line.args[0]!);
  const record = line.args[1]!;
  return line.options.has("--if-exists")
    ? findRow(context.txn, table, record)
    : requireRow(context.txn, table, record);
}

function isUuidColumn(name: string): boolean {
  return /^[_-]uuid$/i.test(name);
}

/** What `--columns` selects; undefined stands for `_uuid`. */
function selectColumns({ options }: CommandLine, table: TableClass): (Column | undefined)[] {
  const names = options.get("--columns");
  if (names == null) return [undefined, ...table.columns.values()];
  const selected = names
    .split(/[, ]+/)
    .filter((name) => name !== "")
    .map((name) => (name.toLowerCase() === "_uuid" ? undefined : findColumn(table, name)));
  if (selected.length === 0) throw new CliError("must specify at least one column name");
  return selected;
}

function watchColumns(line: CommandLine, table: TableClass, interest: Interest): void {
  for (const column of selectColumns(line, table)) {
    if (column !== undefined) interest.add(table.name, column.name);
  }
}

function cellOf(row: Row, column: Column | undefined): Cell {
  if (column === undefined)
    return {
      json: ["uuid", row.uuid],
      text: (format) => (format === "json" ? `["uuid","${row.uuid}"]` : row.uuid),
    };
  const datum = row.read(column.name);
  const json = datumToJson(datum, column.type);
  return {
    json,
    text: (format) => {
      if (format === "json") return printJsonText(json, false);
      return format === "bare" ? printBare(datum) : printDatum(datum, column.type);
    },
  };
}

function makeTable(rows: readonly Row[], columns: readonly (Column | undefined)[]): Table {
  return {
    headings: columns.map((column) => column?.name ?? "_uuid"),
    rows: rows.map((row) => columns.map((column) => cellOf(row, column))),
  };
}

function prepareGet(line: CommandLine, interest: Interest): void {
  const table = watchTable(line, interest);
  for (const argument of line.args.slice(2)) {
    if (!isUuidColumn(argument)) interest.add(table.name, columnOf(argument, table).name);
  }
}

function getValue(row: Row, argument: string, context: CommandContext, line: CommandLine): string {
  const { column, key } = parseColumnArgument(argument, row.table);
  row.verify(column.name);
  const datum = row.read(column.name);
  if (key === undefined) return printDatum(datum, column.type);
  if (column.type.value === undefined) {
    throw new CliError(`cannot specify key to get for non-map column ${column.name}`);
  }
  const at = findKey(datum.keys, parseAtom(key, column.type.key, context.symbols));
  if (at >= 0) return printAtom(datum.values![at]!, column.type.value);
  if (line.options.has("--if-exists")) return "";
  throw new CliError(
    `no key "${key}" in ${row.table.name} record "${line.args[1]}" column ${column.name}`,
  );
}

function get(context: CommandContext, line: CommandLine): void {
  const id = line.options.get("--id");
  if (id != null && line.options.has("--if-exists")) {
    throw new CliError("--if-exists and --id may not be specified together");
  }
  const row = rowOf(context, line);
  if (row === undefined) return;
  if (id != null) context.symbols.bind(id, row.uuid);
  for (const argument of line.args.slice(2)) {
    context.print(isUuidColumn(argument) ? row.uuid : getValue(row, argument, context, line));
  }
}

function list(context: CommandContext, line: CommandLine): void {
  const table = findTable(DATABASE, line.args[0]!);
  const records = line.args.slice(1);
  const find = line.options.has("--if-exists") ? findRow : requireRow;
  const rows =
    records.length === 0
      ? context.txn.rows(table.name)
      : records
          .map((record) => find(context.txn, table, record))
          .filter((row) => row !== undefined);
  context.table = makeTable(rows, selectColumns(line, table));
}

function prepareConditions(conditions: readonly string[], table: TableClass, interest: Interest) {
  for (const condition of conditions) interest.add(table.name, columnOf(condition, table).name);
}

function find(context: CommandContext, line: CommandLine): void {
  const table = findTable(DATABASE, line.args[0]!);
  const conditions = line.args.slice(1);
  const rows = context.txn
    .rows(table.name)
    .filter((row) =>
      conditions.every((condition) => isSatisfied(table, row, condition, context.symbols)),
    );
  context.table = makeTable(rows, selectColumns(line, table));
}

function waitUntil(context: CommandContext, line: CommandLine): void {
  const table = findTable(DATABASE, line.args[0]!);
  const row = findRow(context.txn, table, line.args[1]!);
  const conditions = line.args.slice(2);
  const satisfied =
    row !== undefined &&
    conditions.every((condition) => isSatisfied(table, row, condition, context.symbols));
  if (!satisfied) context.mustWait = true;
}

export const READ_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "get",
    minArgs: 2,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "TABLE RECORD [COLUMN[:KEY]]...",
    options: ["--if-exists", "--id="],
    prepare: prepareGet,
    run: get,
  },
  {
    name: "list",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "TABLE [RECORD]...",
    options: ["--if-exists", "--columns="],
    prepare: (line, interest) => watchColumns(line, watchTable(line, interest), interest),
    run: list,
  },
  {
    name: "find",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "TABLE [COLUMN[:KEY]=VALUE]...",
    options: ["--columns="],
    prepare: (line, interest) => {
      const table = watchTable(line, interest);
      watchColumns(line, table, interest);
      prepareConditions(line.args.slice(1), table, interest);
    },
    run: find,
  },
  {
    name: "wait-until",
    minArgs: 2,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "TABLE RECORD [COLUMN[:KEY]=VALUE]...",
    options: [],
    prepare: (line, interest) => {
      const table = watchTable(line, interest);
      prepareConditions(line.args.slice(2), table, interest);
    },
    run: waitUntil,
  },
  {
    name: "comment",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "[ARG]...",
    options: [],
  },
];

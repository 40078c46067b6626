// SPDX-License-Identifier: Apache-2.0
import type { ColumnType } from "../../ovsdb/column-type.js";
import { type Datum, subtractData, unionData } from "../../ovsdb/datum.js";
import { CliError } from "../invocation.js";
import { columnOf, parseAssignment } from "./column-argument.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import { DATABASE } from "./database-class.js";
import { parseAtom, parseDatum } from "./datum-text.js";
import type { Interest } from "./interest.js";
import { findColumn, findRow, findTable, requireRow } from "./names.js";
import { rowOf, watchTable } from "./read-commands.js";
import { writeEmpty } from "./row-values.js";
import type { Column } from "./table-class.js";
import type { Row } from "./transaction.js";

function checkMutable(row: Row, column: Column): void {
  if (!row.isMutable(column)) {
    throw new CliError(`cannot modify read-only column ${column.name} in table ${row.table.name}`);
  }
}

/** Applies `column=value` or `column:key=value` to `row`. Throws CliError. */
export function assignColumn(context: CommandContext, row: Row, argument: string): void {
  const { column, key, value } = parseAssignment(argument, row.table);
  checkMutable(row, column);
  if (key === undefined) {
    row.write(column.name, parseDatum(value, column.type, context.symbols));
    return;
  }
  if (column.type.value === undefined) {
    throw new CliError(`cannot specify key to set for non-map column ${column.name}`);
  }
  const pair: Datum = {
    keys: [parseAtom(key, column.type.key, context.symbols)],
    values: [parseAtom(value, column.type.value, context.symbols)],
  };
  row.verify(column.name);
  row.write(column.name, unionData(pair, row.read(column.name), false));
}

function prepareSet(line: CommandLine, interest: Interest): void {
  const table = watchTable(line, interest);
  for (const argument of line.args.slice(2)) {
    interest.add(table.name, columnOf(argument, table).name);
  }
}

function set(context: CommandContext, line: CommandLine): void {
  const row = rowOf(context, line);
  if (row === undefined) return;
  for (const argument of line.args.slice(2)) assignColumn(context, row, argument);
  context.invalidateView();
}

function prepareColumn(line: CommandLine, interest: Interest): void {
  const table = watchTable(line, interest);
  interest.add(table.name, findColumn(table, line.args[2]!).name);
}

/** `type` with any number of elements but none. */
function oneOrMore(type: ColumnType): ColumnType {
  return { ...type, min: 1, max: Number.POSITIVE_INFINITY };
}

function elementsName(type: ColumnType): string {
  return type.value ? "pairs" : "values";
}

function add(context: CommandContext, line: CommandLine): void {
  const table = findTable(DATABASE, line.args[0]!);
  const column = findColumn(table, line.args[2]!);
  const row = rowOf(context, line);
  if (row === undefined) return;
  checkMutable(row, column);
  let datum = row.read(column.name);
  for (const argument of line.args.slice(3)) {
    const added = parseDatum(argument, oneOrMore(column.type), context.symbols);
    datum = unionData(datum, added, true);
  }
  if (datum.keys.length > column.type.max) {
    throw new CliError(
      `"add" operation would put ${datum.keys.length} ${elementsName(column.type)} ` +
        `in column ${column.name} of table ${table.name} ` +
        `but the maximum number is ${column.type.max}`,
    );
  }
  row.verify(column.name);
  row.write(column.name, datum);
  context.invalidateView();
}

/** What `remove` is to take away: elements, pairs, or keys of a map. */
function parseRemoval(argument: string, type: ColumnType, context: CommandContext): Datum {
  const many = oneOrMore(type);
  if (type.value === undefined) return parseDatum(argument, many, context.symbols);
  try {
    return parseDatum(argument, many, context.symbols);
  } catch {
    return parseDatum(argument, { ...many, value: undefined }, context.symbols);
  }
}

function remove(context: CommandContext, line: CommandLine): void {
  const table = findTable(DATABASE, line.args[0]!);
  const column = findColumn(table, line.args[2]!);
  const row = rowOf(context, line);
  if (row === undefined) return;
  checkMutable(row, column);
  let datum = row.read(column.name);
  for (const argument of line.args.slice(3)) {
    datum = subtractData(datum, parseRemoval(argument, column.type, context));
  }
  if (datum.keys.length < column.type.min) {
    throw new CliError(
      `"remove" operation would put ${datum.keys.length} ${elementsName(column.type)} ` +
        `in column ${column.name} of table ${table.name} ` +
        `but the minimum number is ${column.type.min}`,
    );
  }
  row.verify(column.name);
  row.write(column.name, datum);
  context.invalidateView();
}

function prepareClear(line: CommandLine, interest: Interest): void {
  const table = watchTable(line, interest);
  for (const name of line.args.slice(2)) interest.add(table.name, findColumn(table, name).name);
}

function clear(context: CommandContext, line: CommandLine): void {
  const row = rowOf(context, line);
  if (row === undefined) return;
  for (const name of line.args.slice(2)) {
    const column = findColumn(row.table, name);
    checkMutable(row, column);
    if (column.type.min > 0) {
      throw new CliError(
        `"clear" operation cannot be applied to column ${column.name} ` +
          `of table ${row.table.name}, which is not allowed to be empty`,
      );
    }
    writeEmpty(row, column.name);
  }
  context.invalidateView();
}

function create(context: CommandContext, { args, options }: CommandLine): void {
  const table = findTable(DATABASE, args[0]!);
  const id = options.get("--id");
  const uuid = id == null ? undefined : context.symbols.create(id, table.isRoot);
  const row = context.txn.insert(table.name, uuid);
  for (const argument of args.slice(1)) assignColumn(context, row, argument);
  context.output = row.uuid;
  context.invalidateView();
}

function destroy(context: CommandContext, { args, options }: CommandLine): void {
  const table = findTable(DATABASE, args[0]!);
  const records = args.slice(1);
  const all = options.has("--all");
  const ifExists = options.has("--if-exists");
  if (all && records.length > 0) {
    throw new CliError("--all and records argument should not be specified together");
  }
  if (all && ifExists) {
    throw new CliError("--all and --if-exists should not be specified together");
  }
  if (all) for (const row of context.txn.rows(table.name)) row.delete();
  const find = ifExists ? findRow : requireRow;
  for (const record of records) find(context.txn, table, record)?.delete();
  context.invalidateView();
}

const MANY = Number.POSITIVE_INFINITY;

export const WRITE_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "set",
    minArgs: 3,
    maxArgs: MANY,
    usage: "TABLE RECORD COLUMN[:KEY]=VALUE...",
    options: ["--if-exists"],
    prepare: prepareSet,
    run: set,
  },
  {
    name: "add",
    minArgs: 4,
    maxArgs: MANY,
    usage: "TABLE RECORD COLUMN [KEY=]VALUE...",
    options: ["--if-exists"],
    prepare: prepareColumn,
    run: add,
  },
  {
    name: "remove",
    minArgs: 4,
    maxArgs: MANY,
    usage: "TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...",
    options: ["--if-exists"],
    prepare: prepareColumn,
    run: remove,
  },
  {
    name: "clear",
    minArgs: 3,
    maxArgs: MANY,
    usage: "TABLE RECORD COLUMN...",
    options: ["--if-exists"],
    prepare: prepareClear,
    run: clear,
  },
  {
    name: "create",
    minArgs: 2,
    maxArgs: MANY,
    usage: "TABLE COLUMN[:KEY]=VALUE...",
    options: ["--id="],
    prepare: ({ args }, interest) => interest.add(findTable(DATABASE, args[0]!).name),
    run: create,
    finish: (context) => {
      // `run` left the provisional UUID.
      context.output = `${context.permanent.get(context.output) ?? context.output}\n`;
    },
  },
  {
    name: "destroy",
    minArgs: 1,
    maxArgs: MANY,
    usage: "TABLE [RECORD]...",
    options: ["--if-exists", "--all"],
    prepare: watchTable,
    run: destroy,
  },
];

// SPDX-License-Identifier: Apache-2.0
import { compareData, defaultDatum } from "../../ovsdb/datum.js";
import type { CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import { printDatum } from "./datum-text.js";
import type { Interest } from "./interest.js";
import type { Row } from "./transaction.js";

interface ShownTable {
  /** Column that names a row; absent: the UUID does. */
  readonly name?: string;
  /** Columns below it; those that refer to a shown table show its rows instead. */
  readonly columns: readonly string[];
}

const SHOWN: Readonly<Record<string, ShownTable>> = {
  Open_vSwitch: { columns: ["manager_options", "bridges", "ovs_version"] },
  Bridge: { name: "name", columns: ["controller", "fail_mode", "datapath_type", "ports"] },
  Port: { name: "name", columns: ["tag", "trunks", "interfaces"] },
  Interface: { name: "name", columns: ["type", "options", "error"] },
  Controller: { name: "target", columns: ["is_connected"] },
  Manager: { name: "target", columns: ["is_connected"] },
};

const INDENT = "    ";

function prepareShow(interest: Interest): void {
  for (const [table, { name, columns }] of Object.entries(SHOWN)) {
    interest.add(table, ...(name === undefined ? [] : [name]), ...columns);
  }
}

function titleOf(row: Row, name: string | undefined): string {
  if (name === undefined) return row.uuid;
  const { type } = row.table.columns.get(name)!;
  return `${row.table.name} ${printDatum(row.read(name), type)}`;
}

function showRow(context: CommandContext, row: Row, depth: number): void {
  const { name, columns } = SHOWN[row.table.name]!;
  context.print(INDENT.repeat(depth) + titleOf(row, name));
  for (const column of columns) {
    const { type } = row.table.columns.get(column)!;
    const datum = row.read(column);
    const { refTable } = type.key;
    if (refTable !== undefined && SHOWN[refTable] !== undefined) {
      for (const uuid of datum.keys) {
        const target = context.txn.row(refTable, uuid as string);
        if (target !== undefined) showRow(context, target, depth + 1);
      }
    } else if (compareData(datum, defaultDatum(type)) !== 0) {
      context.print(`${INDENT.repeat(depth + 1)}${column}: ${printDatum(datum, type)}`);
    }
  }
}

export const SHOW_COMMAND: CommandSyntax = {
  name: "show",
  minArgs: 0,
  maxArgs: 0,
  usage: "",
  options: [],
  prepare: (_line, interest) => prepareShow(interest),
  run: (context) => {
    for (const row of context.txn.rows("Open_vSwitch")) showRow(context, row, 0);
  },
};

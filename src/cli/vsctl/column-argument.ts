// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";
import { findColumn } from "./names.js";
import type { Column, TableClass } from "./table-class.js";
import { takeToken } from "./token.js";

/** An argument such as `options:key=value`, taken apart. */
export interface ColumnArgument {
  readonly column: Column;
  readonly key: string | undefined;
}

export interface ColumnAssignment extends ColumnArgument {
  readonly operator: string;
  readonly value: string;
}

function quoteAll(operators: readonly string[]): string {
  const quoted = operators.map((operator) => `"${operator}"`);
  if (quoted.length <= 2) return quoted.join(" or ");
  return `${quoted.slice(0, -1).join(", ")}, or ${quoted.at(-1)}`;
}

/** The column that `argument` starts with. */
export function columnOf(argument: string, table: TableClass): Column {
  const { token } = takeToken(argument, 0);
  if (token === "") throw new CliError(`${argument}: missing column name`);
  return findColumn(table, token);
}

function takeColumn(argument: string, table: TableClass): ColumnArgument & { end: number } {
  const column = columnOf(argument, table);
  const { end } = takeToken(argument, 0);
  if (argument[end] !== ":") return { column, key: undefined, end };
  const key = takeToken(argument, end + 1);
  return { column, key: key.token, end: key.end };
}

/** Parses `column[:key]`. Throws CliError. */
export function parseColumnArgument(argument: string, table: TableClass): ColumnArgument {
  const { column, key, end } = takeColumn(argument, table);
  if (end < argument.length) {
    throw new CliError(`${argument}: trailing garbage "${argument.slice(end)}" in argument`);
  }
  return { column, key };
}

/** Parses `column[:key]OPvalue` with the longest of `operators` that fits. Throws CliError. */
export function parseAssignment(
  argument: string,
  table: TableClass,
  operators: readonly string[] = ["="],
): ColumnAssignment {
  const { column, key, end } = takeColumn(argument, table);
  const fitting = operators.filter(
    (operator) => argument.startsWith(operator, end) && argument.length > end + operator.length,
  );
  const operator = fitting.sort((a, b) => b.length - a.length)[0];
  if (operator === undefined) {
    throw new CliError(
      `${argument}: argument does not end in ${quoteAll(operators)} followed by a value.`,
    );
  }
  return { column, key, operator, value: argument.slice(end + operator.length) };
}

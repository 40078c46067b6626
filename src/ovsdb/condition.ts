// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../lib/json.js";
import { type Atom, compareAtoms } from "./atom.js";
import { type ColumnType, columnTypeText, parseDatum } from "./column-type.js";
import { type Datum, equalData, excludesAll, includesAll, isOptional, isScalar } from "./datum.js";
import { type ColumnSchema, type TableSchema, UUID_INDEX } from "./db-schema.js";
import { syntaxError } from "./ovsdb-error.js";
import type { DbRow } from "./row.js";
import type { Table } from "./table.js";
import type { NamedUuids } from "./value-parser.js";

/** RFC 7047 §5.1 <function>. */
const FUNCTIONS = ["<", "<=", "==", "!=", ">=", ">", "includes", "excludes"] as const;
type ConditionFunction = (typeof FUNCTIONS)[number];

/** One clause of a condition; `true` and `false` stand for themselves (monitor_cond). */
type Clause =
  | boolean
  | { readonly column: ColumnSchema; readonly fn: ConditionFunction; readonly arg: Datum };

/** A parsed <condition>: clauses that must all hold, or (monitor_cond) of which one must hold. */
export type Condition = readonly Clause[];

/** What a row shows a condition: a column's value. */
export interface ConditionRow {
  get(column: ColumnSchema): Datum;
}

function isOptionalScalar(type: ColumnType): boolean {
  return isOptional(type) && type.value === undefined;
}

function argumentType(json: Json, column: ColumnSchema, fn: ConditionFunction): ColumnType {
  const { type } = column;
  switch (fn) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      if (
        (isScalar(type) || isOptionalScalar(type)) &&
        (type.key.type === "integer" || type.key.type === "real")
      ) {
        return { ...type, min: 1 };
      }
      throw syntaxError(
        json,
        `Type mismatch: "${fn}" operator may not be applied to column ${column.name} ` +
          `of type ${columnTypeText(type)}.`,
      );
    case "excludes":
      return isScalar(type) ? type : { ...type, min: 0, max: Number.POSITIVE_INFINITY };
    case "includes":
      return isScalar(type) ? type : { ...type, min: 0 };
    default:
      return type;
  }
}

function parseClause(json: Json, table: TableSchema, names?: NamedUuids): Clause {
  if (typeof json === "boolean") return json;
  const [name, fnName, argument] = Array.isArray(json) && json.length === 3 ? json : [];
  if (typeof name !== "string" || typeof fnName !== "string") {
    throw syntaxError(json, "Parse error in condition.");
  }
  const column = table.column(name);
  if (!column) {
    throw syntaxError(json, `No column ${name} in table ${table.name}.`, "unknown column");
  }
  const fn = FUNCTIONS.find((known) => known === fnName);
  if (!fn) throw syntaxError(undefined, `No function named ${fnName}.`, "unknown function");
  const arg = parseDatum(argument as Json, argumentType(json, column, fn), names);
  return { column, fn, arg };
}

/** RFC 7047 §5.1 <condition>s of a "where". Throws OvsdbError. */
export function parseCondition(json: Json[], table: TableSchema, names?: NamedUuids): Condition {
  return json.map((clause) => parseClause(clause, table, names));
}

function compareHolds(fn: ConditionFunction, order: number): boolean {
  switch (fn) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "==":
    case "includes":
      return order === 0;
    case "!=":
    case "excludes":
      return order !== 0;
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
  }
}

function clauseHolds(clause: Clause, row: ConditionRow): boolean {
  if (typeof clause === "boolean") return clause;
  const { column, fn, arg } = clause;
  const field = row.get(column);
  if (isScalar(column.type)) {
    return compareHolds(fn, compareAtoms(field.keys[0] as Atom, arg.keys[0] as Atom));
  }
  switch (fn) {
    case "==":
      return equalData(field, arg);
    case "!=":
      return !equalData(field, arg);
    case "includes":
      return includesAll(arg, field);
    case "excludes":
      return excludesAll(arg, field);
    default:
      // Only optional scalars come here; an absent value compares with nothing.
      return (
        field.keys.length > 0 &&
        arg.keys.length > 0 &&
        compareHolds(fn, compareAtoms(field.keys[0] as Atom, arg.keys[0] as Atom))
      );
  }
}

/** Whether all clauses hold; an empty condition always does. */
export function allHold(condition: Condition, row: ConditionRow): boolean {
  return condition.every((clause) => clauseHolds(clause, row));
}

/** Whether any clause holds; an empty condition never does. */
export function anyHolds(condition: Condition, row: ConditionRow): boolean {
  return condition.some((clause) => clauseHolds(clause, row));
}

/**
 * The rows of a table for which all clauses hold, in an array of its own, so that the caller may
 * change the table. A clause on _uuid makes it a look-up.
 */
export function queryRows(table: Table, condition: Condition): DbRow[] {
  for (const clause of condition) {
    if (typeof clause === "boolean" || clause.column.index !== UUID_INDEX) continue;
    if (clause.fn !== "==" && clause.fn !== "includes") continue;
    const row = table.rows.get(clause.arg.keys[0] as string);
    return row && allHold(condition, row) ? [row] : [];
  }
  const rows: DbRow[] = [];
  for (const row of table.rows.values()) if (allHold(condition, row)) rows.push(row);
  return rows;
}

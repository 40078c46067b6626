// SPDX-License-Identifier: Apache-2.0
/** Conditions of `find` and `wait-until`. */
import type { Atom } from "../../ovsdb/atom.js";
import type { ColumnType } from "../../ovsdb/column-type.js";
import {
  compareData,
  type Datum,
  EMPTY_SET,
  excludesAll,
  findKey,
  includesAll,
} from "../../ovsdb/datum.js";
import { CliError } from "../invocation.js";
import { parseAssignment } from "./column-argument.js";
import { parseAtom, parseDatum } from "./datum-text.js";
import type { SymbolTable } from "./symbols.js";
import type { TableClass } from "./table-class.js";
import type { Row } from "./transaction.js";

type Relation = (have: Datum, want: Datum) => boolean;

const RELATIONS: Readonly<Record<string, Relation>> = {
  "=": (a, b) => compareData(a, b) === 0,
  "!=": (a, b) => compareData(a, b) !== 0,
  "<": (a, b) => compareData(a, b) < 0,
  ">": (a, b) => compareData(a, b) > 0,
  "<=": (a, b) => compareData(a, b) <= 0,
  ">=": (a, b) => compareData(a, b) >= 0,
  "{=}": (a, b) => compareData(a, b) === 0,
  "{!=}": (a, b) => compareData(a, b) !== 0,
  "{<}": (a, b) => b.keys.length > a.keys.length && includesAll(a, b),
  "{>}": (a, b) => a.keys.length > b.keys.length && includesAll(b, a),
  "{<=}": (a, b) => includesAll(a, b),
  "{>=}": (a, b) => includesAll(b, a),
  "{in}": (a, b) => includesAll(a, b),
  "{not-in}": (a, b) => excludesAll(a, b),
};

/** The value of one key of a map as a set: empty when the map lacks the key. */
function valueOfKey(have: Datum, key: Atom): Datum {
  const at = findKey(have.keys, key);
  return at < 0 ? EMPTY_SET : { keys: [have.values![at]!], values: undefined };
}

/** Whether `row` satisfies `column[:key]OPvalue`. Throws CliError for a malformed condition. */
export function isSatisfied(
  table: TableClass,
  row: Row,
  condition: string,
  symbols: SymbolTable,
): boolean {
  const operators = Object.keys(RELATIONS);
  const { column, key, operator, value } = parseAssignment(condition, table, operators);
  const relation = RELATIONS[operator]!;
  const have = row.read(column.name);
  if (key === undefined) return relation(have, parseDatum(value, column.type, symbols));
  if (column.type.value === undefined) {
    throw new CliError(`cannot specify key to check for non-map column ${column.name}`);
  }
  const wantedKey = parseAtom(key, column.type.key, symbols);
  const many: ColumnType = {
    key: column.type.value,
    value: undefined,
    min: column.type.min,
    max: Number.POSITIVE_INFINITY,
  };
  const wanted = parseDatum(value, many, symbols);
  const found = valueOfKey(have, wantedKey);
  if (found.keys.length === 0 && !operator.startsWith("{")) return false;
  return relation(found, wanted);
}

// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, printSortedJson } from "../../lib/json.js";

function prettyLines(value: Json, depth: number): string {
  const indent = `\n${"  ".repeat(depth + 1)}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map((item) => prettyLines(item, depth + 1));
    return `[${indent}${items.join(`,${indent}`)}]`;
  }
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}: ${prettyLines(value[key]!, depth + 1)}`);
    return `{${indent}${members.join(`,${indent}`)}}`;
  }
  return printSortedJson(value);
}

/**
 * JSON text with members sorted by name; `pretty` puts one member or element per line, indented
 * by two, with closing brackets on the last element's line, as the stock tools do.
 */
export function printJsonText(value: Json, pretty: boolean): string {
  return pretty ? prettyLines(value, 0) : printSortedJson(value);
}

// SPDX-License-Identifier: Apache-2.0
import type { Json } from "../../lib/json.js";
import { CliError } from "../invocation.js";
import type { OptionSpec, ParsedOption } from "../options.js";
import { printHtml } from "./html.js";
import { printJsonText } from "./json-text.js";

export type TableFormat = "table" | "list" | "html" | "csv" | "json";
export type CellFormat = "string" | "bare" | "json";

/** How tables are printed; ovs-vsctl(8) "Table Formatting Options". */
export interface TableStyle {
  format: TableFormat;
  cells: CellFormat;
  headings: boolean;
  /** Pretty-prints the JSON of `format` "json". */
  pretty: boolean;
  /** Widest column of `format` "table", in bytes; 0 is no limit. */
  maxColumnWidth: number;
}

/** One value, printable in every cell format. */
export interface Cell {
  readonly json: Json;
  text(format: CellFormat): string;
}

export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The options that set a TableStyle. */
export const TABLE_OPTIONS: readonly OptionSpec[] = [
  { name: "format", arg: "required", short: "f" },
  { name: "data", arg: "required", short: "d" },
  { name: "no-headings", arg: "none" },
  { name: "pretty", arg: "none" },
  { name: "bare", arg: "none" },
  { name: "max-column-width", arg: "required" },
];

const FORMATS: readonly TableFormat[] = ["table", "list", "html", "csv", "json"];
const CELL_FORMATS: readonly CellFormat[] = ["string", "bare", "json"];

/** Applies one option of TABLE_OPTIONS; false when `option` is not one of them. */
export function applyTableOption(style: TableStyle, option: ParsedOption): boolean {
  const value = option.value ?? "";
  switch (option.name) {
    case "format": {
      const format = FORMATS.find((known) => known === value);
      if (format === undefined) throw new CliError(`unknown output format "${value}"`);
      style.format = format;
      return true;
    }
    case "data": {
      const cells = CELL_FORMATS.find((known) => known === value);
      if (cells === undefined) throw new CliError(`unknown data format "${value}"`);
      style.cells = cells;
      return true;
    }
    case "no-headings":
      style.headings = false;
      return true;
    case "pretty":
      style.pretty = true;
      return true;
    case "bare":
      Object.assign(style, { format: "list", cells: "bare", headings: false });
      return true;
    case "max-column-width":
      style.maxColumnWidth = Number.parseInt(value, 10) || 0;
      return true;
    default:
      return false;
  }
}

/** `text` cut or padded to `width` bytes. */
function padBytes(text: string, width: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= width) return text + " ".repeat(width - bytes.length);
  return bytes.subarray(0, width).toString();
}

function printGrid(table: Table, cells: readonly string[][], style: TableStyle): string {
  const widths = table.headings.map((heading, x) => {
    const widest = Math.max(0, ...cells.map((row) => Buffer.byteLength(row[x]!)));
    const limited = style.maxColumnWidth > 0 ? Math.min(widest, style.maxColumnWidth) : widest;
    return style.headings ? Math.max(limited, Buffer.byteLength(heading)) : limited;
  });
  const lines: string[] = [];
  const line = (words: readonly string[]): void => {
    const cells = words.map((word, x) => padBytes(word, widths[x]!));
    lines.push(cells.join(" ").trimEnd());
  };
  if (style.headings) {
    line(table.headings);
    line(widths.map((width) => "-".repeat(width)));
  }
  for (const row of cells) line(row);
  return lines.map((text) => `${text}\n`).join("");
}

function printList(table: Table, cells: readonly string[][], style: TableStyle): string {
  const records = cells.map((row) =>
    row
      .map((text, x) =>
        style.headings ? `${padHeading(table.headings[x]!)}: ${text}\n` : `${text}\n`,
      )
      .join(""),
  );
  return records.join("\n");
}

/** Pads a heading to 20 bytes; longer ones stay whole. */
function padHeading(heading: string): string {
  return heading.padEnd(20);
}

function csvCell(text: string): string {
  return /[\n",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function printCsv(table: Table, cells: readonly string[][], style: TableStyle): string {
  const rows = style.headings ? [table.headings, ...cells] : cells;
  return rows.map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

/**
 * The text of `table`. `earlier` is how many tables were printed before this one: all formats but
 * HTML and JSON separate tables by a blank line.
 */
export function printTable(table: Table, style: TableStyle, earlier: number): string {
  if (style.format === "json") {
    const data = table.rows.map((row) => row.map((cell) => cell.json));
    return `${printJsonText({ headings: [...table.headings], data }, style.pretty)}\n`;
  }
  const cells = table.rows.map((row) => row.map((cell) => cell.text(style.cells)));
  if (style.format === "html") return printHtml(table.headings, cells, style.headings);
  const separator = earlier > 0 ? "\n" : "";
  if (style.format === "csv") return separator + printCsv(table, cells, style);
  if (style.format === "list") return separator + printList(table, cells, style);
  return separator + printGrid(table, cells, style);
}

// SPDX-License-Identifier: Apache-2.0

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);
}

/** A cell whose UUIDs link to the row that they name. */
function linkedCell(element: string, text: string): string {
  const content = escapeHtml(text).replace(
    UUID,
    (uuid) => `<a href="#${uuid}">${uuid.slice(0, 8)}</a>`,
  );
  return `    <${element}>${content}</${element}>\n`;
}

function dataCell(heading: string, text: string): string {
  if (heading !== "_uuid") return linkedCell("td", text);
  const name = escapeHtml(text);
  return `    <td><a name="${name}">${escapeHtml(text.slice(0, 8))}</a></td>\n`;
}

/** An HTML table; cells of the `_uuid` column are the targets of links from other cells. */
export function printHtml(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  withHeadings: boolean,
): string {
  const tr = (cells: readonly string[]): string => `  <tr>\n${cells.join("")}  </tr>\n`;
  const head = withHeadings ? tr(headings.map((heading) => linkedCell("th", heading))) : "";
  const body = rows.map((row) => tr(row.map((text, x) => dataCell(headings[x]!, text))));
  return `<table border=1>\n${head}${body.join("")}</table>\n`;
}

// SPDX-License-Identifier: Apache-2.0

const ROW = 16;

function row(bytes: Uint8Array, at: number, withText: boolean): string {
  const slice = [...bytes.subarray(at, at + ROW)];
  const hex = slice
    .map((byte, i) => byte.toString(16).padStart(2, "0") + (i === ROW / 2 - 1 ? "-" : " "))
    .join("");
  const offset = at.toString(16).padStart(8, "0");
  if (!withText) return `${offset}  ${hex.trimEnd()}\n`;
  const text = slice
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    .join("");
  return `${offset}  ${hex.padEnd(3 * ROW)}|${text.padEnd(ROW)}|\n`;
}

/** Bytes as offsets, hexadecimal and, `withText`, characters, sixteen to a line. */
export function hexDump(bytes: Uint8Array, withText = true): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += ROW) text += row(bytes, at, withText);
  return text;
}

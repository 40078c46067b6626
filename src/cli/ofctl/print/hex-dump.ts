// SPDX-License-Identifier: Apache-2.0

const ROW = 16;

function row(bytes: Uint8Array, at: number): string {
  const slice = bytes.subarray(at, at + ROW);
  let hex = "";
  for (let i = 0; i < ROW; i++) {
    const separator = i === 0 ? " " : i === ROW / 2 ? "-" : " ";
    const byte = slice[i]?.toString(16).padStart(2, "0");
    hex += byte === undefined ? "   " : separator + byte;
  }
  const text = [...slice]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    .join("");
  return `${at.toString(16).padStart(8, "0")} ${hex} |${text}|\n`;
}

/** Bytes as offsets, hexadecimal and text, sixteen to a line. */
export function hexDump(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += ROW) text += row(bytes, at);
  return text;
}

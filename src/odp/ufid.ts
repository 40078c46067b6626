// SPDX-License-Identifier: Apache-2.0
/** Unique ids of datapath flows: 16 bytes, written like UUIDs. */

/** `ufid:01234567-89ab-cdef-0123-456789abcdef`. */
export function formatUfid(id: Uint8Array): string {
  const digits = Buffer.from(id).toString("hex");
  return `ufid:${digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`;
}

/** Reads the text of `formatUfid`; null when `text` does not start with one. */
export function parseUfid(text: string): Uint8Array | null {
  const match = /^\s*ufid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i.exec(text);
  return match && Uint8Array.from(Buffer.from(match[1].replaceAll("-", ""), "hex"));
}

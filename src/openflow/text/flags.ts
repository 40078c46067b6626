// SPDX-License-Identifier: Apache-2.0
/** Bit sets by name: `+syn-ack`, `syn|ack`, `0x12/0x3f`. */
import { scanInteger, syntaxError } from "./numbers.js";

/** Bit name by bit value. */
export type FlagNames = ReadonlyMap<number, string>;

export const TCP_FLAG_NAMES: FlagNames = new Map([
  [0x001, "fin"],
  [0x002, "syn"],
  [0x004, "rst"],
  [0x008, "psh"],
  [0x010, "ack"],
  [0x020, "urg"],
  [0x040, "ece"],
  [0x080, "cwr"],
  [0x100, "ns"],
  [0x200, "[200]"],
  [0x400, "[400]"],
  [0x800, "[800]"],
]);

export const TUNNEL_FLAG_NAMES: FlagNames = new Map([
  [1, "oam"],
  [2, "df"],
  [4, "csum"],
  [8, "key"],
]);

export const CT_STATE_NAMES: FlagNames = new Map([
  [0x01, "new"],
  [0x02, "est"],
  [0x04, "rel"],
  [0x08, "rpl"],
  [0x10, "inv"],
  [0x20, "trk"],
  [0x40, "snat"],
  [0x80, "dnat"],
]);

/** `a|b`; unknown bits as one hexadecimal number at the end; `0` for none. */
export function formatFlags(names: FlagNames, flags: number, delimiter: string): string {
  if (!flags) return "0";
  const parts: string[] = [];
  let unknown = 0;
  for (let bit = 1; bit <= 0x8000; bit *= 2) {
    if (!(flags & bit)) continue;
    const name = names.get(bit);
    if (name) parts.push(name);
    else unknown |= bit;
  }
  if (unknown) parts.push(`0x${unknown.toString(16)}`);
  return parts.join(delimiter);
}

/** `+a-b` under a mask; `a|b` when the mask is `allBits`; `0/0` when it is empty. */
export function formatFlagsMasked(
  names: FlagNames,
  flags: number,
  mask: number,
  allBits: number,
): string {
  if (mask === allBits) return formatFlags(names, flags, "|");
  if (!mask) return "0/0";
  let out = "";
  for (let bit = 1; bit <= 0x8000; bit *= 2) {
    if (mask & bit) out += `${flags & bit ? "+" : "-"}${names.get(bit) ?? "[Unknown]"}`;
  }
  return out;
}

const NUMERIC = /^\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))\/\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))/;

/** Reads flags in any of the forms. `mask` null: all bits. `what` names the field in errors. */
export function parseFlags(
  s: string,
  names: FlagNames,
  allowed: number,
  what: string,
): { flags: number; mask: number | null } {
  const unknown = (at: string) => syntaxError(`${at}: unknown ${what} flag(s)`);
  const numeric = NUMERIC.exec(s);
  if (numeric) {
    const [flags, mask] = [numeric[1], numeric[2]].map((n) => Number(scanInteger(n)!.value));
    if (flags & ~allowed || mask & ~allowed) throw unknown(s);
    return { flags, mask };
  }
  return /^[+-]/.test(s)
    ? parseSigned(s, names, allowed, what)
    : { flags: parseNamed(s, names, allowed, unknown), mask: null };
}

function parseSigned(
  text: string,
  names: FlagNames,
  allowed: number,
  what: string,
): { flags: number; mask: number } {
  let flags = 0;
  let mask = 0;
  let s = text;
  while (s !== "") {
    const sign = s[0];
    if (sign !== "+" && sign !== "-") {
      throw syntaxError(`${s}: ${what} must be preceded by '+' (for SET) or '-' (NOT SET)`);
    }
    s = s.slice(1);
    const found = [...names].find(
      ([, name]) => s.startsWith(name) && /^(?:[+-]|$)/.test(s.slice(name.length)),
    );
    if (found && mask & found[0]) {
      throw syntaxError(`${s}: Each ${what} flag can be specified only once`);
    }
    if (!found || !(found[0] & allowed)) throw syntaxError(`${s}: unknown ${what} flag(s)`);
    if (sign === "+") flags |= found[0];
    mask |= found[0];
    s = s.slice(found[1].length);
  }
  return { flags, mask };
}

function parseNamed(
  text: string,
  names: FlagNames,
  allowed: number,
  unknown: (at: string) => Error,
): number {
  let flags = 0;
  let s = text;
  while (s !== "") {
    const number = scanInteger(s);
    if (number) {
      if (number.value & ~BigInt(allowed)) throw unknown(text);
      flags |= Number(number.value);
      s = number.tail.replace(/^\|/, "");
      continue;
    }
    const found = [...names].find(
      ([, name]) => s.startsWith(name) && /^(?:\||$)/.test(s.slice(name.length)),
    );
    if (!found || !(found[0] & allowed)) throw unknown(text);
    flags |= found[0];
    s = s.slice(found[1].length).replace(/^\|/, "");
  }
  return flags;
}

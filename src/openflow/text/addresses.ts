// SPDX-License-Identifier: Apache-2.0
/** Ethernet, IPv4 and IPv6 addresses, plain and masked, as flow text writes them. */
import { syntaxError } from "./numbers.js";

/** `aa:bb:cc:dd:ee:ff` */
export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (b) => b.toString(16).padStart(2, "0")).join(":");
}

/** With `/mask` unless the mask is all ones or null. */
export function formatMacMasked(mac: Uint8Array, mask: Uint8Array | null): string {
  const exact = !mask || mask.every((b) => b === 0xff);
  return exact ? formatMac(mac) : `${formatMac(mac)}/${formatMac(mask)}`;
}

const OCTET = "[ ]*([+-]?(?:0[xX])?[0-9a-fA-F]+)";
const MAC = new RegExp(`^${Array(6).fill(OCTET).join(":")}`);

/** The low 8 bits of a hexadecimal number with a sign, as C's scanf keeps them. */
function hexOctet(digits: string): number {
  const magnitude = Number.parseInt(
    `0${digits.replace(/^[+-]/, "").replace(/^0[xX]/, "")}`.slice(-2),
    16,
  );
  return (digits.startsWith("-") ? -magnitude : magnitude) & 0xff;
}

/** Six hexadecimal numbers at the start of `s`, each cut to 8 bits; null when there are none. */
export function scanMac(s: string): { mac: Uint8Array; tail: string } | null {
  const m = MAC.exec(s);
  if (!m) return null;
  const mac = Uint8Array.from(m.slice(1), hexOctet);
  return { mac, tail: s.slice(m[0].length) };
}

/** An address that may be followed by anything, as the stock tools accept in actions. */
export function parseMac(s: string): Uint8Array {
  const scanned = scanMac(s);
  if (!scanned) throw syntaxError(`invalid mac address ${s}`);
  return scanned.mac;
}

/** `a.b.c.d` from four bytes. */
export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** Leading one bits, or -1 if ones follow a zero. */
export function ipMaskPrefix(mask: Uint8Array): number {
  const first = mask.findIndex((b) => b !== 0xff);
  if (first < 0) return mask.length * 8;
  const ones = Math.clz32(~mask[first] << 24);
  const isCidr = !((mask[first] << ones) & 0xff) && mask.subarray(first + 1).every((b) => !b);
  return isCidr ? first * 8 + ones : -1;
}

function formatMasked(
  address: Uint8Array,
  mask: Uint8Array | null,
  format: (bytes: Uint8Array) => string,
): string {
  if (!mask || mask.every((b) => b === 0xff)) return format(address);
  const prefix = ipMaskPrefix(mask);
  return `${format(address)}/${prefix >= 0 ? prefix : format(mask)}`;
}

/** `a.b.c.d`, `a.b.c.d/len` or `a.b.c.d/mask`. */
export function formatIpv4Masked(address: Uint8Array, mask: Uint8Array | null): string {
  return formatMasked(address, mask, formatIpv4);
}

/** A prefix of `length` ones in `bytes` bytes. */
export function prefixMask(length: number, bytes: number): Uint8Array {
  const mask = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) {
    mask[i] = (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff;
  }
  return mask;
}

const QUAD = "[ ]*(\\d+)\\.[ ]*(\\d+)\\.[ ]*(\\d+)\\.[ ]*(\\d+)";
const IPV4_START = new RegExp(`^${QUAD}(?:/${QUAD})?`);

function octets(groups: readonly string[]): Uint8Array {
  return Uint8Array.from(groups, (g) => Number(BigInt(g) & 0xffn));
}

/** `a.b.c.d[/mask|/len]`. */
export function parseIpv4Masked(s: string): { address: Uint8Array; mask: Uint8Array } {
  const invalid = () => syntaxError(`${s}: invalid IP address`);
  const m = IPV4_START.exec(s);
  if (!m) throw invalid();
  const address = octets(m.slice(1, 5));
  const rest = s.slice(m[0].length);
  const prefix = /^\/[ ]*([+-]?\d+)/.exec(rest);
  if (m[5] === undefined && prefix) {
    const bits = Number(prefix[1]);
    if (bits < 0 || bits > 32) {
      throw syntaxError(`${s}: IPv4 network prefix bits not between 0 and 32, inclusive`);
    }
    if (prefix[0] !== rest) throw invalid();
    return { address, mask: prefixMask(bits, 4) };
  }
  if (rest !== "") throw invalid();
  const mask = m[5] === undefined ? new Uint8Array(4).fill(0xff) : octets(m.slice(5, 9));
  return { address, mask };
}

/** A dotted quad, strictly; null otherwise. */
export function ipv4FromText(s: string): Uint8Array | null {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(s);
  if (!m) return null;
  const bytes = m.slice(1).map(Number);
  const hasLeadingZero = m.slice(1).some((g) => g.length > 1 && g.startsWith("0"));
  return hasLeadingZero || bytes.some((b) => b > 255) ? null : Uint8Array.from(bytes);
}

/** A dotted quad; the error is the stock tools' for what is no address. */
export function parseIpv4(s: string): Uint8Array {
  const address = ipv4FromText(s);
  if (!address) throw syntaxError(`${s}: could not convert to IP address`);
  return address;
}

/** The text form of RFC 5952 as the C library prints it: the longest run of zeros shortened,
 * `::a.b.c.d` for the mapped and the compatible addresses. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i] * 256 + bytes[2 * i + 1]);
  const run = longestZeroRun(words);
  if (run.start === 0 && (run.length === 6 || (run.length === 5 && words[5] === 0xffff))) {
    return `${run.length === 6 ? "::" : "::ffff:"}${formatIpv4(bytes.subarray(12))}`;
  }
  const hex = words.map((w) => w.toString(16));
  if (run.length < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let i = 0; i < words.length; i++) {
    let n = 0;
    while (i + n < words.length && words[i + n] === 0) n++;
    if (n > best.length) best = { start: i, length: n };
    i += n;
  }
  return best;
}

/** An address, `address/len` or `address/mask`. */
export function formatIpv6Masked(address: Uint8Array, mask: Uint8Array | null): string {
  return formatMasked(address, mask, formatIpv6);
}

function groupsOf(s: string): number[] | null {
  if (s === "") return [];
  const out: number[] = [];
  const parts = s.split(":");
  for (const [i, part] of parts.entries()) {
    const quad = i === parts.length - 1 && part.includes(".") ? ipv4FromText(part) : null;
    if (quad) out.push(quad[0] * 256 + quad[1], quad[2] * 256 + quad[3]);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(Number.parseInt(part, 16));
    else return null;
  }
  return out;
}

/** An IPv6 address (RFC 4291 §2.2); null when it is not one. */
export function ipv6FromText(s: string): Uint8Array | null {
  const halves = s.split("::");
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0]);
  const tail = halves.length === 2 ? groupsOf(halves[1]) : [];
  if (!head || !tail || (halves.length === 2 && halves[0].includes("."))) return null;
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null;
  const words = [...head, ...Array<number>(zeros).fill(0), ...tail];
  return Uint8Array.from(words.flatMap((w) => [w >> 8, w & 0xff]));
}

const IPV6_START = /^\s*([0-9a-fA-F:.]{1,46})/;

/** `address[/mask|/len]`. What follows the slash is a length if it starts with a digit, as in the
 * stock tools. */
export function parseIpv6Masked(s: string): { address: Uint8Array; mask: Uint8Array } {
  const invalid = () => syntaxError(`${s}: invalid IPv6 address`);
  const m = IPV6_START.exec(s);
  const address = m && ipv6FromText(m[1]);
  if (!address) throw invalid();
  const rest = s.slice(m[0].length);
  const prefix = /^\/\s*([+-]?\d+)/.exec(rest);
  if (prefix) {
    const bits = Number(prefix[1]);
    if (bits < 0 || bits > 128) {
      throw syntaxError(`${s}: IPv6 network prefix bits not between 0 and 128, inclusive`);
    }
    if (prefix[0] !== rest) throw invalid();
    return { address, mask: prefixMask(bits, 16) };
  }
  const tail = /^\/([0-9a-fA-F:.]{1,46})/.exec(rest);
  if (tail) {
    const mask = ipv6FromText(tail[1]);
    if (!mask) throw syntaxError(`${s}: Invalid IPv6 mask`);
    if (tail[0] !== rest) throw invalid();
    return { address, mask };
  }
  if (rest !== "") throw invalid();
  return { address, mask: new Uint8Array(16).fill(0xff) };
}

// SPDX-License-Identifier: Apache-2.0
/** `nat`, inside `ct`. */
import { OfpError } from "../errors.js";
import { ETH_TYPE, etherType } from "../field-prereqs.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { NAT_FLAG, type NatRange, type OfpAct } from "../ofp-actions.js";
import { formatIpv4, formatIpv6, ipv6FromText } from "../text/addresses.js";
import { keyValues } from "../text/key-value.js";
import { syntaxError } from "../text/numbers.js";
import { action, endAction, extensible, nicira, startVendor } from "./codec.js";

type Nat = Extract<OfpAct, { type: "nat" }>;

/** Which parts of a range are there. */
const HAS = { V4_MIN: 1, V4_MAX: 2, V6_MIN: 4, V6_MAX: 8, PORT_MIN: 16, PORT_MAX: 32 } as const;
const { SRC, DST, PERSISTENT, HASH, RANDOM } = NAT_FLAG;
const ALL_FLAGS = SRC | DST | PERSISTENT | HASH | RANDOM;

const isAny = (address: Uint8Array): boolean => address.every((b) => b === 0);

/** Reads text from its start. */
interface Scanner {
  text: string;
}

function scan(s: Scanner, pattern: RegExp): RegExpExecArray | null {
  const m = pattern.exec(s.text);
  if (m) s.text = s.text.slice(m[0].length);
  return m;
}

function scanV4(s: Scanner): Uint8Array | null {
  const m = scan(s, /^ *(\d+)\. *(\d+)\. *(\d+)\. *(\d+)/);
  return m && Uint8Array.from(m.slice(1), (digits) => Number(BigInt(digits) & 0xffn));
}

function scanV6(s: Scanner): Uint8Array | null {
  const m = /^\s*([0-9a-fA-F:.]{1,46})/.exec(s.text) ?? /^\[([0-9a-fA-F:.]{1,46})\]/.exec(s.text);
  const address = m && ipv6FromText(m[1]);
  if (!m || !address) return null;
  s.text = s.text.slice(m[0].length);
  return address;
}

function scanPort(s: Scanner): number | null {
  const m = scan(s, /^\s*(\d+)/);
  return m && Number(BigInt(m[1]) & 0xffffn);
}

function parseRange(text: string): NatRange | null {
  const invalid = () => syntaxError(`invalid nat range "${text}"`);
  const s: Scanner = { text };
  const v4 = scanV4(s);
  const min = v4 ?? scanV6(s);
  const range = { family: v4 ? 4 : 6, max: null, portMin: 0, portMax: 0 } as const;
  if (!min) return finishRange(s, text, null);
  let max: Uint8Array | null = null;
  if (scan(s, /^-/)) {
    max = v4 ? scanV4(s) : scanV6(s);
    if (!max || Buffer.compare(max, min) < 0) throw invalid();
  }
  if (!scan(s, /^:/)) return finishRange(s, text, { ...range, min, max });
  const portMin = scanPort(s);
  if (portMin === null) throw invalid();
  const portMax = scan(s, /^-/) ? scanPort(s) : 0;
  if (portMax === null || (portMax !== 0 && portMax < portMin)) throw invalid();
  return finishRange(s, text, { ...range, min, max, portMin, portMax });
}

function finishRange(s: Scanner, text: string, range: NatRange | null): NatRange | null {
  if (s.text === "") return range;
  const position = text.length - s.text.length;
  throw syntaxError(`garbage (${s.text}) after nat range "${text}" (pos: ${position})`);
}

const FLAG_WORDS: Readonly<Record<string, number>> = {
  src: SRC,
  dst: DST,
  persistent: PERSISTENT,
  hash: HASH,
  random: RANDOM,
};

/** Reads the argument of `nat`. */
export function parseNat(arg: string): Nat {
  let flags = 0;
  let range: NatRange | null = null;
  for (const { key, value } of keyValues(arg)) {
    if (!Object.hasOwn(FLAG_WORDS, key)) {
      throw syntaxError(`invalid key "${key}" in "nat" argument`);
    }
    flags |= FLAG_WORDS[key];
    if (key === "src" || key === "dst") range = parseRange(value);
  }
  if (flags & SRC && flags & DST) throw syntaxError('May only specify one of "src" or "dst".');
  if (flags && !(flags & (SRC | DST))) {
    throw syntaxError('Flags allowed only with "src" or "dst".');
  }
  if (flags & HASH && flags & RANDOM) {
    throw syntaxError('Both "hash" and "random" are not allowed.');
  }
  return { type: "nat", flags, range };
}

function formatAddress(range: NatRange, address: Uint8Array): string {
  if (range.family === 4) return formatIpv4(address);
  return range.portMin ? `[${formatIpv6(address)}]` : formatIpv6(address);
}

/** `10.0.0.1-10.0.0.9:80-90`; empty without a range. */
export function formatNatRange(range: NatRange): string {
  const { min, max, portMin, portMax } = range;
  let text = formatAddress(range, min);
  if (max && !isAny(max) && Buffer.compare(max, min) !== 0) text += `-${formatAddress(range, max)}`;
  if (!portMin) return text;
  text += `:${portMin}`;
  return portMax && portMax !== portMin ? `${text}-${portMax}` : text;
}

function format({ flags, range }: Nat): string {
  if (!(flags & (SRC | DST))) return "nat";
  const direction = flags & SRC ? "src" : "dst";
  if (!range) return `nat(${direction})`;
  const words = [`${direction}=${formatNatRange(range)}`];
  if (flags & PERSISTENT) words.push("persistent");
  if (flags & HASH) words.push("hash");
  if (flags & RANDOM) words.push("random");
  return `nat(${words.join(",")})`;
}

const bad = () => new OfpError("OFPBAC_BAD_ARGUMENT");

function takeAddress(r: WireReader, bytes: number): Uint8Array {
  if (r.left < bytes) throw bad();
  return r.take(bytes);
}

function takePort(r: WireReader): number {
  if (r.left < 2) throw bad();
  return r.u16();
}

function decodeRange(r: WireReader, present: number): NatRange | null {
  const isV4 = (present & HAS.V4_MIN) !== 0;
  const isV6 = !isV4 && (present & HAS.V6_MIN) !== 0;
  const strayV6 = isV6 ? 0 : present & HAS.V6_MAX;
  const strayV4 = isV4 ? 0 : present & HAS.V4_MAX;
  if (strayV4 || strayV6 || (isV4 && present & HAS.V6_MIN)) throw bad();
  if (!isV4 && !isV6) {
    if (present & (HAS.PORT_MIN | HAS.PORT_MAX)) throw bad();
    return null;
  }
  const bytes = isV4 ? 4 : 16;
  const min = takeAddress(r, bytes);
  if (isAny(min)) throw bad();
  const max = present & (isV4 ? HAS.V4_MAX : HAS.V6_MAX) ? takeAddress(r, bytes) : null;
  if (max && Buffer.compare(max, min) < 0) throw bad();
  const portMin = present & HAS.PORT_MIN ? takePort(r) : 0;
  if (present & HAS.PORT_MIN ? portMin === 0 : present & HAS.PORT_MAX) throw bad();
  const portMax = present & HAS.PORT_MAX ? takePort(r) : 0;
  if (present & HAS.PORT_MAX && portMax < portMin) throw bad();
  return { family: isV4 ? 4 : 6, min, max, portMin, portMax };
}

function decode(r: WireReader): Nat {
  r.skip(2);
  const flags = r.u16();
  const isBoth = (pair: number): boolean => (flags & pair) === pair;
  if (flags & ~ALL_FLAGS || isBoth(SRC | DST) || isBoth(HASH | RANDOM)) throw bad();
  return { type: "nat", flags, range: decodeRange(r, r.u16()) };
}

function encode(w: WireWriter, { flags, range }: Nat): void {
  const start = startVendor(w, 36);
  w.zeros(2).u16(flags);
  const presentAt = w.length;
  w.u16(0);
  let present = 0;
  const putAddress = (address: Uint8Array | null, v4: number, v6: number): void => {
    if (!address || isAny(address)) return;
    w.append(address);
    present |= range?.family === 4 ? v4 : v6;
  };
  const putPort = (port: number, bit: number): void => {
    if (!port) return;
    w.u16(port);
    present |= bit;
  };
  if (range) {
    putAddress(range.min, HAS.V4_MIN, HAS.V6_MIN);
    putAddress(range.max, HAS.V4_MAX, HAS.V6_MAX);
    putPort(range.portMin, HAS.PORT_MIN);
    putPort(range.portMax, HAS.PORT_MAX);
  }
  w.setU16(presentAt, present);
  endAction(w, start);
}

export const nat = action({
  type: "nat",
  name: "nat",
  parse: parseNat,
  format,
  wires: [extensible(nicira(36, 16, decode))],
  encode,
  check({ range }, { match }) {
    const type = etherType(match.flow);
    const isIp = type === ETH_TYPE.IP || type === ETH_TYPE.IPV6;
    const wanted = range && (range.family === 4 ? ETH_TYPE.IP : ETH_TYPE.IPV6);
    if (!isIp || (wanted && type !== wanted)) throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
  },
});

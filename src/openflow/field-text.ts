// SPDX-License-Identifier: Apache-2.0
/** Field values in text: `ovs-fields(7)`, "Format". */
import { bytesToBigint, bytesToNumber, isAllOnes, isAllZeros } from "./field-access.js";
import { isMaskValid, isPort32Valid } from "./field-prereqs.js";
import { fieldValue, type MfField, type MfFormat } from "./fields.js";
import {
  formatIpv4Masked,
  formatIpv6Masked,
  formatMacMasked,
  parseIpv4Masked,
  parseIpv6Masked,
  scanMac,
} from "./text/addresses.js";
import {
  CT_STATE_NAMES,
  type FlagNames,
  formatFlagsMasked,
  parseFlags,
  TCP_FLAG_NAMES,
  TUNNEL_FLAG_NAMES,
} from "./text/flags.js";
import { formatHex, formatHexBytes, scanBytes, syntaxError } from "./text/numbers.js";
import { formatPort, type PortNames, portFromText, portToOf10 } from "./text/ports.js";

export interface MaskedValue {
  /** `field.bytes` long. */
  value: Uint8Array;
  mask: Uint8Array;
}

type Parser = (field: MfField, s: string, ports?: PortNames) => MaskedValue;

const ones = (field: MfField): Uint8Array => new Uint8Array(field.bytes).fill(0xff);

function parseInteger(field: MfField, s: string): MaskedValue {
  const complain = (what: "value" | "mask", error: "range" | "syntax") =>
    syntaxError(
      error === "range"
        ? `${s}: ${what} too large for ${field.bytes}-byte field ${field.name}`
        : `${s}: bad syntax for ${field.name} ${what}`,
    );
  const value = scanBytes(s, field.bytes);
  if ("error" in value) throw complain("value", value.error);
  if (value.tail === "") return { value: value.value, mask: ones(field) };
  if (!value.tail.startsWith("/")) throw complain("value", "syntax");
  const mask = scanBytes(value.tail.slice(1), field.bytes);
  if ("error" in mask) throw complain("mask", mask.error);
  if (mask.tail !== "") throw complain("mask", "syntax");
  return { value: value.value, mask: mask.value };
}

function parseEthernet(field: MfField, s: string): MaskedValue {
  const mac = scanMac(s);
  if (mac?.tail === "") return { value: mac.mac, mask: ones(field) };
  const mask = mac?.tail.startsWith("/") ? scanMac(mac.tail.slice(1)) : null;
  if (!mac || mask?.tail !== "") throw syntaxError(`${s}: invalid Ethernet address`);
  return { value: mac.mac, mask: mask.mac };
}

function parsePort(field: MfField, s: string, ports?: PortNames): MaskedValue {
  const port = portFromText(s, ports);
  if (port === null) {
    throw syntaxError(
      field.format === "ofport"
        ? `${s}: invalid or unknown port for ${field.name}`
        : `${s}: port value out of range for ${field.name}`,
    );
  }
  const wire = field.format === "ofport" ? portToOf10(port) : port;
  return { value: fieldValue(field, wire), mask: ones(field) };
}

/** Names of fragment states: value and mask of the two fragment bits. */
const FRAGS: readonly (readonly [name: string, value: number, mask: number])[] = [
  ["no", 0, 3],
  ["first", 1, 3],
  ["later", 3, 3],
  ["no", 0, 1],
  ["yes", 1, 1],
  ["not_later", 0, 2],
  ["later", 2, 2],
];

function parseFrag(_field: MfField, s: string): MaskedValue {
  const found = FRAGS.find(([name]) => name === s.toLowerCase());
  if (!found) {
    throw syntaxError(
      `${s}: unknown fragment type (valid types are "no", "yes", "first", "later", "not_later"`,
    );
  }
  // The unused bits count as matched, so that a full mask is all ones.
  return { value: Uint8Array.of(found[1]), mask: Uint8Array.of(found[2] | 0xfc) };
}

function flagsParser(names: FlagNames, allowed: number, what: string): Parser {
  return (field, s) => {
    const { flags, mask } = parseFlags(s, names, allowed, what);
    return {
      value: fieldValue(field, flags),
      mask: mask === null ? ones(field) : fieldValue(field, mask),
    };
  };
}

function parsePacketType(field: MfField, s: string): MaskedValue {
  const fail = (at: string, what: string) =>
    syntaxError(`${at}: bad syntax for packet type ${what}`);
  if (!s.startsWith("(")) throw fail(s, "missing '('");
  const ns = scanBytes(s.slice(1), 2);
  if ("error" in ns) throw fail(s.slice(1), "ns");
  if (!ns.tail.startsWith(",")) throw fail(s.slice(1), "missing ','");
  const after = ns.tail.slice(1);
  const type = scanBytes(after, 2);
  if ("error" in type) throw fail(after, "ns_type");
  if (!type.tail.startsWith(")")) throw fail(after, "missing ')'");
  return { value: Uint8Array.of(...ns.value, ...type.value), mask: ones(field) };
}

const PARSERS: Record<MfFormat, Parser> = {
  decimal: parseInteger,
  hexadecimal: parseInteger,
  ethernet: parseEthernet,
  ipv4: (_field, s) => {
    const { address, mask } = parseIpv4Masked(s);
    return { value: address, mask };
  },
  ipv6: (_field, s) => {
    const { address, mask } = parseIpv6Masked(s);
    return { value: address, mask };
  },
  ofport: parsePort,
  ofport32: parsePort,
  frag: parseFrag,
  tcp_flags: flagsParser(TCP_FLAG_NAMES, 0x0fff, "TCP"),
  tnl_flags: flagsParser(TUNNEL_FLAG_NAMES, 1, "tunnel"),
  ct_state: flagsParser(CT_STATE_NAMES, 0xff, "ct_state"),
  packet_type: parsePacketType,
};

/** Reads a value and mask for `field` (`*`: all wild). Throws the stock tools' message. */
export function parseField(field: MfField, s: string, ports?: PortNames): MaskedValue {
  if (s === "*") return { value: new Uint8Array(field.bytes), mask: new Uint8Array(field.bytes) };
  const parsed = PARSERS[field.format](field, s, ports);
  if (!isMaskValid(field, parsed.mask)) {
    throw syntaxError(`${s}: invalid mask for field ${field.name}`);
  }
  return parsed;
}

/** Reads a value that must not be masked. */
export function parseFieldExact(field: MfField, s: string, ports?: PortNames): Uint8Array {
  const { value, mask } = parseField(field, s, ports);
  if (!isAllOnes(mask)) throw syntaxError(`${s}: wildcards not allowed here`);
  return value;
}

function formatInteger(field: MfField, value: Uint8Array, mask: Uint8Array | null): string {
  const text =
    field.format === "hexadecimal"
      ? formatHexBytes(value)
      : BigInt.asIntN(64, bytesToBigint(value)).toString();
  return mask ? `${text}/${formatHexBytes(mask)}` : text;
}

function formatPortValue(field: MfField, value: Uint8Array, ports?: PortNames): string {
  const port = bytesToNumber(value);
  if (field.format === "ofport") {
    return formatPort(port >= 0xff00 ? port + 0xffff0000 : port, ports);
  }
  return formatPort(isPort32Valid(port) ? port : 0xffffffff, ports);
}

function formatFrag(value: number, mask: number): string {
  const m = mask & 3;
  return FRAGS.find((f) => f[1] === (value & m) && f[2] === m)?.[0] ?? "<error>";
}

function formatPacketType(value: number, mask: number): string {
  if (value === 0 && mask === 0xffffffff) return "eth";
  const half = (v: number, m: number) =>
    m === 0xffff ? `${v}` : `0x${v.toString(16)}/0x${m.toString(16)}`;
  const ns = half(value >>> 16, mask >>> 16);
  const type = mask & 0xffff;
  const low = value & 0xffff;
  return `packet_type=(${ns},${type === 0xffff ? formatHex(low) : half(low, type)})`;
}

/** Writes a value as `ovs-ofctl` does in actions; `mask` null or all ones: exact. */
export function formatField(
  field: MfField,
  value: Uint8Array,
  maskOrNull: Uint8Array | null = null,
  ports?: PortNames,
): string {
  if (maskOrNull && isAllZeros(maskOrNull)) return "ANY";
  const mask = maskOrNull && !isAllOnes(maskOrNull) ? maskOrNull : null;
  const v = bytesToNumber(value);
  const m = mask ? bytesToNumber(mask) : 0xffffffff;
  switch (field.format) {
    case "ofport":
    case "ofport32":
      return mask ? formatInteger(field, value, mask) : formatPortValue(field, value, ports);
    case "decimal":
    case "hexadecimal":
      return formatInteger(field, value, mask);
    case "ethernet":
      return formatMacMasked(value, mask);
    case "ipv4":
      return formatIpv4Masked(value, mask);
    case "ipv6":
      return formatIpv6Masked(value, mask);
    case "frag":
      return formatFrag(v, m);
    case "tcp_flags":
      return formatFlagsMasked(TCP_FLAG_NAMES, v, m & 0xfff, 0xfff);
    case "tnl_flags":
      return formatFlagsMasked(TUNNEL_FLAG_NAMES, v, m & 1, 1);
    case "ct_state":
      return formatFlagsMasked(CT_STATE_NAMES, v, m & 0xffff, 0xffff);
    case "packet_type":
      return formatPacketType(v, m);
  }
}

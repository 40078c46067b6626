// SPDX-License-Identifier: Apache-2.0
/** What a learned flow matches and does, one part at a time: the specs of `learn`. */
import { OfpError } from "../errors.js";
import { bytesToBigint } from "../field-access.js";
import { formatField, parseFieldExact } from "../field-text.js";
import { headerFor, type MfField } from "../fields.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readShortHeader, writeFieldHeader } from "../nxm.js";
import type { LearnSpec, Subfield } from "../ofp-actions.js";
import { formatSubfield, parseSubfield } from "../subfield.js";
import { formatHex, scanBytes, syntaxError } from "../text/numbers.js";
import type { PortNames } from "../text/ports.js";
import { parseMove } from "./move.js";

/** Bits of a spec's header: immediate source, destination, width. */
const SRC_IMMEDIATE = 1 << 13;
const DST_SHIFT = 11;
const DST_NAMES = ["match", "load", "output"] as const;
const BITS_MASK = 0x3ff;
/** Bytes that hold any value that can be loaded. */
const VALUE_BYTES = 128;

const isWhole = (sf: Subfield): boolean => sf.start === 0 && sf.bits === sf.field.bits;

/** The wire has room for 4-byte headers only. */
function requireShortHeader(f: MfField, context: string, name: string): void {
  const header = headerFor(f, 0);
  if (!header || header.experimenter) {
    throw syntaxError(`${context}: experimenter OXM field '${name}' not supported`);
  }
}

/** The message of what `body` throws; null when it does not. */
function attempt<T>(body: () => T): { value: T } | { error: string } {
  try {
    return { value: body() };
  } catch (error) {
    if (error instanceof Error && error.name === "OperatorError") return { error: error.message };
    throw error;
  }
}

function parseImmediate(all: string, dst: Subfield, text: string, ports?: PortNames): bigint {
  if (isWhole(dst)) return bytesToBigint(parseFieldExact(dst.field, text, ports));
  const scanned = scanBytes(text, dst.field.bytes);
  if ("error" in scanned || scanned.tail !== "") {
    throw syntaxError(`${all}: cannot parse integer value`);
  }
  const value = bytesToBigint(scanned.value);
  if (value >> BigInt(dst.bits)) {
    const shown = formatField(dst.field, scanned.value);
    throw syntaxError(`${all}: value ${shown} does not fit into ${dst.bits} bits`);
  }
  return value;
}

function parseMatch(
  all: string,
  name: string,
  dst: Subfield,
  text: string,
  ports?: PortNames,
): LearnSpec {
  requireShortHeader(dst.field, all, name);
  if (text === "") return { to: "match", dst, src: dst, value: 0n, bits: dst.bits };
  const source = attempt(() => parseSubfield(text));
  if ("error" in source) {
    const value = attempt(() => parseImmediate(all, dst, text, ports));
    if ("value" in value) {
      return { to: "match", dst, src: null, value: value.value, bits: dst.bits };
    }
    throw syntaxError(
      `${all}: ${name} value ${text} cannot be parsed as a subfield (${source.error}) ` +
        `or an immediate value (${value.error})`,
    );
  }
  const src = source.value;
  if (src.bits !== dst.bits) {
    throw syntaxError(
      `${all}: bit widths of ${name} (${src.bits}) and ${text} (${dst.bits}) differ`,
    );
  }
  return { to: "match", dst, src, value: 0n, bits: dst.bits };
}

function parseLoad(text: string): LearnSpec {
  const arrow = text.indexOf("->");
  if (arrow < 0) throw syntaxError(`load: missing \`->' in \`${text}'`);
  if (arrow === 0) throw syntaxError(`load: missing source before \`->' in \`${text}'`);
  const scanned = scanBytes(text, VALUE_BYTES);
  if ("error" in scanned) {
    const { src, dst } = parseMove(text);
    return { to: "load", dst, src, value: 0n, bits: dst.bits };
  }
  if (!scanned.tail.startsWith("->")) {
    throw syntaxError(`load: garbage before \`->' in \`${text}'`);
  }
  const name = scanned.tail.slice(2);
  const dst = parseSubfield(name);
  requireShortHeader(dst.field, text, name);
  const value = bytesToBigint(scanned.value);
  if (value >> BigInt(dst.bits)) {
    throw syntaxError(`${text}: value does not fit into ${dst.bits} bits`);
  }
  return { to: "load", dst, src: null, value, bits: dst.bits };
}

/** Reads one spec; `all` is the whole argument of `learn`, for messages. */
export function parseSpec(all: string, name: string, text: string, ports?: PortNames): LearnSpec {
  const dst = attempt(() => parseSubfield(name));
  if ("value" in dst) return parseMatch(all, name, dst.value, text, ports);
  if (name === "load") return parseLoad(text);
  if (name === "output") {
    const src = parseSubfield(text);
    return { to: "output", dst: null, src, value: 0n, bits: src.bits };
  }
  throw syntaxError(`${all}: unknown keyword ${name}`);
}

/** A value as bytes just wide enough for the spec. */
function immediateBytes(spec: LearnSpec, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let rest = spec.value;
  for (let i = bytes - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn);
  return out;
}

export function formatSpec(spec: LearnSpec, ports?: PortNames): string {
  const { dst, src, value } = spec;
  if (spec.to === "output") return `output:${src ? formatSubfield(src) : ""}`;
  if (!dst) return "";
  if (spec.to === "load") {
    return `load:${src ? formatSubfield(src) : formatHex(value)}->${formatSubfield(dst)}`;
  }
  if (!src && isWhole(dst)) {
    const bytes = immediateBytes(spec, dst.field.bytes);
    return `${dst.field.name}=${formatField(dst.field, bytes, null, ports)}`;
  }
  if (!src) return `${formatSubfield(dst)}=${formatHex(value)}`;
  const isSame = src.field === dst.field && src.start === dst.start;
  return formatSubfield(dst) + (isSame ? "" : `=${formatSubfield(src)}`);
}

const readSubfield = (r: WireReader, bits: number): Subfield => {
  const field = readShortHeader(r);
  return { field, start: r.u16(), bits };
};

/** Bytes of an immediate value on the wire. */
const wireBytes = (bits: number): number => 2 * Math.ceil(bits / 16);

/** Reads specs up to the end of the action or to the padding. */
export function readSpecs(r: WireReader): LearnSpec[] {
  const specs: LearnSpec[] = [];
  while (r.left >= 2) {
    const header = r.u16();
    if (header === 0) break;
    const isImmediate = (header & SRC_IMMEDIATE) !== 0;
    const to = DST_NAMES[(header >> DST_SHIFT) & 3];
    const bits = header & BITS_MASK;
    if (!to || (to === "output" && isImmediate)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    const needed = (isImmediate ? wireBytes(bits) : 6) + (to === "output" ? 0 : 6);
    if (r.left < needed) throw new OfpError("OFPBAC_BAD_LEN");
    const src = isImmediate ? null : readSubfield(r, bits);
    const value = isImmediate ? bytesToBigint(r.take(wireBytes(bits))) : 0n;
    const dst = to === "output" ? null : readSubfield(r, bits);
    specs.push({ to, dst, src, value: BigInt.asUintN(bits, value), bits });
  }
  if (r.view(r.left).some((b) => b !== 0)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return specs;
}

export function writeSpec(w: WireWriter, spec: LearnSpec): void {
  const { dst, src, bits } = spec;
  const kind = DST_NAMES.indexOf(spec.to) << DST_SHIFT;
  w.u16(bits | kind | (src ? 0 : SRC_IMMEDIATE));
  if (src) {
    writeFieldHeader(w, src.field, 0);
    w.u16(src.start);
  } else {
    w.append(immediateBytes(spec, wireBytes(bits)));
  }
  if (!dst) return;
  writeFieldHeader(w, dst.field, 0);
  w.u16(dst.start);
}

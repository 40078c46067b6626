// SPDX-License-Identifier: Apache-2.0
/** `bundle` and `bundle_load`: choose one of several ports, to send to or to load. */
import { OfpError } from "../errors.js";
import { headerFor } from "../fields.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readShortHeader, writeFieldHeader } from "../nxm.js";
import { OFPP, type OfpAct, type Subfield } from "../ofp-actions.js";
import { checkDestination, formatSubfield, parseSubfield } from "../subfield.js";
import { syntaxError } from "../text/numbers.js";
import { formatPort, portFromText, portToOf10 } from "../text/ports.js";
import {
  action,
  type CheckContext,
  endAction,
  extensible,
  nicira,
  type ParseContext,
  startVendor,
} from "./codec.js";
import { checkHashFields, HASH_FIELDS, leadingInteger, parseHashFields } from "./hash-fields.js";
import { checkOutputPort, PORTS_END, portFrom16 } from "./output.js";
import { decodeRange, encodeRange } from "./range.js";

type Bundle = Extract<OfpAct, { type: "bundle" }>;

const ALGORITHMS = ["active_backup", "hrw"] as const;
const MEMBERS_MAX = 2048;
/** NXM_OF_IN_PORT: members are ports, the only kind there is. */
const MEMBER_TYPE = 0x00000002;

/** The words before the members, and the members. Words end at commas and blanks, the last one
 * at a colon. */
function split(arg: string, count: number): { words: string[]; delimiter?: string; rest: string } {
  const words: string[] = [];
  let rest = arg;
  while (words.length < count) {
    const m = /^[, ]*([^, ]+)[, ]?/.exec(rest);
    if (!m) return { words, rest: "" };
    words.push(m[1]);
    rest = rest.slice(m[0].length);
  }
  const m = /^[: ]*([^: ]+)[: ]?/.exec(rest);
  return m ? { words, delimiter: m[1], rest: rest.slice(m[0].length) } : { words, rest: "" };
}

function parseMembers(text: string, c: ParseContext): number[] {
  const words = text.split(/[, [\]]+/).filter((word) => word !== "");
  return words.slice(0, MEMBERS_MAX).map((word) => {
    const port = portFromText(word, c.ports);
    if (port === null) throw syntaxError(`${word}: bad port number`);
    return port;
  });
}

function parseDestination(arg: string, text: string): Subfield {
  const dst = parseSubfield(text);
  const header = headerFor(dst.field, 0);
  if (!header || header.experimenter) {
    throw syntaxError(`${arg}: experimenter OXM field '${text}' not supported`);
  }
  return dst;
}

function parse(arg: string, c: ParseContext, isLoad: boolean): OfpAct {
  const { words, delimiter, rest } = split(arg, isLoad ? 5 : 4);
  if (delimiter === undefined) {
    throw syntaxError(`${arg}: not enough arguments to bundle action`);
  }
  if (!["members", "slaves"].includes(delimiter.toLowerCase())) {
    throw syntaxError(`${arg}: missing member delimiter, expected \`members', got \`${delimiter}'`);
  }
  const [fieldsText, basis, name, memberType, to] = words;
  const members = parseMembers(rest, c);
  const fields = parseHashFields(arg, fieldsText);
  const algorithm = ALGORITHMS.find((known) => known === name.toLowerCase());
  if (!algorithm) throw syntaxError(`${arg}: unknown algorithm \`${name}'`);
  if (memberType.toLowerCase() !== "ofport") {
    throw syntaxError(`${arg}: unknown member_type \`${memberType}'`);
  }
  const dst = isLoad ? parseDestination(arg, to) : null;
  return {
    type: "bundle",
    fields,
    basis: leadingInteger(basis) & 0xffff,
    algorithm,
    members,
    dst,
  };
}

function decode(r: WireReader, isLoad: boolean): Bundle {
  const bad = () => new OfpError("OFPBAC_BAD_ARGUMENT");
  const algorithm = ALGORITHMS[r.u16()];
  const fields = r.u16();
  const basis = r.u16();
  const memberType = r.u32();
  const count = r.u16();
  const range = r.u16();
  const dst = isLoad ? { ...decodeRange(range), field: readShortHeader(r) } : null;
  const stray = isLoad ? 0 : r.u32() || range;
  const reserved = r.u32();
  if (r.left < 2 * count) throw new OfpError("OFPBAC_BAD_LEN");
  // The stock switch does not look at these when it loads.
  const isWrong = count > MEMBERS_MAX || memberType !== MEMBER_TYPE || reserved !== 0;
  if (stray !== 0 || (dst ? dst.bits < 16 : isWrong)) throw bad();
  checkHashFields(fields);
  if (!algorithm) throw bad();
  const members = Array.from({ length: count }, () => portFrom16(r.u16()));
  const act: Bundle = { type: "bundle", fields, basis, algorithm, members, dst };
  if (dst) checkDestination(dst, null);
  checkMembers(act, PORTS_END);
  return act;
}

/** Controllers cannot be members: there is no place to say `max_len`. */
function checkMembers({ members }: Bundle, maxPorts: number): void {
  for (const port of members) {
    if (port !== OFPP.NONE) checkOutputPort(port, maxPorts);
    if (port === OFPP.CONTROLLER) throw new OfpError("OFPBAC_BAD_OUT_PORT");
  }
}

function encode(w: WireWriter, act: Bundle): void {
  const { dst, members } = act;
  const start = startVendor(w, dst ? 13 : 12);
  w.u16(ALGORITHMS.indexOf(act.algorithm)).u16(act.fields).u16(act.basis);
  w.u32(MEMBER_TYPE).u16(members.length);
  if (dst) writeFieldHeader(w.u16(encodeRange(dst)), dst.field, 0);
  else w.zeros(6);
  w.zeros(4);
  for (const port of members) w.u16(portToOf10(port));
  endAction(w, start);
}

export const bundle = action({
  type: "bundle",
  name: "bundle",
  parse: (arg, c) => parse(arg, c, false),
  aliases: { bundle_load: (arg, c) => parse(arg, c, true) },
  format({ fields, basis, algorithm, members, dst }, { ports }) {
    const parts = [HASH_FIELDS[fields], basis, algorithm, "ofport"];
    if (dst) parts.push(formatSubfield(dst));
    const list = members.map((port) => formatPort(port, ports)).join(",");
    return `${dst ? "bundle_load" : "bundle"}(${parts.join(",")},members:${list})`;
  },
  wires: [
    extensible(nicira(12, 32, (r) => decode(r, false))),
    extensible(nicira(13, 32, (r) => decode(r, true))),
  ],
  encode,
  check(act, c: CheckContext) {
    if (act.dst) checkDestination(act.dst, c.match);
    checkMembers(act, c.maxPorts);
  },
});

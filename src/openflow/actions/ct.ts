// SPDX-License-Identifier: Apache-2.0
/** `ct` and `ct_clear`: connection tracking. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import { ETH_TYPE, etherType, IP_PROTO } from "../field-prereqs.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readShortHeader, writeFieldHeader } from "../nxm.js";
import { CT_FLAG, type OfpAct, type Subfield } from "../ofp-actions.js";
import { checkSource, formatSubfield, parseSubfield } from "../subfield.js";
import { keyValues } from "../text/key-value.js";
import { parseU16, syntaxError, wholeInteger } from "../text/numbers.js";
import {
  action,
  type CheckContext,
  type DecodeContext,
  type EncodeNested,
  endAction,
  extensible,
  type FormatContext,
  nicira,
  noArgument,
  type ParseContext,
  parseTable,
  startVendor,
} from "./codec.js";
import { parseNat } from "./nat.js";
import { decodeRange, encodeRange } from "./range.js";
import { formatTable } from "./resubmit.js";

type Ct = Extract<OfpAct, { type: "ct" }>;

/** "Do not go on in a table." */
const NO_TABLE = 255;
const CT_INVALID = 0x10;
/** Application protocols with helpers: their ports and the protocol below. */
const ALGS: Readonly<Record<string, number>> = { ftp: 21, tftp: 69 };

function parseZone(act: Ct, value: string): void {
  if (wholeInteger(value, 0n, 0xffffn) !== null) act.zone = parseU16(value, "zone");
  else act.zoneSrc = parseSubfield(value);
}

function takeTable(act: Ct, value: string, c: ParseContext): void {
  const table = parseTable(value, c);
  if (table === null) throw syntaxError(`unknown table ${value}`);
  if (table === NO_TABLE) throw syntaxError(`invalid table 0x${NO_TABLE.toString(16)}`);
  act.table = table;
}

function parse(arg: string, c: ParseContext): OfpAct {
  const actions: OfpAct[] = [];
  const act: Ct = {
    type: "ct",
    flags: 0,
    zoneSrc: null,
    zone: 0,
    table: NO_TABLE,
    alg: 0,
    actions,
  };
  for (const { key, value } of keyValues(arg)) {
    if (key === "commit") act.flags |= CT_FLAG.COMMIT;
    else if (key === "force") act.flags |= CT_FLAG.FORCE;
    else if (key === "table") takeTable(act, value, c);
    else if (key === "zone") parseZone(act, value);
    else if (key === "alg") {
      if (!Object.hasOwn(ALGS, value)) throw syntaxError(`invalid conntrack helper "${value}"`);
      act.alg = ALGS[value];
    } else if (key === "nat") actions.push(parseNat(value));
    else if (key === "exec") actions.push(...c.parseNested(value, "ct"));
    else throw syntaxError(`invalid argument to "ct" action: \`${key}'`);
  }
  if (act.flags & CT_FLAG.FORCE && !(act.flags & CT_FLAG.COMMIT)) {
    throw syntaxError('"force" flag requires "commit" flag.');
  }
  return act;
}

function format(act: Ct, c: FormatContext): string {
  const parts: string[] = [];
  if (act.flags & CT_FLAG.COMMIT) parts.push("commit");
  if (act.flags & CT_FLAG.FORCE) parts.push("force");
  if (act.table !== NO_TABLE) parts.push(`table=${formatTable(act.table, c)}`);
  if (act.zoneSrc) parts.push(`zone=${formatSubfield(act.zoneSrc)}`);
  else if (act.zone) parts.push(`zone=${act.zone}`);
  // A leading nat stands beside what is executed.
  const isNat = act.actions[0]?.type === "nat";
  if (isNat) parts.push(c.formatNested(act.actions.slice(0, 1)));
  const rest = isNat ? act.actions.slice(1) : act.actions;
  if (rest.length > 0) parts.push(`exec(${c.formatNested(rest)})`);
  const name = Object.keys(ALGS).find((key) => ALGS[key] === act.alg);
  if (act.alg) parts.push(`alg=${name ?? act.alg}`);
  return `ct(${parts.join(",")})`;
}

function decodeZone(range: number, r: WireReader, header: number): Subfield | null {
  if (header === 0) return null;
  const src = { ...decodeRange(range), field: readShortHeader(r) };
  checkSource(src, null);
  if (src.bits !== 16) throw new OfpError("OFPBAC_BAD_SET_LEN");
  return src;
}

/** Without commit the only thing that may be executed is a plain nat. */
function checkUncommitted(act: Ct): void {
  if (act.flags & CT_FLAG.COMMIT) return;
  const isPlain = (a: OfpAct): boolean => a.type === "nat" && a.flags === 0 && a.range === null;
  if (!act.actions.every(isPlain)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
}

function decode(r: WireReader, c: DecodeContext): Ct {
  const flags = r.u16();
  if (flags & CT_FLAG.FORCE && !(flags & CT_FLAG.COMMIT)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  const header = r.peekU32();
  const source = r.sub(4);
  const range = r.u16();
  const zoneSrc = decodeZone(range, source, header);
  const table = r.u8();
  r.skip(3);
  const alg = r.u16();
  const actions = c.decodeNested(r, "ct");
  const act: Ct = { type: "ct", flags, zoneSrc, zone: zoneSrc ? 0 : range, table, alg, actions };
  checkUncommitted(act);
  return act;
}

function encode(w: WireWriter, act: Ct, version: number, encodeNested: EncodeNested): void {
  const start = startVendor(w, 35);
  w.u16(act.flags);
  if (act.zoneSrc) {
    writeFieldHeader(w, act.zoneSrc.field, 0);
    w.u16(encodeRange(act.zoneSrc));
  } else {
    w.u32(0).u16(act.zone);
  }
  w.u8(act.table).zeros(3).u16(act.alg);
  encodeNested(w, act.actions, version);
  endAction(w, start);
}

function check(act: Ct, c: CheckContext): void {
  const { flow } = c.match;
  const type = etherType(flow);
  const proto = flow.bytes[KEY_FIELDS.nw_proto.offset];
  const isInvalid = (flow.bytes[KEY_FIELDS.ct_state.offset] & CT_INVALID) !== 0;
  if (
    (type !== ETH_TYPE.IP && type !== ETH_TYPE.IPV6) ||
    (isInvalid && act.flags & CT_FLAG.COMMIT) ||
    (act.alg === ALGS.ftp && proto !== IP_PROTO.TCP) ||
    (act.alg === ALGS.tftp && proto !== IP_PROTO.UDP)
  ) {
    throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
  }
  if (act.zoneSrc) checkSource(act.zoneSrc, c.match);
  else c.checkNested(act.actions);
}

export const ct = action({
  type: "ct",
  name: "ct",
  parse,
  format,
  wires: [extensible(nicira(35, 24, decode))],
  encode,
  check,
});

export const ctClear = action({
  type: "ct_clear",
  name: "ct_clear",
  parse: noArgument({ type: "ct_clear" }),
  format: () => "ct_clear",
  wires: [nicira(43, 16, () => ({ type: "ct_clear" }))],
  encode(w) {
    endAction(w, startVendor(w, 43));
  },
});

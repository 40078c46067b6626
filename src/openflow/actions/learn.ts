// SPDX-License-Identifier: Apache-2.0
/** `learn`: NXAST_LEARN and NXAST_LEARN2 (`ovs-actions(7)`, "The learn action"). */
import { OfpError } from "../errors.js";
import { emptyMatch } from "../match.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readFieldHeader, writeFieldHeader } from "../nxm.js";
import type { OfpAct, Subfield } from "../ofp-actions.js";
import {
  checkDestination,
  checkSource,
  formatSubfield,
  matchSubfield,
  parseSubfield,
} from "../subfield.js";
import { keyValues } from "../text/key-value.js";
import { formatHex, scanInteger, syntaxError } from "../text/numbers.js";
import {
  action,
  type CheckContext,
  endAction,
  extensible,
  type Names,
  nicira,
  type ParseContext,
  parseTable,
  startVendor,
} from "./codec.js";
import { formatSpec, parseSpec, readSpecs, writeSpec } from "./learn-spec.js";

type Learn = Extract<OfpAct, { type: "learn" }>;
type Draft = { -readonly [K in keyof Learn]: Learn[K] };

const FLAG = { SEND_FLOW_REM: 1, DELETE_LEARNED: 2, WRITE_RESULT: 4 } as const;
const DEFAULT_PRIORITY = 0x8000;

function draft(): Draft {
  return {
    type: "learn",
    ...{ table: 1, priority: DEFAULT_PRIORITY, cookie: 0n },
    ...{ idleTimeout: 0, hardTimeout: 0, finIdleTimeout: 0, finHardTimeout: 0 },
    ...{ sendFlowRem: false, deleteLearned: false, limit: 0, resultDst: null },
    specs: [],
  };
}

/** As C's atoi and strtoull have it: what is no number is 0, what is too long is cut. */
function loose(text: string, bits: number, base: 0 | 10): bigint {
  return BigInt.asUintN(bits, scanInteger(text, base)?.value ?? 0n);
}

const NUMBERS: Readonly<Record<string, (draft: Draft, text: string) => void>> = {
  priority: (d, text) => {
    d.priority = Number(loose(text, 16, 10));
  },
  idle_timeout: (d, text) => {
    d.idleTimeout = Number(loose(text, 16, 10));
  },
  hard_timeout: (d, text) => {
    d.hardTimeout = Number(loose(text, 16, 10));
  },
  fin_idle_timeout: (d, text) => {
    d.finIdleTimeout = Number(loose(text, 16, 10));
  },
  fin_hard_timeout: (d, text) => {
    d.finHardTimeout = Number(loose(text, 16, 10));
  },
  limit: (d, text) => {
    d.limit = Number(loose(text, 32, 10));
  },
  cookie: (d, text) => {
    d.cookie = loose(text, 64, 0);
  },
  send_flow_rem: (d) => {
    d.sendFlowRem = true;
  },
  delete_learned: (d) => {
    d.deleteLearned = true;
  },
};

function parseTableId(text: string, all: string, names: Names): number {
  const table = parseTable(text, names);
  if (table === null) throw syntaxError(`unknown table "${text}"`);
  if (table === 255) throw syntaxError(`${all}: table id 255 not valid for \`learn' action`);
  return table;
}

function parseResult(text: string): Subfield {
  const dst = parseSubfield(text);
  if (!dst.field.writable) throw syntaxError(`${text} is read-only`);
  if (dst.bits !== 1) throw syntaxError("result_dst in 'learn' action must be a single bit");
  return dst;
}

function parse(arg: string, c: ParseContext): OfpAct {
  const act = draft();
  const specs = [];
  for (const { key, value } of keyValues(arg)) {
    if (key === "table") act.table = parseTableId(value, arg, c);
    else if (key === "result_dst") act.resultDst = parseResult(value);
    else if (Object.hasOwn(NUMBERS, key)) NUMBERS[key](act, value);
    else specs.push(parseSpec(arg, key, value, c.ports));
  }
  return { ...act, specs };
}

function formatTable(table: number, names: Names): string {
  return names.tables?.nameOf(table) ?? String(table);
}

function format(act: Learn, names: Names): string {
  const parts = [`table=${formatTable(act.table, names)}`];
  const number = (name: string, value: number, otherwise = 0): void => {
    if (value !== otherwise) parts.push(`${name}=${value}`);
  };
  number("idle_timeout", act.idleTimeout);
  number("hard_timeout", act.hardTimeout);
  number("fin_idle_timeout", act.finIdleTimeout);
  number("fin_hard_timeout", act.finHardTimeout);
  number("priority", act.priority, DEFAULT_PRIORITY);
  if (act.sendFlowRem) parts.push("send_flow_rem");
  if (act.deleteLearned) parts.push("delete_learned");
  if (act.cookie) parts.push(`cookie=${formatHex(act.cookie)}`);
  number("limit", act.limit);
  if (act.resultDst) parts.push(`result_dst=${formatSubfield(act.resultDst)}`);
  for (const spec of act.specs) parts.push(formatSpec(spec, names.ports));
  return `learn(${parts.join(",")})`;
}

function readCommon(r: WireReader): { act: Draft; flags: number; pad: number } {
  const act = draft();
  act.idleTimeout = r.u16();
  act.hardTimeout = r.u16();
  act.priority = r.u16();
  act.cookie = r.u64();
  const flags = r.u16();
  act.sendFlowRem = (flags & FLAG.SEND_FLOW_REM) !== 0;
  act.deleteLearned = (flags & FLAG.DELETE_LEARNED) !== 0;
  act.table = r.u8();
  const pad = r.u8();
  act.finIdleTimeout = r.u16();
  act.finHardTimeout = r.u16();
  return { act, flags, pad };
}

const refuseUnless = (isGood: boolean): void => {
  if (!isGood) throw new OfpError("OFPBAC_BAD_ARGUMENT");
};

function decode(r: WireReader): OfpAct {
  const { act, flags, pad } = readCommon(r);
  const allowed = FLAG.SEND_FLOW_REM | FLAG.DELETE_LEARNED;
  refuseUnless(pad === 0 && act.table !== 255 && !(flags & ~allowed));
  return { ...act, specs: readSpecs(r) };
}

function decodeWithLimit(r: WireReader): OfpAct {
  const { act, flags, pad } = readCommon(r);
  act.limit = r.u32();
  const start = r.u16();
  if (r.u16() !== 0) throw new OfpError("NXBAC_MUST_BE_ZERO");
  const allowed = FLAG.SEND_FLOW_REM | FLAG.DELETE_LEARNED | FLAG.WRITE_RESULT;
  refuseUnless(pad === 0 && act.table !== 255 && !(flags & ~allowed));
  if (flags & FLAG.WRITE_RESULT) {
    const field = readFieldHeader(r);
    if (!field.writable) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
    act.resultDst = { field, start, bits: 1 };
  } else {
    refuseUnless(start === 0);
  }
  return { ...act, withLimit: true, specs: readSpecs(r) };
}

function encode(w: WireWriter, act: Learn): void {
  const { resultDst } = act;
  const isLong = act.withLimit || act.limit !== 0 || resultDst !== null;
  const start = startVendor(w, isLong ? 45 : 16);
  w.u16(act.idleTimeout).u16(act.hardTimeout).u16(act.priority).u64(act.cookie);
  w.u16(
    (act.sendFlowRem ? FLAG.SEND_FLOW_REM : 0) |
      (act.deleteLearned ? FLAG.DELETE_LEARNED : 0) |
      (resultDst ? FLAG.WRITE_RESULT : 0),
  );
  w.u8(act.table).zeros(1).u16(act.finIdleTimeout).u16(act.finHardTimeout);
  if (isLong)
    w.u32(act.limit)
      .u16(resultDst?.start ?? 0)
      .zeros(2);
  if (resultDst) writeFieldHeader(w, resultDst.field, 0);
  for (const spec of act.specs) writeSpec(w, spec);
  endAction(w, start);
}

/** Sources must be in the packet, destinations in what the learned flow matches so far. */
function check(act: Learn, c: CheckContext): void {
  const learned = emptyMatch();
  for (const { to, src, dst, value } of act.specs) {
    if (src) checkSource(src, c.match);
    if (dst && to === "match") {
      checkSource(dst, learned);
      if (!src) matchSubfield(learned, dst, value);
    } else if (dst) {
      checkDestination(dst, learned);
    }
  }
}

export const learn = action({
  type: "learn",
  name: "learn",
  parse,
  format,
  wires: [extensible(nicira(16, 32, decode)), extensible(nicira(45, 40, decodeWithLimit))],
  encode,
  check,
});

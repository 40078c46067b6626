// SPDX-License-Identifier: Apache-2.0
/**
 * OFPT_FLOW_MOD (OpenFlow 1.0 §5.3.3, 1.3.5 §7.3.4.1) and NXT_FLOW_MOD.
 */
import { requireConsistent } from "../actions-check.js";
import { readInstructions, writeInstructions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import type { Match } from "../match.js";
import { readNxMatch, writeNxMatch } from "../nxm-match.js";
import type { OfpAct } from "../ofp-actions.js";
import {
  type Codec,
  type DecodeContext,
  LATEST,
  nicira,
  V10,
  V11,
  V12,
  V13,
  V14,
} from "./codec.js";
import { readMatch, writeMatch } from "./match.js";
import { nextIsExact, readMatch10, writeMatch10 } from "./match10.js";
import { GROUP_ANY, portFrom16, portTo16, readPort, TABLE_ALL } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

export const FLOW_COMMAND = {
  ADD: 0,
  MODIFY: 1,
  MODIFY_STRICT: 2,
  DELETE: 3,
  DELETE_STRICT: 4,
} as const;

/** `ofp_flow_mod_flags` of OpenFlow 1.3; earlier versions know the first ones only. */
export const FLOW_FLAG = {
  SEND_FLOW_REM: 1 << 0,
  CHECK_OVERLAP: 1 << 1,
  RESET_COUNTS: 1 << 2,
  NO_PKT_COUNTS: 1 << 3,
  NO_BYT_COUNTS: 1 << 4,
} as const;
const FLAGS_10 = 0x3;
/** Flags that a version has. */
export function flowFlags(version: number): number {
  return version < V12 ? FLAGS_10 : version < V13 ? 0x7 : 0x1f;
}

/** Bit 2 of OpenFlow 1.0: the emergency flow cache, long gone. */
const EMERGENCY = 1 << 2;

/** "No cookie": a modify with it keeps the flow's own. */
export const COOKIE_KEEP = 0xffffffffffffffffn;

export interface FlowMod {
  type: "flow_mod";
  /** FLOW_COMMAND. */
  command: number;
  /** TABLE_ALL: any; for an add, the switch's choice. */
  tableId: number;
  priority: number;
  match: Match;
  /** Restricts modify and delete to flows whose cookie agrees in the bits of the mask. */
  cookie: bigint;
  cookieMask: bigint;
  /** The cookie that flows get; COOKIE_KEEP: leave. */
  newCookie: bigint;
  /** A modify sets `newCookie` too (OpenFlow 1.0 and Nicira's). */
  modifyCookie: boolean;
  idleTimeout: number;
  hardTimeout: number;
  bufferId: number;
  /** OFPP.NONE: no restriction. */
  outPort: number;
  outGroup: number;
  /** FLOW_FLAG bits. */
  flags: number;
  importance: number;
  actions: readonly OfpAct[];
  /** Encode OpenFlow 1.0 as NXT_FLOW_MOD. */
  nx?: boolean;
}

function decodeFlags(raw: number, command: number, version: number): number {
  const flags = raw & flowFlags(version);
  if (raw & ~flags & ~(version === V10 ? EMERGENCY : 0)) throw new OfpError("OFPFMFC_BAD_FLAGS");
  // An add starts counting anew in OpenFlow 1.0 and 1.1 (§5.3.3); later only if asked.
  const resets = version < V12 && command === FLOW_COMMAND.ADD;
  return flags | (resets ? FLOW_FLAG.RESET_COUNTS : 0);
}

function checkCommand(command: number): void {
  if (command > FLOW_COMMAND.DELETE_STRICT) throw new OfpError("OFPFMFC_BAD_COMMAND");
}

/** Tables of a switch, the hidden one included: what a goto_table is checked against. */
const TABLES = 255;

function readFlowActions(r: WireReader, version: number, match: Match, tableId: number): OfpAct[] {
  const actions = readInstructions(r, r.left, version);
  requireConsistent(actions, match, version, { tableId, tables: TABLES });
  return actions;
}

/** Whether the cookie is one to set, not one to look for: in an add, and in OpenFlow 1.1 in a
 * modify that looks for none, which may become an add. */
function setsCookie(command: number, cookieMask: bigint, version: number): boolean {
  const isModify = command === FLOW_COMMAND.MODIFY || command === FLOW_COMMAND.MODIFY_STRICT;
  return command === FLOW_COMMAND.ADD || (version === V11 && isModify && cookieMask === 0n);
}

function isDelete(command: number): boolean {
  return command === FLOW_COMMAND.DELETE || command === FLOW_COMMAND.DELETE_STRICT;
}

function decode11(r: WireReader, { version }: DecodeContext): FlowMod {
  const cookie = r.u64();
  const cookieMask = r.u64();
  const tableId = r.u8();
  const command = r.u8();
  const [idleTimeout, hardTimeout, priority] = [r.u16(), r.u16(), r.u16()];
  const bufferId = r.u32();
  const outPort = readPort(r, version);
  const outGroup = r.u32();
  const rawFlags = r.u16();
  const importance = r.u16();
  const match = readMatch(r);
  const isNew = setsCookie(command, cookieMask, version);
  // OpenFlow 1.1 has no way to say "any table".
  if (tableId === TABLE_ALL && (version === V11 || !isDelete(command))) {
    throw new OfpError("OFPFMFC_BAD_TABLE_ID");
  }
  checkCommand(command);
  const actions = readFlowActions(r, version, match, tableId);
  return {
    type: "flow_mod",
    command,
    tableId,
    priority,
    match,
    cookie: isNew ? 0n : cookie,
    cookieMask: isNew ? 0n : cookieMask,
    newCookie: isNew ? cookie : COOKIE_KEEP,
    modifyCookie: false,
    idleTimeout,
    hardTimeout,
    bufferId,
    outPort,
    outGroup: isDelete(command) ? outGroup : GROUP_ANY,
    importance: version >= V14 && command === FLOW_COMMAND.ADD ? importance : 0,
    flags: decodeFlags(rawFlags, command, version),
    actions,
  };
}

/** The command word of OpenFlow 1.0: with NXT_FLOW_MOD_TABLE_ID the high byte is a table. */
function splitCommand(word: number, context: DecodeContext): { command: number; tableId: number } {
  const parts = context.flowModTableId
    ? { command: word & 0xff, tableId: word >> 8 }
    : { command: word, tableId: TABLE_ALL };
  checkCommand(parts.command);
  return parts;
}

/** Checks the flags of OpenFlow 1.0 and refuses emergency flows, as the stock switch does. */
function flags10(raw: number, command: number, hasTimeout: boolean): number {
  const flags = decodeFlags(raw, command, V10);
  if (raw & EMERGENCY) {
    throw new OfpError(hasTimeout ? "OFPFMFC_BAD_EMERG_TIMEOUT" : "OFPFMFC_TABLE_FULL");
  }
  return flags;
}

function decode10(r: WireReader, context: DecodeContext): FlowMod {
  const isExact = nextIsExact(r);
  const match = readMatch10(r);
  const newCookie = r.u64();
  const commandWord = r.u16();
  const [idleTimeout, hardTimeout, rawPriority] = [r.u16(), r.u16(), r.u16()];
  const bufferId = r.u32();
  const outPort = portFrom16(r.u16());
  const rawFlags = r.u16();
  const { command, tableId } = splitCommand(commandWord, context);
  const actions = readFlowActions(r, V10, match, tableId);
  return {
    type: "flow_mod",
    command,
    tableId,
    // §3.4: an entry without wildcards has the highest priority.
    priority: isExact ? 0xffff : rawPriority,
    match,
    cookie: 0n,
    cookieMask: 0n,
    newCookie,
    modifyCookie: newCookie !== COOKIE_KEEP,
    idleTimeout,
    hardTimeout,
    bufferId,
    outPort,
    outGroup: GROUP_ANY,
    importance: 0,
    flags: flags10(rawFlags, command, idleTimeout > 0 || hardTimeout > 0),
    actions,
  };
}

function decodeNx(r: WireReader, context: DecodeContext): FlowMod {
  const newCookie = r.u64();
  const commandWord = r.u16();
  const [idleTimeout, hardTimeout, priority] = [r.u16(), r.u16(), r.u16()];
  const bufferId = r.u32();
  const outPort = portFrom16(r.u16());
  const rawFlags = r.u16();
  const matchBytes = r.u16();
  r.skip(6);
  const { command, tableId } = splitCommand(commandWord, context);
  const { match, cookie, cookieMask } = readNxMatch(r, matchBytes, { allowCookie: true });
  if (command === FLOW_COMMAND.ADD && cookieMask !== 0n) throw new OfpError("NXBRC_NXM_INVALID");
  const actions = readFlowActions(r, V10, match, tableId);
  return {
    type: "flow_mod",
    command,
    tableId,
    priority,
    match,
    cookie,
    cookieMask,
    newCookie,
    modifyCookie: newCookie !== COOKIE_KEEP,
    idleTimeout,
    hardTimeout,
    bufferId,
    outPort,
    outGroup: GROUP_ANY,
    importance: 0,
    flags: flags10(rawFlags, command, idleTimeout > 0 || hardTimeout > 0),
    actions,
    nx: true,
  };
}

function encode11(w: WireWriter, m: FlowMod, version: number): void {
  const isAdd = m.command === FLOW_COMMAND.ADD;
  const isNew = setsCookie(m.command, m.cookieMask, version);
  w.u64(isNew ? m.newCookie : m.cookie).u64(isAdd ? 0n : m.cookieMask);
  w.u8(m.tableId).u8(m.command).u16(m.idleTimeout).u16(m.hardTimeout).u16(m.priority);
  w.u32(m.bufferId)
    .u32(m.outPort)
    .u32(m.outGroup)
    .u16(m.flags & flowFlags(version));
  w.u16(version >= V14 && isAdd ? m.importance : 0);
  writeMatch(w, m.match, version);
  writeInstructions(w, m.actions, version);
}

/** The table goes into the command's high byte only where one is given: the peer must have been
 * told so by NXT_FLOW_MOD_TABLE_ID. */
function joinCommand(m: FlowMod): number {
  return m.tableId === TABLE_ALL ? m.command : (m.tableId << 8) | m.command;
}

function encode10(w: WireWriter, m: FlowMod): void {
  writeMatch10(w, m.match);
  w.u64(m.newCookie).u16(joinCommand(m));
  encodeTail10(w, m);
  writeInstructions(w, m.actions, V10);
}

function encodeTail10(w: WireWriter, m: FlowMod): void {
  w.u16(m.idleTimeout).u16(m.hardTimeout).u16(m.priority).u32(m.bufferId);
  w.u16(portTo16(m.outPort)).u16(m.flags & FLAGS_10);
}

function encodeNx(w: WireWriter, m: FlowMod): void {
  w.u64(m.newCookie).u16(joinCommand(m));
  encodeTail10(w, m);
  const lengthAt = w.length;
  w.zeros(8);
  const isAdd = m.command === FLOW_COMMAND.ADD;
  const matchBytes = writeNxMatch(w, m.match, m.cookie, isAdd ? 0n : m.cookieMask);
  w.setU16(lengthAt, matchBytes);
  writeInstructions(w, m.actions, V10);
}

export const flowModCodec: Codec<FlowMod> = {
  type: "flow_mod",
  wires: [
    { name: "OFPT_FLOW_MOD", versions: [V10, V10], type: 14 },
    { name: "OFPT_FLOW_MOD", versions: [V11, LATEST], type: 14 },
    nicira("NXT_FLOW_MOD", 13, true),
  ],
  decode(r, context, wire) {
    if (wire.nx) return decodeNx(r, context);
    return context.version === V10 ? decode10(r, context) : decode11(r, context);
  },
  encode(w, m, version, wire) {
    if (wire.nx) encodeNx(w, m);
    else if (version === V10) encode10(w, m);
    else encode11(w, m, version);
  },
};

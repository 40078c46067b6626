// SPDX-License-Identifier: Apache-2.0
/**
 * What every action provides: its text names and forms, its wire forms, its checks. An action is
 * one file here and one line in table.ts.
 */
import { OfpError } from "../errors.js";
import type { Match } from "../match.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import type { OfpAct, OfpActType } from "../ofp-actions.js";
import { syntaxError, wholeInteger } from "../text/numbers.js";
import type { PortNames } from "../text/ports.js";

/** Wire numbers of OpenFlow versions. */
export const V = { OF10: 1, OF11: 2, OF12: 3, OF13: 4, OF14: 5, OF15: 6 } as const;

export const VENDOR_NICIRA = 0x00002320;
export const VENDOR_ONF = 0x4f4e4600;

/** Names that text may use for numbers. */
export interface Names {
  ports?: PortNames;
  tables?: PortNames;
}

/** State of writing actions as text. */
export interface FormatContext extends Names {
  formatNested(actions: readonly OfpAct[]): string;
}

/** State of reading actions from text. */
export interface ParseContext extends Names {
  /** Flow formats (PROTOCOL bits) that can still carry what was read; actions clear bits. */
  usable: number;
  /** How deep in nested actions. */
  depth: number;
  /** Reads the actions inside parentheses. `outer`: the action they are in. */
  parseNested(text: string, outer: OfpActType): OfpAct[];
}

/** State of reading actions from the wire. */
export interface DecodeContext {
  version: number;
  depth: number;
  /** Reads the actions that fill the rest of `r`. `outer`: the action they are in. */
  decodeNested(r: WireReader, outer: OfpActType): OfpAct[];
}

/** State of checking actions against the match they come with. */
export interface CheckContext {
  /** A copy of the match, that actions change as they would the packet (tags pushed …). */
  match: Match;
  /** Output ports must be below this; 0xff00 when not known better. */
  maxPorts: number;
  /** 255: not known. */
  tableId: number;
  /** Tables of the switch; 255: not known. */
  tables: number;
  /** Cleared by an action that does not fit the match: an error from OpenFlow 1.1 on. */
  consistent: boolean;
  checkNested(actions: readonly OfpAct[]): void;
}

/** One way to write an action. */
export interface WireForm {
  /** 0: a standard action. */
  vendor: number;
  /** Standard type, or the vendor's subtype. */
  type: number;
  /** First and last version that have it. */
  versions: readonly [number, number];
  /** Whole length, header included; the least one with `extends`. */
  bytes: number;
  extends?: boolean;
  /** `r` is after the header (4 bytes; a vendor's: 10) and ends with the action. */
  decode(r: WireReader, context: DecodeContext): OfpAct;
}

type ActOf<T extends OfpActType> = Extract<OfpAct, { type: T }>;

export interface ActionCodec<T extends OfpActType = OfpActType> {
  type: T;
  /** Its name in text and in messages about nesting; lower case. */
  name: string;
  /** More names with readers of their own: `mod_vlan_vid`, `load`. */
  aliases?: Readonly<Record<string, (arg: string, context: ParseContext) => OfpAct>>;
  parse(arg: string, context: ParseContext): OfpAct;
  format(act: ActOf<T>, context: FormatContext): string;
  wires: readonly WireForm[];
  /** Writes the action (instructions: the instruction) for `version`. */
  encode(w: WireWriter, act: ActOf<T>, version: number, encodeNested: EncodeNested): void;
  /** Throws the OpenFlow error of an action that cannot be; notes what encoding needs. */
  check?(act: ActOf<T>, context: CheckContext): void;
}

/** Writes nested actions. */
export type EncodeNested = (w: WireWriter, actions: readonly OfpAct[], version: number) => void;

/** Types a codec and forgets which action it is for, to be kept in a table. */
export function action<T extends OfpActType>(codec: ActionCodec<T>): ActionCodec {
  return codec as unknown as ActionCodec;
}

/** A wire form of OpenFlow itself. */
export function standard(
  type: number,
  versions: readonly [number, number],
  bytes: number,
  decode: WireForm["decode"],
): WireForm {
  return { vendor: 0, type, versions, bytes, decode };
}

/** A Nicira extension, by default of all versions. */
export function nicira(
  type: number,
  bytes: number,
  decode: WireForm["decode"],
  versions: readonly [number, number] = [V.OF10, V.OF15],
): WireForm {
  return { vendor: VENDOR_NICIRA, type, versions, bytes, decode };
}

/** A form that may be longer than `bytes`, in steps of 8. */
export function extensible(form: WireForm): WireForm {
  return { ...form, extends: true };
}

/** Writes the header of a standard action; `endAction` completes it. */
export function startStandard(w: WireWriter, type: number): number {
  const start = w.length;
  w.u16(type).u16(0);
  return start;
}

/** Writes the header of a vendor's action; `endAction` completes it. */
export function startVendor(w: WireWriter, subtype: number, vendor = VENDOR_NICIRA): number {
  const start = w.length;
  w.u16(0xffff).u16(0).u32(vendor).u16(subtype);
  return start;
}

/** Pads to 8 bytes, and writes the length of what began at `start`. */
export function endAction(w: WireWriter, start: number): void {
  w.pad(8, start);
  w.setU16(start + 2, w.length - start);
}

/** Throws unless the rest of `r` is zeros. */
export function expectZeros(
  r: WireReader,
  code: "NXBRC_MUST_BE_ZERO" | "OFPBAC_BAD_ARGUMENT" | "OFPBAC_BAD_SET_ARGUMENT",
): void {
  if (r.view(r.left).some((b) => b !== 0)) throw new OfpError(code);
}

/** A table number or name in text; null when it is neither. */
export function parseTable(s: string, names: Names): number | null {
  if (s.startsWith("-")) return null;
  const number = wholeInteger(s, 0n, 0xffffffffn, 10);
  if (number !== null) return number > 255n ? null : Number(number);
  return names.tables?.numberOf(s.replace(/^"(.*)"$/, "$1")) ?? null;
}

/** Bytes written as pairs of hex digits, with dots and blanks between; null for anything else. */
export function parseHexPairs(s: string): Uint8Array | null {
  const out: number[] = [];
  let rest = s;
  for (;;) {
    rest = rest.replace(/^[ .\t\r\n]+/, "");
    if (rest === "") return Uint8Array.from(out);
    if (!/^[0-9a-fA-F]{2}/.test(rest)) return null;
    out.push(Number.parseInt(rest.slice(0, 2), 16));
    rest = rest.slice(2);
  }
}

/** `00.01.02` */
export function formatHexPairs(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(".");
}

/** The reader of an action without arguments: whatever stands there is ignored. */
export function noArgument(act: OfpAct): () => OfpAct {
  return () => ({ ...act });
}

/** A number that must fit `mask`; the messages name it as the stock tools do. */
export function checkBits(arg: string, value: number, mask: number, what: string): number {
  if (value & ~mask) throw syntaxError(`${arg}: not a valid ${what}`);
  return value;
}

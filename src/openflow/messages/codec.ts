// SPDX-License-Identifier: Apache-2.0
/**
 * What a message codec is: a value type, where it lives on the wire, and two functions.
 */
import type { WireReader, WireWriter } from "./wire.js";

/** `OFPT_EXPERIMENTER` ids. */
export const VENDOR_NX = 0x00002320;
export const VENDOR_ONF = 0x4f4e4600;

export const V10 = 1;
export const V11 = 2;
export const V12 = 3;
export const V13 = 4;
export const V14 = 5;
export const V15 = 6;
/** The newest version whose message bodies are known here. */
export const LATEST = V15;

/**
 * Where a message lives on the wire in a range of versions. A codec has one for each range in which
 * its header or name differs; where only the body does, it asks for the version:
 *
 *     wires: [
 *       { name: "OFPT_PORT_MOD", versions: [V10, V10], type: 15 },
 *       { name: "OFPT_PORT_MOD", versions: [V11, LATEST], type: 16 },
 *     ]
 *
 * Messages that standards gave another home later list the old one up to then: `onf` for the ONF's
 * extensions of 1.3, `nicira` and `niciraStats` with a range for Nicira's.
 */
export interface WireId {
  /** As the stock tools print it, without "request"/"reply" for multipart: `NXST_FLOW reply`. */
  readonly name: string;
  /** Lowest and highest wire version. */
  readonly versions: readonly [number, number];
  /** `OFPT_*` of the header. */
  readonly type: number;
  /** `OFPST_*`/`OFPMP_*` for multipart messages. */
  readonly stat?: number;
  readonly vendor?: number;
  readonly subtype?: number;
  /** Chosen when the message says `nx: true`; otherwise only when nothing else serves. */
  readonly nx?: boolean;
}

/** What decoding needs to know of the connection. */
export interface DecodeContext {
  readonly version: number;
  /** The connection enabled NXT_FLOW_MOD_TABLE_ID: OpenFlow 1.0 flow-mods carry a table. */
  readonly flowModTableId: boolean;
}

export interface Codec<M extends { type: string }> {
  readonly type: M["type"];
  readonly wires: readonly WireId[];
  /** Reads the body: what follows the headers. Throws OfpError. What is left over afterwards is
   * an OFPBRC_BAD_LEN. */
  decode(r: WireReader, context: DecodeContext, wire: WireId): M;
  /** Writes the body. */
  encode(w: WireWriter, message: M, version: number, wire: WireId): void;
}

/** A multipart message in parts: `more` says that another part follows. */
export interface Multipart {
  more?: boolean;
}

/** Shorthand of an unchanging message without a body. */
export function emptyCodec<T extends string>(
  type: T,
  wires: readonly WireId[],
): Codec<{ type: T }> {
  return { type, wires, decode: () => ({ type }), encode: () => {} };
}

const ALL: readonly [number, number] = [V10, LATEST];

/** The same `OFPT_*` number in all versions. */
export function everywhere(name: string, type: number): WireId[] {
  return [{ name, versions: ALL, type }];
}

/** Hello, error and echo: understood even in versions that nothing else is known of. */
export function everAndEver(name: string, type: number): WireId[] {
  return [{ name, versions: [V10, 0xff], type }];
}

/** Nicira's extension message, in all versions or some. */
export function nicira(
  name: string,
  subtype: number,
  nx = false,
  versions: readonly [number, number] = ALL,
): WireId {
  return { name, versions, type: 4, vendor: VENDOR_NX, subtype, nx };
}

/** The ONF's extension of OpenFlow 1.3. */
export function onf(name: string, subtype: number): WireId {
  return { name, versions: [V13, V13], type: 4, vendor: VENDOR_ONF, subtype };
}

/** A multipart request or reply: OFPT 16 and 17 in OpenFlow 1.0, 18 and 19 later. */
export function statsWires(
  name: string,
  direction: "request" | "reply",
  stat: number,
  since: number = V10,
  until: number = LATEST,
): WireId[] {
  const full = `${name} ${direction}`;
  const reply = direction === "reply" ? 1 : 0;
  const later: WireId = { name: full, versions: [V11, until], type: 18 + reply, stat };
  if (since > V10) return [{ ...later, versions: [since, until] }];
  return [{ name: full, versions: [V10, V10], type: 16 + reply, stat }, later];
}

/** Nicira's multipart extension. */
export function niciraStats(
  name: string,
  direction: "request" | "reply",
  subtype: number,
): WireId[] {
  return statsWires(name, direction, 0xffff).map((wire) => ({
    ...wire,
    vendor: VENDOR_NX,
    subtype,
    nx: true,
  }));
}

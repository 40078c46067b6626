// SPDX-License-Identifier: Apache-2.0
/**
 * Whole messages: headers, the search for the codec, multipart cutting.
 *
 *    0        1       2        4       8
 *    | version | type | length | xid   | body …                              every message
 *                                      | stat 2 | flags 2 | pad 4 (1.1+)     multipart
 *                                      | vendor 4 | subtype 4                experimenter
 *    a multipart experimenter has both, padded to 24 bytes in OpenFlow 1.0
 */
import { OfpError } from "../errors.js";
import type { Codec, DecodeContext, WireId } from "./codec.js";
import { V10 } from "./codec.js";
import { WireReader, WireWriter } from "./wire.js";

export const HEADER_BYTES = 8;
/** `length` has 16 bits. */
export const MESSAGE_BYTES_MAX = 0xffff;
const FLAG_MORE = 1;
const VENDOR_STAT = 0xffff;

export interface Header {
  version: number;
  type: number;
  length: number;
  xid: number;
}

/** The header of a message; at least HEADER_BYTES must be there. */
export function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version: view.getUint8(0),
    type: view.getUint8(1),
    length: view.getUint16(2),
    xid: view.getUint32(4),
  };
}

type AnyCodec = Codec<{ type: string }>;

interface Entry {
  codec: AnyCodec;
  wire: WireId;
}

export interface Decoded<M> {
  message: M;
  version: number;
  xid: number;
  wire: WireId;
}

/** A set of codecs that decodes and encodes the messages M. */
export class MessageSet<M extends { type: string }> {
  readonly #byWire = new Map<string, Entry[]>();
  readonly #byType = new Map<string, AnyCodec>();

  constructor(codecs: readonly AnyCodec[]) {
    for (const codec of codecs) {
      this.#byType.set(codec.type, codec);
      for (const wire of codec.wires) {
        const key = wireKey(wire.type, wire.stat, wire.vendor, wire.subtype);
        const entries = this.#byWire.get(key) ?? [];
        entries.push({ codec, wire });
        this.#byWire.set(key, entries);
      }
    }
  }

  /** Every codec's wire ids, for tests and for lists. */
  *wires(): Generator<{ type: string; wire: WireId }> {
    for (const codec of this.#byType.values()) {
      for (const wire of codec.wires) yield { type: codec.type, wire };
    }
  }

  /** Decodes one whole message. Throws OfpError, never anything else, for what a peer can send. */
  decode(bytes: Uint8Array, options: { flowModTableId?: boolean } = {}): Decoded<M> {
    if (bytes.length < HEADER_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
    const header = readHeader(bytes);
    if (header.length !== bytes.length) throw new OfpError("OFPBRC_BAD_LEN");
    const r = new WireReader(bytes, HEADER_BYTES);
    const { version, xid } = header;
    const { entry, more } = this.#locate(r, version, header.type);
    const context: DecodeContext = { version, flowModTableId: options.flowModTableId ?? false };
    const message = entry.codec.decode(r, context, entry.wire) as M;
    if (r.left > 0) throw new OfpError("OFPBRC_BAD_LEN");
    if (more) (message as { more?: boolean }).more = true;
    return { message, version, xid, wire: entry.wire };
  }

  /** The name of a message, `OFPT_FLOW_MOD` or `OFPST_FLOW request`, for logs; undefined for what
   * is unknown. */
  nameOf(bytes: Uint8Array): string | undefined {
    try {
      const header = readHeader(bytes);
      const r = new WireReader(bytes, HEADER_BYTES);
      return this.#locate(r, header.version, header.type).entry.wire.name;
    } catch (error) {
      if (error instanceof OfpError) return undefined;
      throw error;
    }
  }

  #locate(r: WireReader, version: number, type: number): { entry: Entry; more: boolean } {
    const isStats = version === V10 ? type === 16 || type === 17 : type === 18 || type === 19;
    if (!isStats && type !== 4) {
      return { entry: this.#find(version, wireKey(type), "OFPBRC_BAD_TYPE"), more: false };
    }
    if (!isStats) {
      const [vendor, subtype] = [r.u32(), r.u32()];
      return { entry: this.#findVendor(version, type, undefined, vendor, subtype), more: false };
    }
    const stat = r.u16();
    const more = (r.u16() & FLAG_MORE) !== 0;
    if (version !== V10) r.skip(4);
    if (stat !== VENDOR_STAT) {
      return { entry: this.#find(version, wireKey(type, stat), "OFPBRC_BAD_STAT"), more };
    }
    const [vendor, subtype] = [r.u32(), r.u32()];
    if (version === V10) r.skip(4);
    return { entry: this.#findVendor(version, type, stat, vendor, subtype), more };
  }

  #find(version: number, key: string, error: "OFPBRC_BAD_TYPE" | "OFPBRC_BAD_STAT"): Entry {
    const found = this.#byWire.get(key)?.find((entry) => serves(entry.wire, version));
    if (!found) throw new OfpError(error);
    return found;
  }

  #findVendor(
    version: number,
    type: number,
    stat: number | undefined,
    vendor: number,
    subtype: number,
  ): Entry {
    const key = wireKey(type, stat, vendor, subtype);
    const found = this.#byWire.get(key)?.find((entry) => serves(entry.wire, version));
    if (found) return found;
    for (const entries of this.#byWire.values()) {
      if (entries.some((e) => e.wire.vendor === vendor)) throw new OfpError("OFPBRC_BAD_SUBTYPE");
    }
    throw new OfpError("OFPBRC_BAD_VENDOR");
  }

  /**
   * Encodes a message; a multipart reply longer than 64 KB becomes several messages, the rest is
   * one. Throws OfpError where `version` cannot say it.
   */
  encode(message: M, version: number, xid: number): Uint8Array[] {
    const codec = this.#byType.get(message.type);
    if (!codec) throw new Error(`no codec for ${message.type}`);
    const wire = chooseWire(codec, version, (message as { nx?: boolean }).nx === true);
    const w = new WireWriter();
    const headerBytes = writeHeaders(w, wire, version, xid);
    codec.encode(w, message, version, wire);
    const more = (message as { more?: boolean }).more === true;
    return wire.stat === undefined ? [wholeMessage(w)] : cutMultipart(w, headerBytes, more);
  }
}

function serves(wire: WireId, version: number): boolean {
  return version >= wire.versions[0] && version <= wire.versions[1];
}

function wireKey(type: number, stat?: number, vendor?: number, subtype?: number): string {
  return `${type}/${stat ?? ""}/${vendor ?? ""}/${subtype ?? ""}`;
}

function chooseWire(codec: AnyCodec, version: number, nx: boolean): WireId {
  const usable = codec.wires.filter((wire) => serves(wire, version));
  const wire = usable.find((each) => (each.nx === true) === nx) ?? usable[0];
  if (!wire) throw new OfpError("OFPBRC_BAD_VERSION");
  return wire;
}

/** Writes everything before the body; returns its length. */
function writeHeaders(w: WireWriter, wire: WireId, version: number, xid: number): number {
  w.u8(version).u8(wire.type).zeros(2).u32(xid);
  if (wire.stat !== undefined) w.u16(wire.stat).zeros(version === V10 ? 2 : 6);
  if (wire.vendor !== undefined) {
    w.u32(wire.vendor).u32(wire.subtype ?? 0);
    if (wire.stat !== undefined && version === V10) w.zeros(4);
  }
  return w.length;
}

function wholeMessage(w: WireWriter): Uint8Array {
  if (w.length > MESSAGE_BYTES_MAX) throw new OfpError("OFPBRC_BAD_LEN");
  w.setU16(2, w.length);
  return w.slice();
}

/** Cuts at the marks, so that every part is a message of at most 64 KB with MORE in all parts but
 * the last. */
function cutMultipart(w: WireWriter, headerBytes: number, more: boolean): Uint8Array[] {
  const ends = w.marks.at(-1) === w.length ? w.marks : [...w.marks, w.length];
  const head = w.slice(0, headerBytes);
  const parts: Uint8Array[] = [];
  let start = headerBytes;
  let end = headerBytes;
  const flush = (isLast: boolean): void => {
    const part = new Uint8Array(headerBytes + end - start);
    if (part.length > MESSAGE_BYTES_MAX) throw new OfpError("OFPBRC_BAD_LEN");
    part.set(head);
    part.set(w.slice(start, end), headerBytes);
    const view = new DataView(part.buffer);
    view.setUint16(2, part.length);
    if (!isLast || more) view.setUint16(HEADER_BYTES + 2, FLAG_MORE);
    parts.push(part);
    start = end;
  };
  for (const mark of ends) {
    if (headerBytes + mark - start > MESSAGE_BYTES_MAX) flush(false);
    end = mark;
  }
  flush(true);
  return parts;
}

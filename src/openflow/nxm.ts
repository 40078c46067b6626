// SPDX-License-Identifier: Apache-2.0
/**
 * NXM and OXM headers and entries: `class field hasmask length [experimenter] value [mask]`
 * (OpenFlow 1.3.5 §7.2.3).
 */
import { OfpError } from "./errors.js";
import { isAllOnes } from "./field-access.js";
import { fieldByOxm, headerFor, type MfField } from "./fields.js";
import { WireReader, type WireWriter } from "./messages/wire.js";
import { OXM_CLASS_EXPERIMENTER, type OxmHeader } from "./mf-field.js";

/** A header as read. `length` is of the payload, without the experimenter id. */
export interface RawHeader {
  oxmClass: number;
  oxmField: number;
  hasMask: boolean;
  length: number;
  experimenter: number;
}

/** Reads a header; whatever is cut short is OFPBMC_BAD_LEN. */
export function readHeader(r: WireReader): RawHeader {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const word = r.u32();
  const oxmClass = word >>> 16;
  const isExperimenter = oxmClass === OXM_CLASS_EXPERIMENTER;
  if (isExperimenter && r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const length = (word & 0xff) - (isExperimenter ? 4 : 0);
  if (length < 0) throw new OfpError("OFPBMC_BAD_LEN");
  return {
    oxmClass,
    oxmField: (word >>> 9) & 0x7f,
    hasMask: (word & 0x100) !== 0,
    length,
    experimenter: isExperimenter ? r.u32() : 0,
  };
}

/** Bytes of the value that a header announces. */
export function valueBytes(header: RawHeader): number {
  return header.hasMask ? header.length >> 1 : header.length;
}

/** The field of a header whose length fits; null otherwise. */
export function fieldOfHeader(header: RawHeader): MfField | null {
  const field = fieldByOxm(header.oxmClass, header.oxmField, header.experimenter);
  return field && field.bytes === valueBytes(header) ? field : null;
}

export interface OxmEntry {
  header: RawHeader;
  /** Null: not a field we know. */
  field: MfField | null;
  value: Uint8Array;
  /** Null when the header has no mask. */
  mask: Uint8Array | null;
}

/** Reads an entry. Unknown fields are no error here. */
export function readEntry(r: WireReader): OxmEntry {
  const header = readHeader(r);
  if (r.left < header.length) throw new OfpError("OFPBMC_BAD_LEN");
  const width = valueBytes(header);
  const payload = r.take(header.length);
  const value = payload.subarray(0, width);
  const mask = header.hasMask ? payload.subarray(width, 2 * width) : null;
  if (mask?.some((m, i) => value[i] & ~m)) throw new OfpError("OFPBMC_BAD_WILDCARDS");
  return { header, field: fieldOfHeader(header), value, mask };
}

/** Reads an entry of an action, where an unknown field or a wrong length is the action's fault. */
export function readActionEntry(r: WireReader): OxmEntry & { field: MfField } {
  const start = r.at;
  const header = readHeader(r);
  const known = fieldByOxm(header.oxmClass, header.oxmField, header.experimenter);
  if (!fieldOfHeader(header)) {
    // The stock switch takes a length of 128 and more for another field.
    const width = valueBytes(header) + (header.experimenter ? 4 : 0);
    const isLength = known !== null && width > 0 && width < 128;
    throw new OfpError(isLength ? "OFPBAC_BAD_SET_LEN" : "OFPBAC_BAD_SET_TYPE");
  }
  const again = new WireReader(r.bytes, start, start + (r.at - start) + r.left);
  const entry = readEntry(again);
  r.skip(again.at - r.at);
  return { ...entry, field: entry.field! };
}

/** Reads a header that names a field, without a value: as in reg_move. `OFPBMC_BAD_FIELD` when it
 * is unknown, `OFPBMC_BAD_MASK` when it has the mask bit. */
export function readFieldHeader(r: WireReader): MfField {
  const header = readHeader(r);
  const field = fieldOfHeader(header);
  if (!field) throw new OfpError("OFPBMC_BAD_FIELD");
  if (header.hasMask) throw new OfpError("OFPBMC_BAD_MASK");
  return field;
}

/** Reads a 4-byte header as old actions have it: no experimenter, the mask bit ignored. Unknown:
 * `OFPBAC_BAD_SET_TYPE`. */
export function readShortHeader(r: WireReader): MfField {
  const word = r.u32();
  const hasMask = (word & 0x100) !== 0;
  const header = {
    oxmClass: word >>> 16,
    oxmField: (word >>> 9) & 0x7f,
    hasMask,
    length: word & 0xff,
    experimenter: 0,
  };
  const field = fieldOfHeader(header);
  if (!field) throw new OfpError("OFPBAC_BAD_SET_TYPE");
  return field;
}

function writeRawHeader(w: WireWriter, header: OxmHeader, bytes: number, hasMask: boolean): void {
  const isExperimenter = header.oxmClass === OXM_CLASS_EXPERIMENTER;
  const length = bytes * (hasMask ? 2 : 1) + (isExperimenter ? 4 : 0);
  w.u16(header.oxmClass)
    .u8((header.oxmField << 1) | (hasMask ? 1 : 0))
    .u8(length);
  if (isExperimenter) w.u32(header.experimenter);
}

/** Writes a header without a value. `version` 0 prefers NXM. Fields without a wire form are left
 * out: callers must not pass them. */
export function writeFieldHeader(
  w: WireWriter,
  field: MfField,
  version: number,
  hasMask = false,
): void {
  const header = headerFor(field, version);
  if (header) writeRawHeader(w, header, field.bytes, hasMask);
  else w.u32(0);
}

/** Writes an entry; a mask of all ones is left out. Fields without a wire form are skipped. */
export function writeEntry(
  w: WireWriter,
  field: MfField,
  version: number,
  value: Uint8Array,
  mask: Uint8Array | null,
): void {
  const header = headerFor(field, version);
  if (!header) return;
  const isMasked = mask !== null && !isAllOnes(mask);
  writeRawHeader(w, header, field.bytes, isMasked);
  w.append(value);
  if (isMasked) w.append(mask);
}

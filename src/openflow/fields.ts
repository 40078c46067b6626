// SPDX-License-Identifier: Apache-2.0
/**
 * The match fields of `ovs-fields(7)`: lookup by name, id and wire header. Reading and writing
 * them in a Flow is in field-access.ts, prerequisites in field-prereqs.ts, text in field-text.ts;
 * all are reachable from here.
 *
 * Fields without a place in Flow yet (tun_metadata*) are not in the table: text and wire forms do
 * not know them.
 */
import { METADATA_ROWS } from "./field-table-metadata.js";
import { PACKET_ROWS } from "./field-table-packet.js";
import { type MfField, OXM_CLASS_EXPERIMENTER, type OxmHeader } from "./mf-field.js";

export {
  fieldBigint,
  fieldNumber,
  fieldValue,
  getField,
  isAllOnes,
  isAllWild,
  isAllZeros,
  matchField,
  setField,
  setFieldMasked,
} from "./field-access.js";
export { isMaskValid, isPipelineField, isValueValid, prereqsOk } from "./field-prereqs.js";
export type { MfField, MfFormat, MfPrereq, OxmHeader } from "./mf-field.js";

/** All fields; a field's `id` is its index. */
export const FIELDS: readonly MfField[] = [...METADATA_ROWS, ...PACKET_ROWS].map((r, id) => ({
  ...r,
  id,
}));

const byName = new Map<string, MfField>();
for (const field of FIELDS) {
  byName.set(field.name, field);
  if (field.alias) byName.set(field.alias, field);
}

/** The field with this name or alias, as in text (`eth_src`, `dl_src`); null when unknown. */
export function fieldByName(name: string): MfField | null {
  return byName.get(name) ?? null;
}

/** A field that must exist: for code that names fields itself. */
export function field(name: string): MfField {
  const found = byName.get(name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

const byHeader = new Map<string, { field: MfField; header: OxmHeader }>();
const byHeaderName = new Map<string, MfField>();
for (const f of FIELDS) {
  for (const header of f.headers) {
    byHeader.set(headerKey(header.oxmClass, header.oxmField, header.experimenter), {
      field: f,
      header,
    });
    byHeaderName.set(header.name, f);
  }
}

function headerKey(oxmClass: number, oxmField: number, experimenter: number): string {
  return `${oxmClass}:${oxmField}:${experimenter}`;
}

/** The field of an NXM/OXM header; `experimenter` is ignored unless the class is 0xffff. Null when
 * unknown. Does not look at lengths: compare with `field.bytes`. */
export function fieldByOxm(oxmClass: number, oxmField: number, experimenter = 0): MfField | null {
  const vendor = oxmClass === OXM_CLASS_EXPERIMENTER ? experimenter : 0;
  return byHeader.get(headerKey(oxmClass, oxmField, vendor))?.field ?? null;
}

/** The field whose wire header has this name (`NXM_OF_ETH_SRC`); null when unknown. */
export function fieldByHeaderName(name: string): MfField | null {
  return byHeaderName.get(name) ?? null;
}

/** The header to send `field` with: the newest that OpenFlow `version` (wire number; 0 for "NXM
 * preferred") has, else the oldest there is. Null when the field cannot be sent. */
export function headerFor(field: MfField, version: number): OxmHeader | null {
  let best: OxmHeader | null = null;
  for (const header of field.headers) {
    if (!best || version >= header.minVersion) best = header;
  }
  return best;
}

// SPDX-License-Identifier: Apache-2.0
/** OFPMP_TABLE_FEATURES (OpenFlow 1.3.5 §7.3.5.5). */
import { OfpError } from "../errors.js";
import { fieldByOxm, headerFor, type MfField } from "../fields.js";
import { type Codec, type Multipart, statsWires, V13 } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

const TABLE_FEATURES = 12;
const NAME_BYTES = 32;
const ENTRY_BYTES = 64;
const EXPERIMENTER_CLASS = 0xffff;

/** `ofp_table_feature_prop_type`. */
const PROPERTY = {
  INSTRUCTIONS: 0,
  NEXT_TABLES: 2,
  WRITE_ACTIONS: 4,
  APPLY_ACTIONS: 6,
  MATCH: 8,
  WILDCARDS: 10,
  WRITE_SETFIELD: 12,
  APPLY_SETFIELD: 14,
} as const;

export interface TableFeaturesRequest {
  type: "table_features_request";
  /** A wish to change the tables: the entries as they are on the wire. */
  body: Uint8Array;
}

/** A field that can be matched; `maskable`: with any mask. */
export interface MatchableField {
  field: MfField;
  maskable: boolean;
}

export interface TableFeatures {
  tableId: number;
  name: string;
  metadataMatch: bigint;
  metadataWrite: bigint;
  config: number;
  maxEntries: number;
  /** OFPIT_*. */
  instructions: readonly number[];
  nextTables: readonly number[];
  /** OFPAT_*. */
  writeActions: readonly number[];
  applyActions: readonly number[];
  match: readonly MatchableField[];
  wildcards: readonly MfField[];
  writeSetField: readonly MfField[];
  applySetField: readonly MfField[];
}

export interface TableFeaturesReply extends Multipart {
  type: "table_features_reply";
  tables: readonly TableFeatures[];
}

export const tableFeaturesRequestCodec: Codec<TableFeaturesRequest> = {
  type: "table_features_request",
  wires: statsWires("OFPST_TABLE_FEATURES", "request", TABLE_FEATURES, V13),
  decode: (r) => ({ type: "table_features_request", body: r.rest() }),
  encode(w, m) {
    w.append(m.body);
  },
};

function writeProperty(w: WireWriter, kind: number, body: () => void): void {
  const start = w.length;
  w.u16(kind).zeros(2);
  body();
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

/** Ids of instructions or actions: type and length. */
function writeIds(w: WireWriter, kind: number, ids: readonly number[]): void {
  writeProperty(w, kind, () => {
    for (const id of ids) w.u16(id).u16(4);
  });
}

function writeOxmId(w: WireWriter, field: MfField, maskable: boolean, version: number): void {
  const header = headerFor(field, version);
  if (!header) return;
  const experimenter = header.oxmClass === EXPERIMENTER_CLASS;
  const length = field.bytes * (maskable ? 2 : 1) + (experimenter ? 4 : 0);
  w.u16(header.oxmClass)
    .u8((header.oxmField << 1) | (maskable ? 1 : 0))
    .u8(length);
  if (experimenter) w.u32(header.experimenter);
}

function writeTable(w: WireWriter, t: TableFeatures, version: number): void {
  const start = w.length;
  w.zeros(2).u8(t.tableId).zeros(5).text(t.name, NAME_BYTES);
  w.u64(t.metadataMatch).u64(t.metadataWrite).u32(t.config).u32(t.maxEntries);
  writeIds(w, PROPERTY.INSTRUCTIONS, t.instructions);
  writeProperty(w, PROPERTY.NEXT_TABLES, () => w.append(Uint8Array.from(t.nextTables)));
  writeIds(w, PROPERTY.WRITE_ACTIONS, t.writeActions);
  writeIds(w, PROPERTY.APPLY_ACTIONS, t.applyActions);
  writeProperty(w, PROPERTY.MATCH, () => {
    for (const { field, maskable } of t.match) writeOxmId(w, field, maskable, version);
  });
  const fields = (kind: number, list: readonly MfField[]): void =>
    writeProperty(w, kind, () => {
      for (const field of list) writeOxmId(w, field, false, version);
    });
  fields(PROPERTY.WILDCARDS, t.wildcards);
  fields(PROPERTY.WRITE_SETFIELD, t.writeSetField);
  fields(PROPERTY.APPLY_SETFIELD, t.applySetField);
  w.setU16(start, w.length - start);
}

function readIds(r: WireReader): number[] {
  const ids: number[] = [];
  while (r.left > 0) {
    const id = r.u16();
    r.skip(r.u16() - 4);
    ids.push(id);
  }
  return ids;
}

function readOxmIds(r: WireReader): MatchableField[] {
  const fields: MatchableField[] = [];
  while (r.left > 0) {
    const [oxmClass, fieldAndMask] = [r.u16(), r.u8()];
    r.skip(1);
    const experimenter = oxmClass === EXPERIMENTER_CLASS ? r.u32() : 0;
    const field = fieldByOxm(oxmClass, fieldAndMask >> 1, experimenter);
    // Fields that are unknown here are of no use here.
    if (field) fields.push({ field, maskable: (fieldAndMask & 1) !== 0 });
  }
  return fields;
}

type Property = keyof Pick<
  TableFeatures,
  | "instructions"
  | "nextTables"
  | "writeActions"
  | "applyActions"
  | "match"
  | "wildcards"
  | "writeSetField"
  | "applySetField"
>;

function readProperty(kind: number, r: WireReader): Partial<Pick<TableFeatures, Property>> {
  const names = (): MfField[] => readOxmIds(r).map(({ field }) => field);
  switch (kind) {
    case PROPERTY.INSTRUCTIONS:
      return { instructions: readIds(r) };
    case PROPERTY.NEXT_TABLES:
      return { nextTables: [...r.rest()] };
    case PROPERTY.WRITE_ACTIONS:
      return { writeActions: readIds(r) };
    case PROPERTY.APPLY_ACTIONS:
      return { applyActions: readIds(r) };
    case PROPERTY.MATCH:
      return { match: readOxmIds(r) };
    case PROPERTY.WILDCARDS:
      return { wildcards: names() };
    case PROPERTY.WRITE_SETFIELD:
      return { writeSetField: names() };
    case PROPERTY.APPLY_SETFIELD:
      return { applySetField: names() };
    default:
      // The properties for table misses: only of interest where they differ.
      return {};
  }
}

function readTable(r: WireReader): TableFeatures {
  const length = r.u16();
  if (length < ENTRY_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
  const entry = r.sub(length - 2);
  const tableId = entry.u8();
  entry.skip(5);
  const table: TableFeatures = {
    ...{ tableId, name: entry.text(NAME_BYTES) },
    ...{ metadataMatch: entry.u64(), metadataWrite: entry.u64() },
    ...{ config: entry.u32(), maxEntries: entry.u32() },
    ...{ instructions: [], nextTables: [], writeActions: [], applyActions: [] },
    ...{ match: [], wildcards: [], writeSetField: [], applySetField: [] },
  };
  while (entry.left > 0) {
    const [kind, propertyLength] = [entry.u16(), entry.u16()];
    Object.assign(table, readProperty(kind, entry.sub(propertyLength - 4)));
    entry.skip(Math.min(entry.left, (8 - (propertyLength % 8)) % 8));
  }
  return table;
}

export const tableFeaturesReplyCodec: Codec<TableFeaturesReply> = {
  type: "table_features_reply",
  wires: statsWires("OFPST_TABLE_FEATURES", "reply", TABLE_FEATURES, V13),
  decode(r) {
    const tables: TableFeatures[] = [];
    while (r.left > 0) tables.push(readTable(r));
    return { type: "table_features_reply", tables };
  },
  encode(w, m, version) {
    for (const table of m.tables) {
      writeTable(w, table, version);
      w.mark();
    }
  },
};

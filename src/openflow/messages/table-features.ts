// SPDX-License-Identifier: Apache-2.0
/** OFPMP_TABLE_FEATURES (OpenFlow 1.3.5 §7.3.5.5). */
import { OfpError } from "../errors.js";
import { fieldByOxm, headerFor, type MfField } from "../fields.js";
import { type Codec, type Multipart, statsWires, V13, V15 } from "./codec.js";
import { TABLE_ALL } from "./port-number.js";
import { readProperties, writeProperty } from "./properties.js";
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

/** Added to a property: the same for packets that match no flow. */
const MISS = 1;

/** `ofp_table_features_command` of OpenFlow 1.5; before, a request replaces. */
export const FEATURES_COMMAND = { REPLACE: 0, MODIFY: 1, ENABLE: 2, DISABLE: 3 } as const;

export interface TableFeaturesRequest {
  type: "table_features_request";
  /** FEATURES_COMMAND. */
  command: number;
  /** A wish to change the tables; empty: a question. */
  tables: readonly TableFeatures[];
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
  decode(r, { version }) {
    let command: number | undefined;
    const tables: TableFeatures[] = [];
    while (r.left > 0) {
      const { table, seen, wireCommand } = readTable(r);
      if (version >= V15 && wireCommand > FEATURES_COMMAND.DISABLE) {
        throw new OfpError("OFPTFFC_BAD_COMMAND");
      }
      if (table.tableId === TABLE_ALL) throw new OfpError("OFPTFFC_BAD_TABLE");
      // OpenFlow 1.5 lets all properties be left out, but not some.
      if ((seen.size > 0 || version < V15) && REQUIRED.some((kind) => !seen.has(kind))) {
        throw new OfpError("OFPTFFC_BAD_FEATURES");
      }
      command ??= version >= V15 ? wireCommand : FEATURES_COMMAND.REPLACE;
      tables.push(table);
    }
    return { type: "table_features_request", command: command ?? 0, tables };
  },
  encode(w, m, version) {
    for (const table of m.tables) {
      const start = w.length;
      writeTable(w, table, version);
      if (version >= V15) w.setU8(start + 3, m.command);
      w.mark();
    }
  },
};

const REQUIRED = Object.values(PROPERTY);

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
  const fields = (kind: number, list: readonly MfField[]): void =>
    writeProperty(w, kind, () => {
      for (const field of list) writeOxmId(w, field, false, version);
    });
  // Once for packets that match a flow, once for those that match none.
  for (const miss of [0, MISS]) {
    writeIds(w, PROPERTY.INSTRUCTIONS + miss, t.instructions);
    writeProperty(w, PROPERTY.NEXT_TABLES + miss, () => w.append(Uint8Array.from(t.nextTables)));
    writeIds(w, PROPERTY.WRITE_ACTIONS + miss, t.writeActions);
    fields(PROPERTY.WRITE_SETFIELD + miss, t.writeSetField);
    writeIds(w, PROPERTY.APPLY_ACTIONS + miss, t.applyActions);
    fields(PROPERTY.APPLY_SETFIELD + miss, t.applySetField);
  }
  writeProperty(w, PROPERTY.MATCH, () => {
    for (const { field, maskable } of t.match) writeOxmId(w, field, maskable, version);
  });
  fields(PROPERTY.WILDCARDS, t.wildcards);
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

interface ReadTable {
  table: TableFeatures;
  /** Types of its properties. */
  seen: Set<number>;
  wireCommand: number;
}

function readTable(r: WireReader): ReadTable {
  const room = r.left;
  const length = r.left < 2 ? 0 : r.u16();
  if (length < ENTRY_BYTES || length % 8 || length > room) throw new OfpError("OFPBPC_BAD_LEN");
  const entry = r.sub(length - 2);
  const [tableId, wireCommand] = [entry.u8(), entry.u8()];
  entry.skip(4);
  const table: TableFeatures = {
    ...{ tableId, name: entry.text(NAME_BYTES) },
    ...{ metadataMatch: entry.u64(), metadataWrite: entry.u64() },
    ...{ config: entry.u32(), maxEntries: entry.u32() },
    ...{ instructions: [], nextTables: [], writeActions: [], applyActions: [] },
    ...{ match: [], wildcards: [], writeSetField: [], applySetField: [] },
  };
  const seen = new Set<number>();
  for (const { type, body } of readProperties(entry)) {
    if (seen.has(type)) throw new OfpError("OFPTFFC_BAD_FEATURES");
    seen.add(type);
    Object.assign(table, readProperty(type, body));
  }
  return { table, seen, wireCommand };
}

export const tableFeaturesReplyCodec: Codec<TableFeaturesReply> = {
  type: "table_features_reply",
  wires: statsWires("OFPST_TABLE_FEATURES", "reply", TABLE_FEATURES, V13),
  decode(r) {
    const tables: TableFeatures[] = [];
    while (r.left > 0) tables.push(readTable(r).table);
    return { type: "table_features_reply", tables };
  },
  encode(w, m, version) {
    for (const table of m.tables) {
      writeTable(w, table, version);
      w.mark();
    }
  },
};

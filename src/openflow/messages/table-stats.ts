// SPDX-License-Identifier: Apache-2.0
/**
 * OFPST_TABLE (OpenFlow 1.0 §5.3.5, 1.1 and 1.2 §A.3.5, 1.3.5 §7.3.5.4). Up to 1.2 it also tells
 * what tables can do, in bit maps of each version's own; 1.3 has OFPMP_TABLE_FEATURES for that.
 */
import { type Codec, emptyCodec, type Multipart, statsWires, V10, V11, V12 } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

const NAME_BYTES = 32;

export interface TableStatsRequest {
  type: "table_stats_request";
}

/** What a table can do, where the version says it; bit N of each is number N of the version. */
export interface TableAbilities {
  /** Fields that can be matched (OpenFlow 1.1+) and that can be wild. */
  match: bigint;
  wildcards: bigint;
  /** OpenFlow 1.1+. */
  instructions: number;
  writeActions: number;
  applyActions: number;
  /** OpenFlow 1.1+: what misses do. */
  config: number;
  /** OpenFlow 1.2: fields that actions can set. */
  writeSetFields: bigint;
  applySetFields: bigint;
  metadataMatch: bigint;
  metadataWrite: bigint;
}

export interface TableStats {
  tableId: number;
  /** Up to OpenFlow 1.2: name, size and abilities. */
  name: string;
  maxEntries: number;
  abilities: TableAbilities;
  activeCount: number;
  lookupCount: number;
  matchedCount: number;
}

export const NO_ABILITIES: TableAbilities = {
  ...{ match: 0n, wildcards: 0n, instructions: 0, writeActions: 0, applyActions: 0, config: 0 },
  ...{ writeSetFields: 0n, applySetFields: 0n, metadataMatch: 0n, metadataWrite: 0n },
};

export interface TableStatsReply extends Multipart {
  type: "table_stats_reply";
  tables: TableStats[];
}

const TABLE = 3;

export const tableStatsRequestCodec: Codec<TableStatsRequest> = emptyCodec(
  "table_stats_request",
  statsWires("OFPST_TABLE", "request", TABLE),
);

function readAbilities(r: WireReader, version: number): TableAbilities {
  if (version === V10) return { ...NO_ABILITIES, wildcards: BigInt(r.u32()) };
  if (version === V11) {
    const [wildcards, match] = [BigInt(r.u32()), BigInt(r.u32())];
    const [instructions, writeActions, applyActions] = [r.u32(), r.u32(), r.u32()];
    const config = r.u32();
    return {
      ...NO_ABILITIES,
      ...{ wildcards, match, instructions, writeActions, applyActions, config },
    };
  }
  const [match, wildcards] = [r.u64(), r.u64()];
  const [writeActions, applyActions] = [r.u32(), r.u32()];
  const [writeSetFields, applySetFields] = [r.u64(), r.u64()];
  const [metadataMatch, metadataWrite] = [r.u64(), r.u64()];
  const [instructions, config] = [r.u32(), r.u32()];
  return {
    ...{ match, wildcards, writeActions, applyActions, writeSetFields, applySetFields },
    ...{ metadataMatch, metadataWrite, instructions, config },
  };
}

function writeAbilities(w: WireWriter, a: TableAbilities, version: number): void {
  if (version === V10) {
    w.u32(Number(a.wildcards));
  } else if (version === V11) {
    w.u32(Number(a.wildcards)).u32(Number(a.match)).u32(a.instructions);
    w.u32(a.writeActions).u32(a.applyActions).u32(a.config);
  } else {
    w.u64(a.match).u64(a.wildcards).u32(a.writeActions).u32(a.applyActions);
    w.u64(a.writeSetFields).u64(a.applySetFields).u64(a.metadataMatch).u64(a.metadataWrite);
    w.u32(a.instructions).u32(a.config);
  }
}

function readTable(r: WireReader, version: number): TableStats {
  const tableId = r.u8();
  r.skip(version === V11 || version === V12 ? 7 : 3);
  const isFull = version <= V12;
  const name = isFull ? r.text(NAME_BYTES) : "";
  const abilities = isFull ? readAbilities(r, version) : NO_ABILITIES;
  const maxEntries = isFull ? r.u32() : 0;
  const activeCount = r.u32();
  const [lookupCount, matchedCount] = [r.counter() ?? 0, r.counter() ?? 0];
  return { tableId, name, abilities, maxEntries, activeCount, lookupCount, matchedCount };
}

export const tableStatsReplyCodec: Codec<TableStatsReply> = {
  type: "table_stats_reply",
  wires: statsWires("OFPST_TABLE", "reply", TABLE),
  decode(r, { version }) {
    const tables: TableStats[] = [];
    while (r.left > 0) tables.push(readTable(r, version));
    return { type: "table_stats_reply", tables };
  },
  encode(w, m, version) {
    for (const t of m.tables) {
      w.u8(t.tableId).zeros(version === V11 || version === V12 ? 7 : 3);
      if (version <= V12) {
        w.text(t.name, NAME_BYTES);
        writeAbilities(w, t.abilities, version);
        w.u32(t.maxEntries);
      }
      w.u32(t.activeCount).counter(t.lookupCount).counter(t.matchedCount).mark();
    }
  },
};

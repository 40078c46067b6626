// SPDX-License-Identifier: Apache-2.0
/** OFPST_TABLE (OpenFlow 1.0 §5.3.5, 1.3.5 §7.3.5.4). */
import { type Codec, emptyCodec, type Multipart, statsWires, V10 } from "./codec.js";

const TABLE_NAME_BYTES = 32;

export interface TableStatsRequest {
  type: "table_stats_request";
}

export interface TableStats {
  tableId: number;
  /** OpenFlow 1.0: name, `OFPFW_*` wildcards that the table supports, its size. */
  name: string;
  wildcards: number;
  maxEntries: number;
  activeCount: number;
  lookupCount: number;
  matchedCount: number;
}

export interface TableStatsReply extends Multipart {
  type: "table_stats_reply";
  tables: TableStats[];
}

const TABLE = 3;

export const tableStatsRequestCodec: Codec<TableStatsRequest> = emptyCodec(
  "table_stats_request",
  statsWires("OFPST_TABLE", "request", TABLE),
);

export const tableStatsReplyCodec: Codec<TableStatsReply> = {
  type: "table_stats_reply",
  wires: statsWires("OFPST_TABLE", "reply", TABLE),
  decode(r, { version }) {
    const tables: TableStats[] = [];
    while (r.left > 0) {
      const tableId = r.u8();
      r.skip(3);
      const is10 = version === V10;
      const name = is10 ? r.text(TABLE_NAME_BYTES) : "";
      const wildcards = is10 ? r.u32() : 0;
      const maxEntries = is10 ? r.u32() : 0;
      const activeCount = r.u32();
      const lookupCount = r.counter() ?? 0;
      const matchedCount = r.counter() ?? 0;
      tables.push({
        tableId,
        name,
        wildcards,
        maxEntries,
        activeCount,
        lookupCount,
        matchedCount,
      });
    }
    return { type: "table_stats_reply", tables };
  },
  encode(w, m, version) {
    for (const t of m.tables) {
      w.u8(t.tableId).zeros(3);
      if (version === V10) w.text(t.name, TABLE_NAME_BYTES).u32(t.wildcards).u32(t.maxEntries);
      w.u32(t.activeCount).counter(t.lookupCount).counter(t.matchedCount).mark();
    }
  },
};

// SPDX-License-Identifier: Apache-2.0
/** A table as controllers are told of it, and when they are told. */
import { V14 } from "../openflow/messages/codec.js";
import type { TableDesc } from "../openflow/messages/table-mod.js";
import type { ConnManager } from "./connmgr/connmgr.js";
import type { OfTable } from "./ofproto-table.js";
import { vacancyEvent, vacancyOf } from "./ofproto-vacancy.js";

/** OTHER, IMPORTANCE, LIFETIME: how flows are chosen for eviction cannot be configured. */
export const EVICTION_FLAGS = 7;

/** OFPMP_TABLE_DESC's entry. */
export function tableDescOf(table: OfTable): TableDesc {
  const { vacancy } = table;
  return {
    tableId: table.id,
    eviction: table.evictionByController,
    evictionFlags: EVICTION_FLAGS,
    vacancy: vacancy ? { ...vacancy.limits, current: vacancyOf(table) } : null,
  };
}

/** Sends OFPT_TABLE_STATUS if the table's vacancy has crossed the limit that is awaited. */
export function sendTableStatus(connections: ConnManager, table: OfTable): void {
  const reason = vacancyEvent(table);
  if (reason === null) return;
  connections.broadcast("tableStatus", reason, (connection) =>
    connection.version < V14
      ? undefined
      : { type: "table_status", reason, table: tableDescOf(table) },
  );
}

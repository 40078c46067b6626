// SPDX-License-Identifier: Apache-2.0
/** Messages about tables: statistics, features, configuration. */
import { OfpError } from "../../openflow/errors.js";
import { TABLE_ALL } from "../../openflow/messages/port-number.js";
import {
  FEATURES_COMMAND,
  type TableFeaturesRequest,
} from "../../openflow/messages/table-features.js";
import type { TableMod } from "../../openflow/messages/table-mod.js";
import type { Ofproto } from "../ofproto.js";
import { INTERNAL_TABLE, type OfTable, TABLES, VISIBLE_TABLES } from "../ofproto-table.js";
import { EVICTION_FLAGS, tableDescOf } from "../ofproto-table-status.js";
import type { Handler } from "./handler.js";
import { tableFeatures as featuresOf, tableAbilities } from "./table-abilities.js";

function visible(ofproto: Ofproto): readonly OfTable[] {
  return ofproto.tables.slice(0, VISIBLE_TABLES);
}

export const tableStats: Handler<"table_stats_request"> = (request) => {
  const { ofproto, connection } = request;
  ofproto.hooks.syncStats?.();
  const abilitiesOf = tableAbilities(connection.version);
  const tables = visible(ofproto).map((table) => ({
    tableId: table.id,
    name: table.name,
    abilities: abilitiesOf(table),
    maxEntries: table.maxEntries,
    activeCount: table.classifier.size,
    lookupCount: table.matched + table.missed,
    matchedCount: table.matched,
  }));
  request.reply({ type: "table_stats_reply", tables });
};

/** Changes what a controller may change: names. Everything else must be as it is, or less. */
function changeFeatures(ofproto: Ofproto, { command, tables }: TableFeaturesRequest): void {
  const seen = new Set<number>();
  for (const { tableId } of tables) {
    if (seen.has(tableId)) throw new OfpError("NXTFFC_DUP_TABLE");
    seen.add(tableId);
  }
  const isReplace = command === FEATURES_COMMAND.REPLACE;
  if (!isReplace && command !== FEATURES_COMMAND.MODIFY) throw new OfpError("OFPTFFC_EPERM");
  // Tables can be neither added nor taken away.
  const missing = visible(ofproto).some(({ id }) => !seen.has(id));
  if (seen.has(INTERNAL_TABLE) || (isReplace && missing)) throw new OfpError("OFPTFFC_EPERM");
  for (const wanted of tables) {
    const table = ofproto.tables[wanted.tableId] as OfTable;
    if (wanted.maxEntries !== table.maxEntries) throw new OfpError("OFPTFFC_EPERM");
    if (table.configuredName && wanted.name !== table.name) throw new OfpError("OFPTFFC_EPERM");
  }
  for (const { tableId, name } of tables) (ofproto.tables[tableId] as OfTable).givenName = name;
}

export const tableFeatures: Handler<"table_features_request"> = (request, message) => {
  const { ofproto, connection } = request;
  if (message.tables.length > 0) changeFeatures(ofproto, message);
  const tables = visible(ofproto).map(featuresOf(connection.version));
  request.reply({ type: "table_features_reply", tables });
};

export const tableDesc: Handler<"table_desc_request"> = (request) => {
  request.reply({ type: "table_desc_reply", tables: visible(request.ofproto).map(tableDescOf) });
};

function modify(ofproto: Ofproto, table: OfTable, mod: TableMod): void {
  if (mod.miss !== undefined && mod.miss !== table.missConfig) {
    table.missConfig = mod.miss;
    ofproto.hooks.onConfigChanged?.();
  }
  if (mod.eviction !== undefined) table.evictionByController = mod.eviction;
  if (mod.vacancy !== undefined) table.setVacancy(mod.vacancy);
}

export const tableMod: Handler<"table_mod"> = ({ ofproto }, message) => {
  const { tableId, evictionFlags } = message;
  if (tableId !== TABLE_ALL && tableId >= TABLES) throw new OfpError("OFPTMFC_BAD_TABLE");
  if (evictionFlags !== undefined && evictionFlags !== EVICTION_FLAGS) {
    throw new OfpError("OFPTMFC_BAD_CONFIG");
  }
  if (tableId === INTERNAL_TABLE) throw new OfpError("OFPTMFC_EPERM");
  const tables = tableId === TABLE_ALL ? visible(ofproto) : [ofproto.tables[tableId] as OfTable];
  for (const table of tables) modify(ofproto, table, message);
};

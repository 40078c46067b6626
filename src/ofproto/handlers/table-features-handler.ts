// SPDX-License-Identifier: Apache-2.0
/** OFPMP_TABLE_FEATURES: what every table can do. */
import { OfpError } from "../../openflow/errors.js";
import { FIELDS, headerFor, type MfField } from "../../openflow/fields.js";
import type { TableFeatures } from "../../openflow/messages/table-features.js";
import { type OfTable, VISIBLE_TABLES } from "../ofproto-table.js";
import type { Handler } from "./handler.js";

/** OFPIT_* of OpenFlow 1.3. */
const INSTRUCTION = {
  GOTO_TABLE: 1,
  WRITE_METADATA: 2,
  WRITE_ACTIONS: 3,
  APPLY_ACTIONS: 4,
  CLEAR_ACTIONS: 5,
} as const;
const INSTRUCTIONS = Object.values(INSTRUCTION);

/** OFPAT_*: OUTPUT, PUSH_VLAN, POP_VLAN, SET_QUEUE, SET_NW_TTL, DEC_NW_TTL, SET_FIELD. */
const ACTIONS = [0, 17, 18, 21, 23, 24, 25] as const;

/** All of `metadata` can be matched and written. */
const METADATA_BITS = 0xffffffffffffffffn;

interface FieldLists {
  match: TableFeatures["match"];
  wildcards: readonly MfField[];
  settable: readonly MfField[];
}

function fieldLists(version: number): FieldLists {
  const known = FIELDS.filter((field) => headerFor(field, version) !== null);
  return {
    match: known.map((field) => ({ field, maskable: field.maskable })),
    wildcards: known,
    settable: known.filter((field) => field.writable),
  };
}

function featuresOf(table: OfTable, lists: FieldLists): TableFeatures {
  const next: number[] = [];
  for (let id = table.id + 1; id < VISIBLE_TABLES; id++) next.push(id);
  const isLast = next.length === 0;
  return {
    ...{ tableId: table.id, name: table.name, config: 0, maxEntries: table.maxEntries },
    ...{ metadataMatch: METADATA_BITS, metadataWrite: METADATA_BITS },
    instructions: INSTRUCTIONS.filter((id) => !(isLast && id === INSTRUCTION.GOTO_TABLE)),
    nextTables: next,
    ...{ writeActions: ACTIONS, applyActions: ACTIONS },
    ...{ match: lists.match, wildcards: lists.wildcards },
    ...{ writeSetField: lists.settable, applySetField: lists.settable },
  };
}

export const tableFeatures: Handler<"table_features_request"> = (request, message) => {
  if (message.body.length > 0) throw new OfpError("OFPTFFC_EPERM");
  const { ofproto, connection } = request;
  const lists = fieldLists(connection.version);
  const visible = ofproto.tables.slice(0, VISIBLE_TABLES);
  const tables = visible.map((table) => featuresOf(table, lists));
  request.reply({ type: "table_features_reply", tables });
};

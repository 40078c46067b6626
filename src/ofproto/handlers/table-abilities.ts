// SPDX-License-Identifier: Apache-2.0
/**
 * What every table can do, in the numbers of each version: all fields, all instructions, all
 * actions that the version's bit maps have a place for.
 */
import { FIELDS, headerFor, type MfField } from "../../openflow/fields.js";
import { V10, V11, V12, V15 } from "../../openflow/messages/codec.js";
import type { TableFeatures } from "../../openflow/messages/table-features.js";
import { NO_ABILITIES, type TableAbilities } from "../../openflow/messages/table-stats.js";
import { type OfTable, VISIBLE_TABLES } from "../ofproto-table.js";
import type { MissConfig } from "../xbridge.js";

/** OFPIT_*: GOTO_TABLE, WRITE_METADATA, WRITE_ACTIONS, APPLY_ACTIONS, CLEAR_ACTIONS, METER. */
const GOTO_TABLE = 1;
const INSTRUCTIONS_12 = [GOTO_TABLE, 2, 3, 4, 5];
const INSTRUCTIONS_13 = [...INSTRUCTIONS_12, 6];

/** OFPAT_*: OUTPUT and those from COPY_TTL or PUSH on; OpenFlow 1.1 has setters of its own. */
const ACTIONS = [0, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];
const ACTIONS_11 = 0x01ffe7ff;

/** All wildcards of OpenFlow 1.0; all fields of 1.1 but the nameless bit 10. */
const WILDCARDS_10 = 0x3fffffn;
const FIELDS_11 = 0xfbffn;
/** All of `metadata` can be matched and written. */
const METADATA_BITS = 0xffffffffffffffffn;
const OXM_CLASS_BASIC = 0x8000;

const bits = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum | (1 << n), 0);

/** What misses do, as OpenFlow 1.1 and 1.2 tell: CONTROLLER, CONTINUE, DROP. */
const MISSES: Record<MissConfig, number> = { default: 0, controller: 0, continue: 1, drop: 2 };
/** OpenFlow 1.1 tells of these what the stock switch counts, from "default" on. */
const MISSES_11: Record<MissConfig, number> = { default: 0, controller: 1, continue: 2, drop: 3 };

function instructions(tableId: number, version: number): readonly number[] {
  // OpenFlow 1.5 has no meter instruction any more.
  const all = version <= V12 || version >= V15 ? INSTRUCTIONS_12 : INSTRUCTIONS_13;
  return tableId === VISIBLE_TABLES - 1 ? all.filter((id) => id !== GOTO_TABLE) : all;
}

/** Bit N: OXM field N of the basic class. */
function oxmBits(fields: readonly MfField[], version: number): bigint {
  let sum = 0n;
  for (const field of fields) {
    const header = headerFor(field, version);
    if (header?.oxmClass === OXM_CLASS_BASIC) sum |= 1n << BigInt(header.oxmField);
  }
  return sum;
}

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

/** For the statistics of OpenFlow 1.0 to 1.2; the same for all tables but `instructions` and
 * `config`. */
export function tableAbilities(version: number): (table: OfTable) => TableAbilities {
  if (version === V10) return () => ({ ...NO_ABILITIES, wildcards: WILDCARDS_10 });
  const forAll: TableAbilities = { ...NO_ABILITIES };
  if (version === V11) {
    Object.assign(forAll, { match: FIELDS_11, wildcards: FIELDS_11 });
    Object.assign(forAll, { writeActions: ACTIONS_11, applyActions: ACTIONS_11 });
  } else if (version === V12) {
    const { wildcards, settable } = fieldLists(version);
    const [match, set] = [oxmBits(wildcards, version), oxmBits(settable, version)];
    const actions = bits(ACTIONS);
    Object.assign(forAll, { match, wildcards: match, writeSetFields: set, applySetFields: set });
    Object.assign(forAll, { writeActions: actions, applyActions: actions });
    Object.assign(forAll, { metadataMatch: METADATA_BITS, metadataWrite: METADATA_BITS });
  }
  return ({ id, missConfig }) => ({
    ...forAll,
    instructions: bits(instructions(id, version)),
    config: (version === V11 ? MISSES_11 : MISSES)[missConfig],
  });
}

/** For OFPMP_TABLE_FEATURES of OpenFlow 1.3 and later. */
export function tableFeatures(version: number): (table: OfTable) => TableFeatures {
  const { match, wildcards, settable } = fieldLists(version);
  return (table) => {
    const nextTables: number[] = [];
    for (let id = table.id + 1; id < VISIBLE_TABLES; id++) nextTables.push(id);
    return {
      ...{ tableId: table.id, name: table.name, config: 0, maxEntries: table.maxEntries },
      ...{ metadataMatch: METADATA_BITS, metadataWrite: METADATA_BITS },
      ...{ instructions: instructions(table.id, version), nextTables },
      ...{ writeActions: ACTIONS, applyActions: ACTIONS, match, wildcards },
      ...{ writeSetField: settable, applySetField: settable },
    };
  };
}

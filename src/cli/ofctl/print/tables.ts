// SPDX-License-Identifier: Apache-2.0
/** Table statistics and table features in text; equal tables are named once. */
import type {
  TableFeatures,
  TableFeaturesReply,
} from "../../../openflow/messages/table-features.js";
import type { TableMod } from "../../../openflow/messages/table-mod.js";
import type { TableStats, TableStatsReply } from "../../../openflow/messages/table-stats.js";
import { shortenNames } from "./name-list.js";

/** Fields of OpenFlow 1.0 with their bits in `ofp10_flow_wildcards`, in order of printing. */
const WILDCARDS: readonly (readonly [string, number])[] = [
  ["in_port", 1 << 0],
  ["eth_src", 1 << 2],
  ["eth_dst", 1 << 3],
  ["eth_type", 1 << 4],
  ["vlan_vid", 1 << 1],
  ["vlan_pcp", 1 << 20],
  ["ip_src", 0x20 << 8],
  ["ip_dst", 0x20 << 14],
  ["nw_proto", 1 << 5],
  ["nw_tos", 1 << 21],
  ["tcp_src", 1 << 6],
  ["tcp_dst", 1 << 7],
];

const INSTRUCTIONS: readonly (readonly [number, string])[] = [
  [6, "meter"],
  [4, "apply_actions"],
  [5, "clear_actions"],
  [3, "write_actions"],
  [2, "write_metadata"],
  [1, "goto_table"],
];

/** `ofp_action_type` of OpenFlow 1.3, in order of printing. */
export const ACTIONS: readonly (readonly [number, string])[] = [
  [0, "output"],
  [22, "group"],
  [25, "set_field"],
  [18, "strip_vlan"],
  [17, "push_vlan"],
  [23, "mod_nw_ttl"],
  [24, "dec_ttl"],
  [15, "set_mpls_ttl"],
  [16, "dec_mpls_ttl"],
  [19, "push_mpls"],
  [20, "pop_mpls"],
  [21, "set_queue"],
];

/** `1-253,255` */
function rangesText(numbers: readonly number[]): string {
  const words: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    let last = i;
    while (numbers[last + 1] === numbers[last]! + 1) last++;
    words.push(last > i ? `${numbers[i]}-${numbers[last]}` : `${numbers[i]}`);
    i = last + 1;
  }
  return words.join(",");
}

interface Block {
  readonly tableId: number;
  readonly name: string;
  /** What the block says about the table beside its number; two equal ones are "ditto". */
  readonly body: (previous: Block | undefined) => string;
  /** Equal for tables that have the same body. */
  readonly key: string;
}

/** Table blocks, each with a blank line behind it, and runs of equal ones in one line. */
function blocksText(blocks: readonly Block[]): string {
  const parts: string[] = [];
  let endsWithDitto = true;
  for (let i = 0; i < blocks.length; ) {
    const block = blocks[i]!;
    const previous = blocks[i - 1];
    if (previous?.key !== block.key) {
      const name = block.name === "" || block.name === previous?.name ? "" : ` ("${block.name}")`;
      parts.push(`  table ${block.tableId}${name}:\n${block.body(previous)}`);
      endsWithDitto = false;
      i++;
      continue;
    }
    let last = i;
    while (blocks[last + 1]?.key === block.key) last++;
    const tables =
      last > i ? `tables ${block.tableId}...${blocks[last]!.tableId}` : `table ${block.tableId}`;
    parts.push(`  ${tables}: ditto\n`);
    endsWithDitto = true;
    i = last + 1;
  }
  return parts.join("\n") + (endsWithDitto ? "" : "\n");
}

function matching10(wildcards: number): string {
  const names = WILDCARDS.filter(([, bit]) => wildcards & bit).map(([name]) => name);
  return `    matching:\n      exact match or wildcard: ${shortenNames(names).join(" ")}\n`;
}

function statsBlock(table: TableStats, version: number): Block {
  const { tableId, name, activeCount, lookupCount, matchedCount } = table;
  const stats = `    active=${activeCount}, lookup=${lookupCount}, matched=${matchedCount}\n`;
  const features =
    version === 1
      ? `    max_entries=${table.maxEntries}\n${matching10(Number(table.abilities.wildcards))}`
      : "";
  return {
    tableId,
    name,
    key: stats + features,
    body: (previous) =>
      stats +
      (features !== "" && previous?.key.endsWith(features) ? "    (same features)\n" : features),
  };
}

export function tableStatsText({ tables }: TableStatsReply, version: number): string {
  return `\n${blocksText(tables.map((table) => statsBlock(table, version)))}`;
}

function namesOf(
  numbers: readonly number[],
  names: readonly (readonly [number, string])[],
): string {
  return names
    .filter(([number]) => numbers.includes(number))
    .map(([, name]) => name)
    .join(" ");
}

function actionsText(table: TableFeatures): string {
  const same =
    table.writeActions.join() === table.applyActions.join() &&
    table.writeSetField.map((f) => f.name).join() === table.applySetField.map((f) => f.name).join();
  const one = (title: string, actions: readonly number[], fields: readonly { name: string }[]) =>
    `      ${title} features:\n` +
    `        actions: ${namesOf(actions, ACTIONS)}\n` +
    `        supported on Set-Field: ${shortenNames(fields.map((f) => f.name)).join(" ")}\n`;
  if (same) {
    return one("Write-Actions and Apply-Actions", table.writeActions, table.writeSetField);
  }
  return (
    one("Write-Actions", table.writeActions, table.writeSetField) +
    one("Apply-Actions", table.applyActions, table.applySetField)
  );
}

function matchingText({ match, wildcards }: TableFeatures): string {
  const optional = new Set(wildcards.map((field) => field.name));
  const line = (title: string, fields: readonly { field: { name: string } }[]): string => {
    const names = shortenNames(fields.map(({ field }) => field.name));
    return fields.length === 0 ? "" : `      ${title}: ${names.join(" ")}\n`;
  };
  const maskable = match.filter((each) => each.maskable);
  const exact = match.filter((each) => !each.maskable);
  return (
    "    matching:\n" +
    line("arbitrary mask", maskable) +
    line(
      "exact match or wildcard",
      exact.filter(({ field }) => optional.has(field.name)),
    ) +
    line(
      "must exact match",
      exact.filter(({ field }) => !optional.has(field.name)),
    )
  );
}

interface FeatureParts {
  readonly head: string;
  readonly tables: string;
  readonly actions: string;
  readonly matching: string;
}

function featureParts(table: TableFeatures): FeatureParts {
  const hex = (value: bigint): string => (value === 0n ? "0" : `0x${value.toString(16)}`);
  const next =
    table.nextTables.length === 0 ? "" : `      next tables: ${rangesText(table.nextTables)}\n`;
  return {
    head:
      `    metadata: match=${hex(table.metadataMatch)} write=${hex(table.metadataWrite)}\n` +
      `    max_entries=${table.maxEntries}\n    instructions (table miss and others):\n`,
    tables: `${next}      instructions: ${namesOf(table.instructions, INSTRUCTIONS)}\n`,
    actions: actionsText(table),
    matching: matchingText(table),
  };
}

function nextTablesRule(table: TableFeatures): string {
  // A table that may go to all later ones is like another that may, too.
  const { nextTables, tableId } = table;
  const all = nextTables.length > 0 && nextTables.every((next, i) => next === tableId + 1 + i);
  return all ? "all later tables" : nextTables.join();
}

function featuresBlock(table: TableFeatures): Block & { readonly parts: FeatureParts } {
  const parts = featureParts(table);
  const instructions = table.instructions.join();
  const key = [parts.head, nextTablesRule(table), instructions, parts.actions, parts.matching];
  return {
    tableId: table.tableId,
    name: table.name,
    parts,
    key: key.join("\n"),
    body: (previous) => {
      const before = (previous as { parts?: FeatureParts } | undefined)?.parts;
      const actions = before?.actions === parts.actions ? "      (same actions)\n" : parts.actions;
      const matching =
        before?.matching === parts.matching ? "    (same matching)\n" : parts.matching;
      return parts.head + parts.tables + actions + matching;
    },
  };
}

export function tableFeaturesText({ tables }: TableFeaturesReply): string {
  return `\n${blocksText(tables.map(featuresBlock))}`;
}

export function tableModText({ tableId, miss, eviction, vacancy }: TableMod): string {
  const parts = [tableId === 0xff ? " table_id: ALL_TABLES" : ` table_id=${tableId}`];
  if (miss !== undefined) parts.push(`flow_miss_config=${miss}`);
  if (eviction !== undefined) parts.push(`eviction=${eviction ? "on" : "off"}`);
  if (vacancy) parts.push(`vacancy=on vacancy:${vacancy.down},${vacancy.up}`);
  else if (vacancy === null) parts.push("vacancy=off");
  return parts.join(", ");
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Which flow goes when a full table is to take another (`Flow_Table.overflow_policy`, `groups`;
 * OpenFlow 1.4.1 §6.5): one of the group with the most flows, of these the least important one, of
 * these the one that expires first. Flows without a timeout never go.
 */

import type { Subfield } from "../openflow/ofp-actions.js";
import { readSubfield } from "../openflow/subfield.js";
import type { OfTable } from "./ofproto-table.js";
import type { Rule } from "./rule.js";

/** When a flow expires as things are; Infinity: never. */
function expiresMs(rule: Rule): number {
  const hard = rule.hardTimeout > 0 ? rule.modifiedMs + rule.hardTimeout * 1000 : Infinity;
  const idle = rule.idleTimeout > 0 ? rule.usedMs + rule.idleTimeout * 1000 : Infinity;
  return Math.min(hard, idle);
}

function groupKey(rule: Rule, fields: readonly Subfield[]): string {
  return fields.map((field) => readSubfield(field, rule.match.flow).toString()).join();
}

function goesBefore(a: Rule, b: Rule): boolean {
  return a.importance === b.importance ? expiresMs(a) < expiresMs(b) : a.importance < b.importance;
}

/** The flow to evict, null when the table does not evict or has no flow that may go. */
export function chooseVictim(table: OfTable): Rule | null {
  if (!table.evicts) return null;
  const groups = new Map<string, Rule[]>();
  for (const rule of table.classifier.iterate()) {
    if (rule.hidden || expiresMs(rule) === Infinity) continue;
    const key = groupKey(rule, table.evictionGroups);
    const group = groups.get(key);
    if (group) group.push(rule);
    else groups.set(key, [rule]);
  }
  let largest: Rule[] = [];
  for (const group of groups.values()) if (group.length > largest.length) largest = group;
  let victim: Rule | null = null;
  for (const rule of largest) if (!victim || goesBefore(rule, victim)) victim = rule;
  return victim;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Conjunctive matches: a packet that matches a flow of every clause of a conjunction is looked up
 * again with the conjunction's id as `conj_id` (`ovs-fields(7)`, "Conjunctive Match Fields").
 */
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { Rule } from "./rule.js";

/** Whether flows with these actions are clauses, and never executed themselves. */
export function isConjunctive(actions: readonly OfpAct[]): boolean {
  return actions.some(({ type }) => type === "conjunction");
}

const priorityOf = (rule: Rule | null): number => rule?.priority ?? -1;

/** What a packet hits that matches `hard`, which is no clause, and `clauses`. `retry` looks it up
 * with an id, clauses left out. */
export function resolveConjunctions(
  hard: Rule | null,
  clauses: readonly Rule[],
  retry: (id: number) => Rule | null,
): Rule | null {
  let best = hard;
  let left = clauses.filter((rule) => rule.priority > priorityOf(best));
  while (left.length > 0) {
    const priority = Math.max(...left.map((rule) => rule.priority));
    const highest = left.filter((rule) => rule.priority === priority);
    const id = completeId(highest);
    const found = id === null ? null : retry(id);
    if (found) return found;
    // Behind a clause that came to nothing may be a lesser flow with the same match.
    const next = left.filter((rule) => rule.priority !== priority);
    for (const { lower } of highest) {
      if (!lower) continue;
      if (isConjunctive(lower.actions)) next.push(lower);
      else if (lower.priority > priorityOf(best)) best = lower;
    }
    left = next.filter((rule) => rule.priority > priorityOf(best));
  }
  return best;
}

/** The first conjunction of which every clause is among `rules`; null for none. */
function completeId(rules: readonly Rule[]): number | null {
  const missing = new Map<number, Set<number>>();
  for (const { actions } of rules) {
    for (const act of actions) {
      // Every clause takes a flow of its own.
      if (act.type !== "conjunction" || act.clauses > rules.length) continue;
      let clauses = missing.get(act.id);
      if (!clauses) {
        clauses = new Set(Array.from({ length: act.clauses }, (_, i) => i));
        missing.set(act.id, clauses);
      }
      clauses.delete(act.clause);
      if (clauses.size === 0) return act.id;
    }
  }
  return null;
}

// SPDX-License-Identifier: Apache-2.0
/** Which rules refer to which groups and meters: they go when those go. */
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { Rule } from "./rule.js";

/** Rules, each with the number of its actions that refer to the same thing. */
type Users = Map<Rule, number>;

/** Calls back for every group and for the meter that `actions` use, those in nested actions
 * included. */
function forEachReference(
  actions: readonly OfpAct[],
  see: (kind: "group" | "meter", id: number) => void,
): void {
  for (let i = 0; i < actions.length; i++) {
    const act = actions[i]!;
    if (act.type === "group") see("group", act.group);
    else if (act.type === "meter") see("meter", act.meter);
    else if ("actions" in act) forEachReference(act.actions, see);
  }
}

export class RuleReferences {
  readonly #groups = new Map<number, Users>();
  readonly #meters = new Map<number, Users>();

  /** Notes (`by` 1) or forgets (-1) that `rule` has `actions`. */
  count(rule: Rule, actions: readonly OfpAct[], by: 1 | -1): void {
    forEachReference(actions, (kind, id) => {
      const table = kind === "group" ? this.#groups : this.#meters;
      const users: Users = table.get(id) ?? new Map();
      const uses = (users.get(rule) ?? 0) + by;
      if (uses > 0) users.set(rule, uses);
      else users.delete(rule);
      if (users.size > 0) table.set(id, users);
      else table.delete(id);
    });
  }

  rulesOfGroup(groupId: number): Rule[] {
    return [...(this.#groups.get(groupId)?.keys() ?? [])];
  }

  rulesOfMeter(meterId: number): Rule[] {
    return [...(this.#meters.get(meterId)?.keys() ?? [])];
  }

  /** Actions in rules that refer to a group. */
  groupUses(groupId: number): number {
    let uses = 0;
    for (const count of this.#groups.get(groupId)?.values() ?? []) uses += count;
    return uses;
  }

  /** Rules that refer to a meter. */
  meterUses(meterId: number): number {
    return this.#meters.get(meterId)?.size ?? 0;
  }
}

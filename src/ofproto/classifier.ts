// SPDX-License-Identifier: Apache-2.0
/**
 * The tuple-space classifier of one OpenFlow table.
 *
 * Rules with the same mask form a subtable, a hash table over the masked words. A lookup visits
 * subtables from the highest priority down and stops when what it has found beats the rest.
 *
 * A lookup that collects wildcards marks every bit that influenced its result, and as few others
 * as it can: a subtable is searched in stages (metadata, L2, L3, L4) and left as soon as one has
 * no match; address prefixes and L4 ports are looked up in tries first, so that a miss costs the
 * bits that tell it from the nearest rule and not the whole field.
 */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_FIELDS, type Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import { isConjunctive, resolveConjunctions } from "./classifier-conjunction.js";
import { OPTIMISATIONS } from "./classifier-optimisations.js";
import { DEFAULT_PREFIXES, type PrefixField, PrefixTracker } from "./classifier-prefixes.js";
import { Subtable } from "./classifier-subtable.js";
import type { Rule } from "./rule.js";

export { DEFAULT_PREFIXES, type PrefixField } from "./classifier-prefixes.js";

const PACKET_TYPE = KEY_FIELDS.packet_type.offset;
const CONJ_ID = FLOW_FIELDS.conj_id.offset;

export class Classifier {
  private readonly byMask = new Map<string, Subtable>();
  /** By `maxPriority`, highest first. */
  private subtables: Subtable[] = [];
  private trackers: PrefixTracker[] = [];
  private count = 0;
  /** Rules that are clauses of conjunctive matches; without any, lookups are simpler. */
  private clauses = 0;

  constructor(prefixes: readonly PrefixField[] = DEFAULT_PREFIXES) {
    this.trackers = prefixes.map((field) => new PrefixTracker(field));
  }

  /** Number of rules. */
  get size(): number {
    return this.count;
  }

  /** Changes which prefixes are tracked (`Flow_Table.prefixes`; at most 3). */
  setPrefixes(prefixes: readonly PrefixField[]): void {
    this.trackers = prefixes.map((field) => new PrefixTracker(field));
    for (const subtable of this.subtables) {
      subtable.setTrackers(this.trackers);
      for (const rule of subtable.rules()) {
        const { match } = rule;
        for (const tracker of this.trackers) tracker.insert(match);
      }
    }
  }

  /** Adds `rule`. Returns the rule with the same match and priority that it replaced, or null. */
  insert(rule: Rule): Rule | null {
    const { match } = rule;
    const key = maskKey(match.mask);
    let subtable = this.byMask.get(key);
    if (!subtable) {
      subtable = new Subtable(match.mask.clone());
      subtable.setTrackers(this.trackers);
      this.byMask.set(key, subtable);
      this.subtables.push(subtable);
    }
    const replaced = subtable.insert(rule, match.flow);
    rule.pack(subtable.shape);
    this.actionsChanged(replaced?.actions ?? [], rule.actions);
    if (!replaced) {
      this.count++;
      for (const tracker of this.trackers) tracker.insert(match);
    }
    this.sort();
    return replaced;
  }

  /** Takes `rule` (this object, not an equal one) out. Returns whether it was there. */
  remove(rule: Rule): boolean {
    const { match } = rule;
    const key = maskKey(match.mask);
    const subtable = this.byMask.get(key);
    if (!subtable?.remove(rule, match.flow)) return false;
    this.count--;
    this.actionsChanged(rule.actions, []);
    for (const tracker of this.trackers) tracker.remove(match);
    if (subtable.size === 0) {
      this.byMask.delete(key);
      this.subtables.splice(this.subtables.indexOf(subtable), 1);
    }
    this.sort();
    return true;
  }

  /** A rule that is in the table got other actions. */
  actionsChanged(before: readonly OfpAct[], after: readonly OfpAct[]): void {
    this.clauses += Number(isConjunctive(after)) - Number(isConjunctive(before));
  }

  /** The rule of highest priority that matches `flow`, or null. Sets in `wc`, unless it is null,
   * every bit of `flow` that the result depends on. */
  lookup(flow: Flow, wc: Flow | null): Rule | null {
    if (flow.view.getUint32(PACKET_TYPE) !== 0) return this.lookupNonEthernet(flow, wc);
    return this.clauses > 0 ? this.lookupConjunctive(flow, wc) : this.lookupPlain(flow, wc);
  }

  /** Matches on headers are on those of Ethernet packets unless they say otherwise. */
  private lookupNonEthernet(flow: Flow, wc: Flow | null): Rule | null {
    for (const tracker of this.trackers) tracker.reset();
    let best: Rule | null = null;
    for (const subtable of this.subtables) {
      if (impliesEthernet(subtable.mask)) continue;
      const rule = wc ? subtable.lookupMarking(flow, wc) : subtable.lookup(flow);
      if (rule && rule.priority > (best?.priority ?? -1)) best = rule;
    }
    return best;
  }

  private lookupConjunctive(flow: Flow, wc: Flow | null): Rule | null {
    const clauses: Rule[] = [];
    const hard = this.lookupBeside(flow, wc, clauses);
    return resolveConjunctions(hard, clauses, (id) => {
      const { view } = flow;
      const saved = view.getUint32(CONJ_ID);
      view.setUint32(CONJ_ID, id);
      const found = this.lookupBeside(flow, wc, null);
      view.setUint32(CONJ_ID, saved);
      return found;
    });
  }

  /** A lookup that does not find clauses, but adds those that come before what it found. */
  private lookupBeside(flow: Flow, wc: Flow | null, clauses: Rule[] | null): Rule | null {
    for (const tracker of this.trackers) tracker.reset();
    let best: Rule | null = null;
    let bestPriority = -1;
    for (const subtable of this.subtables) {
      if (subtable.maxPriority <= bestPriority && OPTIMISATIONS.prioritySorting) break;
      const rule = wc ? subtable.lookupMarking(flow, wc) : subtable.lookup(flow);
      if (!rule || rule.priority <= bestPriority) continue;
      if (isConjunctive(rule.actions)) {
        clauses?.push(rule);
      } else {
        best = rule;
        bestPriority = rule.priority;
      }
    }
    return best;
  }

  private lookupPlain(flow: Flow, wc: Flow | null): Rule | null {
    const { trackers, subtables } = this;
    for (let i = 0; i < trackers.length; i++) trackers[i].reset();
    let best: Rule | null = null;
    let bestPriority = -1;
    for (let i = 0; i < subtables.length; i++) {
      const subtable = subtables[i];
      if (subtable.maxPriority <= bestPriority && OPTIMISATIONS.prioritySorting) break;
      const rule = wc ? subtable.lookupMarking(flow, wc) : subtable.lookup(flow);
      if (rule && rule.priority > bestPriority) {
        best = rule;
        bestPriority = rule.priority;
      }
    }
    return best;
  }

  /** The rule with exactly this match and priority, or null. */
  findExact(match: Match, priority: number): Rule | null {
    return this.byMask.get(maskKey(match.mask))?.findExact(match.flow, priority) ?? null;
  }

  /** Every rule at least as specific as `target` (all of them when undefined): what a non-strict
   * flow-mod or a flow dump selects. Removing rules while iterating is allowed. */
  *iterate(target?: Match): Generator<Rule> {
    for (const subtable of [...this.subtables]) {
      if (target && !isSubset(target.mask, subtable.mask)) continue;
      for (const rule of [...subtable.rules()]) {
        if (!target || rule.agrees(target)) yield rule;
      }
    }
  }

  /** A rule of `priority` that some packet could match together with `match`, or null: what the
   * CHECK_OVERLAP flag looks for. A rule with the very same match overlaps too. */
  findOverlap(match: Match, priority: number): Rule | null {
    for (const subtable of this.subtables) {
      if (subtable.maxPriority < priority) continue;
      for (const rule of subtable.rules()) {
        if (rule.priority === priority && rule.agrees(match)) return rule;
      }
    }
    return null;
  }

  private sort(): void {
    const { subtables } = this;
    for (let i = 1; i < subtables.length; i++) {
      const moving = subtables[i];
      let j = i;
      while (j > 0 && subtables[j - 1].maxPriority < moving.maxPriority) {
        subtables[j] = subtables[j - 1];
        j--;
      }
      subtables[j] = moving;
    }
  }
}

function maskKey(mask: Flow): string {
  let key = "";
  for (let i = 0; i < mask.words.length; i++) {
    if (mask.words[i] !== 0) key += `${i}:${mask.words[i]},`;
  }
  return key;
}

/** Whether every bit of `a` is in `b`. */
function isSubset(a: Flow, b: Flow): boolean {
  for (let i = 0; i < a.words.length; i++) if ((a.words[i] & ~b.words[i]) !== 0) return false;
  return true;
}

/** Where the key has fields that presuppose an Ethernet packet; see `ovs-fields(7)`. */
const HEADERS = [
  [KEY_FIELDS.eth_dst.offset, KEY_FIELDS.ct_state.offset],
  [KEY_FIELDS.ipv6_src.offset, KEY_FIELDS.ipv6_label.offset + 4],
  [KEY_FIELDS.ct_nw_proto.offset, KEY_FIELDS.ct_nw_dst.offset + 4],
  [KEY_FIELDS.mpls_lse0.offset, KEY_FIELDS.mpls_lse2.offset + 4],
] as const;

function impliesEthernet(mask: Flow): boolean {
  if (mask.view.getUint32(PACKET_TYPE) !== 0) return false;
  return HEADERS.some(([from, to]) => mask.bytes.subarray(from, to).some((byte) => byte !== 0));
}

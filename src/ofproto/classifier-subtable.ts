// SPDX-License-Identifier: Apache-2.0
/** The rules of a classifier that share one mask. See classifier.ts. */
import { randomBytes } from "node:crypto";
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { Flow } from "../openflow/flow.js";
import { HashCounts } from "./classifier-hashes.js";
import { OPTIMISATIONS } from "./classifier-optimisations.js";
import type { PrefixTracker } from "./classifier-prefixes.js";
import { RuleRows } from "./classifier-rows.js";
import { PORTS, STAGE_OF, splitMask } from "./classifier-stages.js";
import { PrefixTrie } from "./classifier-trie.js";
import type { Rule, SharedMask } from "./rule.js";

/** A prefix field to try before a stage: its tracker and the length of this mask's prefix. */
interface Try {
  readonly tracker: PrefixTracker;
  readonly length: number;
}

const PORTS_OFFSET = KEY_FIELDS.tp_src.offset;
/** Whoever chooses addresses must not choose slots. */
const SEED = randomBytes(4).readInt32LE();

export class Subtable {
  readonly mask: Flow;
  maxPriority = -1;
  size = 0;
  /** How many rules have each priority. */
  private readonly priorities = new Map<number, number>();
  private readonly rows: RuleRows;
  /** What its rules are packed by. */
  readonly shape: SharedMask;
  /** See `StagedMask`. */
  private readonly words: Uint16Array;
  private readonly masks: Uint32Array;
  private readonly stages: readonly number[];
  private readonly ends: readonly number[];
  /** Of each stage: the prefixes to try before it, and the hashes of the rules up to its end. The
   * last stage has no such index: the rows are one. */
  private tries: readonly Try[][];
  private readonly indices: readonly HashCounts[];
  /** Ports of the rules, when the mask has a prefix of the 32 bits of tp_src and tp_dst. */
  private readonly portsTrie: PrefixTrie | null;
  private readonly portsLength: number;

  constructor(mask: Flow) {
    this.mask = mask;
    const split = splitMask(mask);
    const { stages, ends, words, masks } = split;
    this.shape = { ...split, mask };
    this.stages = stages;
    this.ends = ends;
    this.words = words;
    this.masks = masks;
    this.rows = new RuleRows(words, masks);
    this.tries = stages.map(() => []);
    this.indices = stages.slice(1).map(() => new HashCounts());
    this.portsLength = portsPrefix(mask);
    this.portsTrie = this.portsLength > 0 ? new PrefixTrie(32) : null;
  }

  /** Says which prefix fields are tracked by the classifier. */
  setTrackers(trackers: readonly PrefixTracker[]): void {
    this.tries = this.stages.map((stage) =>
      trackers
        .filter((tracker) => STAGE_OF[tracker.offset] === stage)
        .map((tracker) => ({ tracker, length: tracker.prefixLength(this.mask) }))
        .filter(({ length }) => length > 0),
    );
  }

  rules(): Iterable<Rule> {
    return this.rows;
  }

  /** Adds `rule` with the match `flow`; returns the one of the same match and priority that it
   * takes the place of. */
  insert(rule: Rule, flow: Flow): Rule | null {
    const replaced = this.rows.insert(rule, flow, this.hash(flow));
    if (replaced) return replaced;
    this.size++;
    this.index(flow, true);
    this.priorities.set(rule.priority, (this.priorities.get(rule.priority) ?? 0) + 1);
    if (rule.priority > this.maxPriority) this.maxPriority = rule.priority;
    return null;
  }

  remove(rule: Rule, flow: Flow): boolean {
    if (!this.rows.remove(rule, flow, this.hash(flow))) return false;
    this.size--;
    this.index(flow, false);
    const left = (this.priorities.get(rule.priority) ?? 1) - 1;
    this.priorities.set(rule.priority, left);
    if (left > 0) return true;
    this.priorities.delete(rule.priority);
    if (rule.priority === this.maxPriority) {
      this.maxPriority = -1;
      for (const priority of this.priorities.keys()) {
        if (priority > this.maxPriority) this.maxPriority = priority;
      }
    }
    return true;
  }

  findExact(flow: Flow, priority: number): Rule | null {
    let rule = this.lookup(flow);
    while (rule && rule.priority !== priority) rule = rule.lower;
    return rule;
  }

  /** The rule of highest priority that matches `flow`, or null. */
  lookup(flow: Flow): Rule | null {
    return this.rows.find(flow, this.hash(flow));
  }

  /** As `lookup`, and sets in `wc` the bits that the answer depends on. */
  lookupMarking(flow: Flow, wc: Flow): Rule | null {
    const { tries, ends, words, masks } = this;
    const from = flow.words;
    const last = ends.length - 1;
    let hash = SEED;
    let at = 0;
    for (let stage = 0; stage <= last; stage++) {
      const before = tries[stage];
      for (let i = 0; i < before.length; i++) {
        if (before[i].tracker.excludes(flow, before[i].length, wc)) return this.mark(wc, at);
      }
      for (const end = ends[stage]; at < end; at++) hash = mix(hash, from[words[at]] & masks[at]);
      if (stage < last && OPTIMISATIONS.stagedLookup && !this.indices[stage].has(hash)) {
        return this.miss(flow, wc, stage);
      }
    }
    const rule = this.rows.find(flow, hash);
    if (!rule) return this.miss(flow, wc, last);
    this.mark(wc, at);
    return rule;
  }

  /** Marks what says that stage `i` has no match: all up to its end, but of ports only the bits
   * that tell them from those of all rules. */
  private miss(flow: Flow, wc: Flow, i: number): null {
    const { ends, stages } = this;
    if (stages[i] !== PORTS || !OPTIMISATIONS.prefixTracking) return this.mark(wc, ends[i]);
    this.markPorts(flow, wc);
    return this.mark(wc, i > 0 ? ends[i - 1] : 0);
  }

  /** Marks the first `count` words as looked at. */
  private mark(wc: Flow, count: number): null {
    const { words, masks } = this;
    const marked = wc.words;
    for (let i = 0; i < count; i++) marked[words[i]] |= masks[i];
    return null;
  }

  private markPorts(flow: Flow, wc: Flow): void {
    const { mask, portsTrie } = this;
    if (!portsTrie) return;
    const ports = mask.view.getUint32(PORTS_OFFSET);
    portsTrie.lookupWord(flow.view.getUint32(PORTS_OFFSET) & ports);
    const { checkedBits } = portsTrie;
    const prefix = checkedBits === 0 ? 0 : -1 << (32 - checkedBits);
    wc.view.setUint32(PORTS_OFFSET, wc.view.getUint32(PORTS_OFFSET) | (ports & prefix));
  }

  private hash(flow: Flow): number {
    const { words, masks } = this;
    const from = flow.words;
    let hash = SEED;
    for (let i = 0; i < words.length; i++) hash = mix(hash, from[words[i]] & masks[i]);
    return hash;
  }

  /** Counts a rule with the match `flow` in or out of the indices of the stages. */
  private index(flow: Flow, isIn: boolean): void {
    const { words, masks, indices, ends, portsTrie } = this;
    let hash = SEED;
    let at = 0;
    for (let stage = 0; stage < indices.length; stage++) {
      for (; at < ends[stage]; at++) hash = mix(hash, flow.words[words[at]] & masks[at]);
      if (isIn) indices[stage].add(hash);
      else indices[stage].remove(hash);
    }
    if (!portsTrie) return;
    if (isIn) portsTrie.insert(flow.view, PORTS_OFFSET, this.portsLength);
    else portsTrie.remove(flow.view, PORTS_OFFSET, this.portsLength);
  }
}

/** One step of a hash over words; `slotOf` mixes the last one. */
function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return h ^ (h >>> 15);
}

/** Length of the prefix of the 32 bits tp_src, tp_dst up to the last bit of the mask; 0 when the
 * mask has none of them. Bits missing within the prefix are 0 in every rule. */
function portsPrefix(mask: Flow): number {
  const bits = mask.view.getUint32(PORTS_OFFSET);
  return bits === 0 ? 0 : 32 - (31 - Math.clz32(bits & -bits));
}

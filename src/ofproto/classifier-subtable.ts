// SPDX-License-Identifier: Apache-2.0
/** The rules of a classifier that share one mask. See classifier.ts. */

import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_WORDS, type Flow } from "../openflow/flow.js";
import type { PrefixTracker } from "./classifier-prefixes.js";
import { PrefixTrie } from "./classifier-trie.js";
import type { Rule } from "./rule.js";

/** A rule in its place: `next` is the next match with the same hash, `lower` the next lower
 * priority of the same match. */
interface Entry {
  readonly rule: Rule;
  /** The words of the mask in the rule's match: near, so that a lookup in a large table does not
   * wait for the rule, its match, the flow and its words from memory, one after the other. */
  readonly key: Uint32Array;
  next: Entry | null;
  lower: Entry | null;
}

/** A prefix field to try before a stage: its tracker and the length of this mask's prefix. */
interface Try {
  readonly tracker: PrefixTracker;
  readonly length: number;
}

/** Stages, in the order in which a subtable is searched. Ports are a stage of their own, for what
 * their trie says about them says nothing of the other L4 fields. */
const METADATA = 0;
const L2 = 1;
const L3 = 2;
const PORTS = 3;
const L4 = 4;
const STAGES = 5;

/** The stage of every byte of a Flow. */
const STAGE_OF = stageOfBytes();

function stageOfBytes(): Uint8Array {
  const stages = new Uint8Array(FLOW_WORDS * 4).fill(METADATA);
  const set = (stage: number, names: readonly (keyof typeof KEY_FIELDS)[]): void => {
    for (const name of names) {
      const { offset, bytes } = KEY_FIELDS[name];
      stages.fill(stage, offset, offset + bytes);
    }
  };
  set(L2, ["eth_dst", "eth_src", "eth_type", "vlan_tci0", "vlan_tpid0", "vlan_tci1"]);
  set(L2, ["vlan_tpid1", "mpls_lse0", "mpls_lse1", "mpls_lse2"]);
  set(L3, ["nw_frag", "nw_proto", "nw_src", "nw_dst", "nw_tos", "nw_ttl"]);
  set(L3, ["ipv6_src", "ipv6_dst", "ipv6_label", "ct_nw_src", "ct_nw_dst"]);
  set(PORTS, ["tp_src", "tp_dst"]);
  set(L4, ["nd_target", "arp_sha", "arp_tha", "tcp_flags", "ct_tp_src", "ct_tp_dst"]);
  return stages;
}

/** A multiset of hashes. With one distinct hash, as stages of metadata and Ethernet type mostly
 * have, asking for it costs a comparison. */
class HashCounts {
  private readonly counts = new Map<number, number>();
  /** The only hash, or -1. */
  private only = -1;

  has(hash: number): boolean {
    return this.only >= 0 ? this.only === hash : this.counts.has(hash);
  }

  add(hash: number, change: 1 | -1): void {
    const { counts } = this;
    const count = (counts.get(hash) ?? 0) + change;
    if (count > 0) counts.set(hash, count);
    else counts.delete(hash);
    // A map's first key is found by walking over those deleted before it: only if it is needed.
    this.only = counts.size === 1 ? (counts.keys().next().value as number) : -1;
  }
}

const PORTS_WORD = KEY_FIELDS.tp_src.offset / 4;

export class Subtable {
  readonly mask: Flow;
  maxPriority = -1;
  size = 0;
  /** How many rules have each priority. */
  private readonly priorities = new Map<number, number>();
  private readonly heads = new Map<number, Entry>();
  /** Words of a Flow that the mask has bits in, by stage, and those bits. A word may be in two
   * stages. */
  private readonly words: Uint16Array;
  private readonly masks: Uint32Array;
  /** Of each stage that the mask has: its number, where it ends in `words`, the prefixes to try
   * before it, and the hashes of the rules up to its end, with counts. The last stage has no such
   * index: the rules are one. */
  private readonly stages: readonly number[];
  private readonly ends: readonly number[];
  private tries: readonly Try[][];
  private readonly indices: readonly HashCounts[];
  /** Ports of the rules, when the mask has a prefix of the 32 bits of tp_src and tp_dst. */
  private readonly portsTrie: PrefixTrie | null;
  private readonly portsLength: number;
  private readonly scratch = new DataView(new ArrayBuffer(4));

  constructor(mask: Flow) {
    this.mask = mask.clone();
    const { stages, ends, words, masks } = splitMask(this.mask);
    this.stages = stages;
    this.ends = ends;
    this.words = Uint16Array.from(words);
    this.masks = Uint32Array.from(masks);
    this.tries = stages.map(() => []);
    this.indices = stages.slice(1).map(() => new HashCounts());
    this.portsLength = portsPrefix(this.mask);
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

  *rules(): Generator<Rule> {
    for (const head of this.heads.values()) {
      for (let match: Entry | null = head; match; match = match.next) {
        for (let entry: Entry | null = match; entry; entry = entry.lower) yield entry.rule;
      }
    }
  }

  /** Adds `rule`; returns the one of the same match and priority that it takes the place of. */
  insert(rule: Rule): Rule | null {
    const hash = this.hash(rule.match.flow);
    let previous: Entry | null = null;
    let match = this.heads.get(hash) ?? null;
    while (match && !this.matches(match.key, rule.match.flow)) {
      previous = match;
      match = match.next;
    }
    const chain = match ? entriesOf(match) : [];
    const old = chain.findIndex((entry) => entry.rule.priority === rule.priority);
    const replaced = old >= 0 ? chain[old].rule : null;
    if (old >= 0) chain.splice(old, 1);
    chain.push({ rule, key: this.keyOf(rule.match.flow), next: null, lower: null });
    this.relink(hash, previous, match, chain);
    if (!replaced) {
      this.index(rule, 1);
      this.priorities.set(rule.priority, (this.priorities.get(rule.priority) ?? 0) + 1);
    }
    this.maxPriority = Math.max(this.maxPriority, rule.priority);
    return replaced;
  }

  remove(rule: Rule): boolean {
    const hash = this.hash(rule.match.flow);
    let previous: Entry | null = null;
    let match = this.heads.get(hash) ?? null;
    while (match && !this.matches(match.key, rule.match.flow)) {
      previous = match;
      match = match.next;
    }
    if (!match) return false;
    const chain = entriesOf(match);
    const at = chain.findIndex((entry) => entry.rule === rule);
    if (at < 0) return false;
    chain.splice(at, 1);
    this.relink(hash, previous, match, chain);
    this.index(rule, -1);
    const left = (this.priorities.get(rule.priority) ?? 1) - 1;
    this.priorities.set(rule.priority, left);
    if (left > 0) return true;
    this.priorities.delete(rule.priority);
    if (rule.priority === this.maxPriority)
      this.maxPriority = Math.max(-1, ...this.priorities.keys());
    return true;
  }

  findExact(flow: Flow, priority: number): Rule | null {
    let entry = this.find(flow, this.hash(flow));
    while (entry && entry.rule.priority !== priority) entry = entry.lower;
    return entry?.rule ?? null;
  }

  /** The rule with the match of `rule` and the next lower priority, or null. */
  lowerThan(rule: Rule): Rule | null {
    let entry = this.find(rule.match.flow, this.hash(rule.match.flow));
    while (entry && entry.rule.priority >= rule.priority) entry = entry.lower;
    return entry?.rule ?? null;
  }

  /** The rule of highest priority that matches `flow`, or null. */
  lookup(flow: Flow): Rule | null {
    return this.find(flow, this.hash(flow))?.rule ?? null;
  }

  /** As `lookup`, and sets in `wc` the bits that the answer depends on. */
  lookupMarking(flow: Flow, wc: Flow): Rule | null {
    const { tries, ends, indices } = this;
    const last = ends.length - 1;
    let hash = 0;
    let start = 0;
    for (let i = 0; i <= last; i++) {
      const before = tries[i];
      for (let j = 0; j < before.length; j++) {
        if (before[j].tracker.excludes(flow, before[j].length, wc)) return this.mark(wc, start);
      }
      hash = this.hashWords(flow, hash, start, ends[i]);
      start = ends[i];
      if (i < last && !indices[i].has(hash)) return this.miss(flow, wc, i);
    }
    const entry = this.find(flow, hash);
    if (!entry) return this.miss(flow, wc, last);
    this.mark(wc, start);
    return entry.rule;
  }

  /** Marks what says that stage `i` has no match: all up to its end, but of ports only the bits
   * that tell them from those of all rules. */
  private miss(flow: Flow, wc: Flow, i: number): null {
    const { ends, stages } = this;
    if (stages[i] !== PORTS) return this.mark(wc, ends[i]);
    this.markPorts(flow, wc);
    return this.mark(wc, i > 0 ? ends[i - 1] : 0);
  }

  /** Marks the first `count` words as looked at. */
  private mark(wc: Flow, count: number): null {
    const { words, masks } = this;
    const { words: marked } = wc;
    for (let i = 0; i < count; i++) marked[words[i]] |= masks[i];
    return null;
  }

  private markPorts(flow: Flow, wc: Flow): void {
    const { scratch, mask, portsTrie } = this;
    if (!portsTrie) return;
    const offset = PORTS_WORD * 4;
    const ports = mask.view.getUint32(offset);
    scratch.setUint32(0, flow.view.getUint32(offset) & ports);
    portsTrie.lookup(scratch, 0);
    const prefix = portsTrie.checkedBits === 0 ? 0 : -1 << (32 - portsTrie.checkedBits);
    wc.view.setUint32(offset, wc.view.getUint32(offset) | (ports & prefix));
  }

  private find(flow: Flow, hash: number): Entry | null {
    let entry = this.heads.get(hash) ?? null;
    while (entry && !this.matches(entry.key, flow)) entry = entry.next;
    return entry;
  }

  /** Whether `flow` has the bits of `key` within the mask. */
  private matches(key: Uint32Array, flow: Flow): boolean {
    const { words, masks } = this;
    const from = flow.words;
    for (let i = 0; i < words.length; i++) {
      if (((key[i] ^ from[words[i]]) & masks[i]) !== 0) return false;
    }
    return true;
  }

  private keyOf(flow: Flow): Uint32Array {
    return Uint32Array.from(this.words, (word) => flow.words[word]);
  }

  private hash(flow: Flow): number {
    let hash = 0;
    let start = 0;
    for (const end of this.ends) {
      hash = this.hashWords(flow, hash, start, end);
      start = end;
    }
    return hash;
  }

  /** 30 bits, so that the engine keeps it as a small integer. */
  private hashWords(flow: Flow, basis: number, start: number, end: number): number {
    const { words, masks } = this;
    const from = flow.words;
    let hash = basis;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ (from[words[i]] & masks[i]), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & 0x3fffffff;
  }

  /** Counts `rule` in (1) or out (-1) of the indices of the stages. */
  private index(rule: Rule, change: 1 | -1): void {
    this.size += change;
    let hash = 0;
    let start = 0;
    for (const [i, index] of this.indices.entries()) {
      hash = this.hashWords(rule.match.flow, hash, start, this.ends[i]);
      start = this.ends[i];
      index.add(hash, change);
    }
    if (!this.portsTrie) return;
    const offset = PORTS_WORD * 4;
    if (change === 1) this.portsTrie.insert(rule.match.flow.view, offset, this.portsLength);
    else this.portsTrie.remove(rule.match.flow.view, offset, this.portsLength);
  }

  /** Puts `chain` (same match, any order) in the place of `match`, which follows `previous`. */
  private relink(hash: number, previous: Entry | null, match: Entry | null, chain: Entry[]): void {
    const next = match ? match.next : null;
    chain.sort((a, b) => b.rule.priority - a.rule.priority);
    for (let i = 0; i < chain.length; i++) {
      chain[i].lower = chain[i + 1] ?? null;
      chain[i].next = null;
    }
    const head = chain[0] ?? next;
    if (chain.length > 0) chain[0].next = next;
    if (previous) previous.next = head;
    else if (head) this.heads.set(hash, head);
    else this.heads.delete(hash);
  }
}

function entriesOf(match: Entry): Entry[] {
  const entries: Entry[] = [];
  for (let entry: Entry | null = match; entry; entry = entry.lower) entries.push(entry);
  return entries;
}

/** The words of a mask, by stage. There is at least one stage, if an empty one. */
function splitMask(mask: Flow): {
  stages: number[];
  ends: number[];
  words: number[];
  masks: number[];
} {
  const split: ReturnType<typeof splitMask> = { stages: [], ends: [], words: [], masks: [] };
  const part = new Uint8Array(FLOW_WORDS * 4);
  const partWords = new Uint32Array(part.buffer);
  for (let stage = 0; stage < STAGES; stage++) {
    for (let i = 0; i < part.length; i++) part[i] = STAGE_OF[i] === stage ? mask.bytes[i] : 0;
    const words = [...partWords.keys()].filter((i) => partWords[i] !== 0);
    if (words.length === 0 && !(stage === L4 && split.stages.length === 0)) continue;
    split.words.push(...words);
    split.masks.push(...words.map((i) => partWords[i]));
    split.stages.push(stage);
    split.ends.push(split.words.length);
  }
  return split;
}

/** Length of the prefix of the 32 bits tp_src, tp_dst up to the last bit of the mask; 0 when the
 * mask has none of them. Bits missing within the prefix are 0 in every rule. */
function portsPrefix(mask: Flow): number {
  const bits = mask.view.getUint32(PORTS_WORD * 4);
  return bits === 0 ? 0 : 32 - (31 - Math.clz32(bits & -bits));
}

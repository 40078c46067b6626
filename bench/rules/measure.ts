// SPDX-License-Identifier: Apache-2.0
/** A classifier with very many rules: load time, memory per rule, cost of a lookup. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { Classifier } from "../../src/ofproto/classifier.js";
import { Rule } from "../../src/ofproto/rule.js";
import { Flow } from "../../src/openflow/flow.js";
import { emptyMatch, type Match } from "../../src/openflow/match.js";
import { Sequence } from "../setup/pipeline.js";

export interface RulesResult {
  readonly masks: number;
  /** Microseconds and bytes per rule. */
  readonly insertUs: number;
  readonly bytes: number;
  /** Nanoseconds per lookup of a packet that hits: without wildcards, and with. */
  readonly lookupNs: number;
  readonly markingNs: number;
  /** Microseconds per rule. */
  readonly removeUs: number;
}

const F = KEY_FIELDS;
/** Prefix lengths of nw_dst, each with and without a source address: 32 masks. */
const LENGTHS = Array.from({ length: 16 }, (_, i) => 32 - i);

/** The n-th rule: a destination prefix and port, every other one a source address as well. */
function matchOf(n: number): Match {
  const match = emptyMatch();
  const { mask, flow } = match;
  const length = LENGTHS[(n >> 1) % LENGTHS.length]!;
  const prefix = (0xffffffff << (32 - length)) >>> 0;
  mask.view.setUint16(F.eth_type.offset, 0xffff);
  flow.view.setUint16(F.eth_type.offset, 0x0800);
  mask.view.setUint32(F.nw_dst.offset, prefix);
  flow.view.setUint32(F.nw_dst.offset, (Math.imul(n, 0x9e3779b1) & prefix) >>> 0);
  mask.view.setUint16(F.tp_dst.offset, 0xffff);
  flow.view.setUint16(F.tp_dst.offset, n & 0xffff);
  if (n & 1) {
    mask.view.setUint32(F.nw_src.offset, 0xffffffff);
    flow.view.setUint32(F.nw_src.offset, n);
  }
  return match;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function bytesUsed(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Loads `count` rules and looks `lookups` packets up that hit one of them. */
export function measureRules(count: number, lookups: number): RulesResult {
  const classifier = new Classifier();
  const rules: Rule[] = new Array<Rule>(count);
  const bytesBefore = bytesUsed();
  const start = cpuUs();
  for (let n = 0; n < count; n++) {
    const rule = new Rule({ tableId: 0, priority: n & 15, match: matchOf(n), actions: [] });
    rules[n] = rule;
    classifier.insert(rule);
  }
  const insertUs = (cpuUs() - start) / count;
  const bytes = (bytesUsed() - bytesBefore) / count;
  const lookupNs = timeLookups(classifier, count, lookups, null);
  const markingNs = timeLookups(classifier, count, lookups, new Flow());
  const masks = new Set(rules.map((rule) => rule.mask)).size;
  const removing = cpuUs();
  for (const rule of rules) classifier.remove(rule);
  if (classifier.size !== 0) throw new Error("rules are left");
  return { masks, insertUs, bytes, lookupNs, markingNs, removeUs: (cpuUs() - removing) / count };
}

function timeLookups(
  classifier: Classifier,
  count: number,
  lookups: number,
  wc: Flow | null,
): number {
  const sequence = new Sequence();
  const packets = Array.from({ length: 1024 }, () => matchOf(sequence.below(count)).flow);
  let found = 0;
  const start = cpuUs();
  for (let i = 0; i < lookups; i++) if (classifier.lookup(packets[i & 1023]!, wc)) found++;
  const us = cpuUs() - start;
  if (found !== lookups) throw new Error("a packet found no rule");
  return (us * 1000) / lookups;
}

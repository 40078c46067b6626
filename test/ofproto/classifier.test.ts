// SPDX-License-Identifier: Apache-2.0
/** The classifier against a linear scan, under random churn, and its masks against their promise:
 * a packet that agrees in the marked bits finds the same rule. */
import { describe, expect, it } from "vitest";
import { KEY_FIELDS as K } from "../../pmd/shm/flow-key.js";
import { Classifier } from "../../src/ofproto/classifier.js";
import { Rule } from "../../src/ofproto/rule.js";
import { FLOW_FIELDS, Flow } from "../../src/openflow/flow.js";
import { emptyMatch, type Match } from "../../src/openflow/match.js";
import { Random } from "./random.js";

/** Fields that the cases use; small values, so that rules and packets meet. */
const FIELDS = [
  { place: FLOW_FIELDS.in_port, masks: [0xffffffff] },
  { place: K.eth_type, masks: [0xffff] },
  { place: K.vlan_tci0, masks: [0xffff, 0x1fff, 0x1000] },
  { place: K.nw_src, masks: [0xffffffff, 0xffffff00, 0xf0000000, 0x00ff00ff] },
  { place: K.nw_dst, masks: [0xffffffff, 0xffff0000, 0xfffffff0, 0x80000000] },
  { place: K.nw_proto, masks: [0xff] },
  { place: K.tp_src, masks: [0xffff, 0xff00] },
  { place: K.tp_dst, masks: [0xffff, 0xfff0, 0x0001] },
  { place: K.tcp_flags, masks: [0x0fff, 0x0002] },
];

function put(
  flow: Flow,
  { offset, bytes }: { offset: number; bytes: number },
  value: number,
): void {
  if (bytes === 4) flow.view.setUint32(offset, value);
  else if (bytes === 2) flow.view.setUint16(offset, value);
  else flow.view.setUint8(offset, value);
}

function randomValue(random: Random): number {
  const base = random.pick([0, 1, 0x0a000000, 0x0a0000ff, 0x0a01ff00, 0x80000000, 0x1001, 0xff0f]);
  return (base + random.below(3)) >>> 0;
}

function randomMatch(random: Random): Match {
  const match = emptyMatch();
  for (const { place, masks } of FIELDS) {
    if (!random.oneIn(3)) continue;
    const mask = random.pick(masks);
    put(match.mask, place, mask);
    put(match.flow, place, randomValue(random) & mask);
  }
  return match;
}

function randomFlow(random: Random): Flow {
  const flow = new Flow();
  for (const { place } of FIELDS) put(flow, place, randomValue(random));
  return flow;
}

function matches(match: Match, flow: Flow): boolean {
  return match.mask.words.every((mask, i) => ((match.flow.words[i] ^ flow.words[i]) & mask) === 0);
}

function scan(rules: Iterable<Rule>, flow: Flow): number {
  let best = -1;
  for (const rule of rules) {
    if (rule.priority > best && matches(rule.match, flow)) best = rule.priority;
  }
  return best;
}

const key = (rule: { match: Match; priority: number }): string =>
  `${rule.priority}/${rule.match.mask.words.join()}/${rule.match.flow.words.join()}`;

describe("classifier", () => {
  it.each([1, 2, 3, 4])("agrees with a linear scan, and its masks hold (seed %i)", (seed) => {
    const random = new Random(seed);
    const classifier = new Classifier();
    const rules = new Map<string, Rule>();
    for (let round = 0; round < 1500; round++) {
      if (rules.size < 20 || random.oneIn(2)) {
        const init = { tableId: 0, priority: random.below(40), match: randomMatch(random) };
        const rule = new Rule({ ...init, actions: [] });
        expect(classifier.insert(rule)).toBe(rules.get(key(rule)) ?? null);
        rules.set(key(rule), rule);
      } else {
        const rule = random.pick([...rules.values()]);
        expect(classifier.remove(rule)).toBe(true);
        expect(classifier.remove(rule)).toBe(false);
        rules.delete(key(rule));
      }
      expect(classifier.size).toBe(rules.size);
      const flow = randomFlow(random);
      const wc = new Flow();
      const found = classifier.lookup(flow, wc);
      expect(found?.priority ?? -1).toBe(scan(rules.values(), flow));
      expect(classifier.lookup(flow, null)?.priority ?? -1).toBe(found?.priority ?? -1);
      for (let i = 0; i < 5; i++) {
        const other = randomFlow(random);
        for (let w = 0; w < other.words.length; w++) {
          other.words[w] = (other.words[w] & ~wc.words[w]) | (flow.words[w] & wc.words[w]);
        }
        expect(scan(rules.values(), other)).toBe(found?.priority ?? -1);
      }
    }
  });

  it("finds exact rules, subsets and overlaps", () => {
    const random = new Random(7);
    const classifier = new Classifier();
    const rules = new Map<string, Rule>();
    for (let i = 0; i < 300; i++) {
      const init = { tableId: 0, priority: random.below(4), match: randomMatch(random) };
      const rule = new Rule({ ...init, actions: [] });
      classifier.insert(rule);
      rules.set(key(rule), rule);
    }
    for (let i = 0; i < 300; i++) {
      const match = randomMatch(random);
      const priority = random.below(4);
      const same = rules.get(key({ match, priority })) ?? null;
      expect(classifier.findExact(match, priority)).toBe(same);
      const selected = [...rules.values()].filter((rule) =>
        match.mask.words.every(
          (mask, w) =>
            (mask & ~rule.match.mask.words[w]) === 0 &&
            ((rule.match.flow.words[w] ^ match.flow.words[w]) & mask) === 0,
        ),
      );
      expect(new Set(classifier.iterate(match))).toEqual(new Set(selected));
      const overlaps = [...rules.values()].some(
        (rule) =>
          rule.priority === priority &&
          match.mask.words.every((mask, w) => {
            const both = mask & rule.match.mask.words[w];
            return ((rule.match.flow.words[w] ^ match.flow.words[w]) & both) === 0;
          }),
      );
      expect(classifier.findOverlap(match, priority) !== null).toBe(overlaps);
    }
    expect([...classifier.iterate()].length).toBe(rules.size);
  });

  it("looks at as few bits of an address as tell it from the nearest prefix", () => {
    const classifier = new Classifier();
    const rule = (priority: number, address: number, mask: number): void => {
      const match = emptyMatch();
      put(match.flow, K.nw_dst, address);
      put(match.mask, K.nw_dst, mask);
      classifier.insert(new Rule({ tableId: 0, priority, match, actions: [] }));
    };
    rule(10, 0x0a000001, 0xffffffff);
    rule(5, 0x0a000000, 0xff000000);
    const lookup = (address: number): [number, string] => {
      const flow = new Flow();
      const wc = new Flow();
      put(flow, K.nw_dst, address);
      const found = classifier.lookup(flow, wc);
      return [found?.priority ?? -1, wc.view.getUint32(K.nw_dst.offset).toString(16)];
    };
    expect(lookup(0x0a000001)).toEqual([10, "ffffffff"]);
    expect(lookup(0x0a800000)).toEqual([5, "ff800000"]);
    expect(lookup(0x14000000)).toEqual([-1, "f0000000"]);
  });
});

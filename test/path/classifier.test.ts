// SPDX-License-Identifier: Apache-2.0
/** The tables under churn, against a linear scan. */
import { describe, expect, it } from "vitest";
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass, keyClass } from "../../pmd/shm/flow-key.js";
import { MASKS_PER_PORT_MAX } from "../../pmd/shm/limits.js";
import { maskOf, udpFrame } from "../harness/frames.js";
import { type Action, ISA, loadHarness, TestPmd } from "../harness/path.js";
import { extractOracle } from "./oracle/extract.js";
import { randomFrame } from "./packets.js";
import { Random } from "./random.js";

const native = loadHarness();

interface Rule {
  readonly keyClass: KeyClass;
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
  packets: number;
}

function matches(rule: Rule, key: Uint8Array, cls: KeyClass): boolean {
  if (rule.keyClass !== cls) return false;
  return rule.mask.every((bits, i) => ((key[i]! ^ rule.key[i]!) & bits) === 0);
}

/** Some of the mask's bytes, always with port and recirculation id. */
function randomMask(random: Random, cls: KeyClass): Uint8Array {
  const mask = new Uint8Array(KEY_BYTES).fill(255, 0, 8);
  for (let at = 8; at < KEY_CLASS_BYTES[cls]; at += 2) {
    if (random.chance(15)) mask.fill(random.pick([255, 255, 0xf0]), at, at + 2);
  }
  return mask;
}

/** Flows never overlap in the datapath: a rule is only added when no frame of the pool would have
 * two. */
class Churn {
  readonly rules = new Map<number, Rule>();
  readonly pool: Uint8Array[] = [];
  readonly keys: Uint8Array[];

  constructor(
    readonly pmd: TestPmd,
    readonly random: Random,
  ) {
    for (let i = 0; i < 300; i++) this.pool.push(randomFrame(random));
    this.keys = this.pool.map((frame) => extractOracle(frame, 1, 1).key);
  }

  add(): void {
    const id = this.random.below(400);
    const key = this.random.pick(this.keys);
    const cls = keyClass(key);
    const rule: Rule = { keyClass: cls, key, mask: randomMask(this.random, cls), packets: 0 };
    const overlaps = this.keys.some(
      (other) =>
        matches(rule, other, keyClass(other)) &&
        [...this.rules.values()].some((old) => matches(old, other, keyClass(other))),
    );
    if (overlaps || this.rules.has(id)) return;
    this.rules.set(id, rule);
    this.pmd.flowPut(id, cls, key, rule.mask, [{ type: "output", port: 2 }]);
  }

  remove(): void {
    if (this.rules.size === 0) return;
    const id = this.random.pick([...this.rules.keys()]);
    this.rules.delete(id);
    this.pmd.flowDel(id);
  }

  /** Sends a burst; returns how many have no rule. */
  burst(): number {
    let unknown = 0;
    for (let i = 0; i < 32; i++) {
      const at = this.random.below(this.pool.length);
      const key = this.keys[at]!;
      const rule = [...this.rules.values()].find((each) => matches(each, key, keyClass(key)));
      if (rule) rule.packets++;
      else unknown++;
      this.pmd.feed(1, this.pool[at]!);
    }
    return unknown;
  }
}

describe.each(["v2", "avx2", "avx512"] as const)("tables at %s", (isa) => {
  it.each([
    [0, false],
    [1, false],
    [3, false],
    [0, true],
    [3, true],
  ])(
    "find what a linear scan finds, EMC 1/%i, SMC %s",
    (emc, smc) => {
      const pmd = new TestPmd(native, ISA[isa]);
      pmd.addPort(1);
      pmd.addPort(2);
      pmd.settings({ emc, smc });
      pmd.run();
      const random = new Random(21 + emc);
      const churn = new Churn(pmd, random);
      for (let round = 0; round < 250; round++) {
        for (let n = random.below(4); n > 0; n--) churn.add();
        if (random.chance(40)) churn.remove();
        const events = pmd.run();
        const refused = events.filter((event) => event.type === "FLOW_INSTALLED");
        expect(refused.every((event) => event.status === "OK")).toBe(true);
        const unknown = churn.burst();
        const before = pmd.counters().miss!;
        const misses = pmd.run();
        expect(pmd.counters().miss! - before).toBe(unknown);
        for (const { slot } of misses) pmd.resolve(slot, { drop: "congestion" });
        pmd.run();
        expect(pmd.sent(2)).toHaveLength(32 - unknown);
        for (const [id, rule] of churn.rules) expect(pmd.stats(id).packets).toBe(rule.packets);
        expect(pmd.imbalance()).toBe(0);
      }
      if (emc === 1) expect(pmd.counters().emc_hits).toBeGreaterThan(100);
      if (emc === 0) expect(pmd.counters().emc_hits).toBe(0);
      if (smc) expect(pmd.counters().smc_hits).toBeGreaterThan(100);
      else expect(pmd.counters().smc_hits).toBe(0);
      pmd.close();
      expect(native.buffersInUse()).toBe(0);
    },
    60_000,
  );
});

describe("limits", () => {
  const out: Action[] = [{ type: "output", port: 2 }];

  it("refuses one mask too many, says so, and still takes exact flows", () => {
    const pmd = new TestPmd(native);
    pmd.addPort(1);
    pmd.addPort(2);
    const { key } = extractOracle(udpFrame(1), 1, 1);
    for (let n = 0; n <= MASKS_PER_PORT_MAX; n++) {
      const mask = maskOf();
      // 129 different masks of which none matches the frame: its MACs differ from the rules'.
      mask[8 + (n % 12)] = 255;
      mask[32 + Math.floor(n / 12)] = 1 + (n % 12);
      const other = key.map((byte, i) => (i >= 8 && i < 20 ? byte ^ 255 : byte));
      pmd.flowPut(n, 0, other, mask, out);
    }
    const statuses = pmd.run().map((event) => event.status);
    expect(statuses.filter((status) => status === "OK")).toHaveLength(MASKS_PER_PORT_MAX);
    expect(statuses.at(-1)).toBe("MASK_LIMIT");
    expect(pmd.counters()).toMatchObject({ masks: MASKS_PER_PORT_MAX, mask_limit_hits: 1 });
    pmd.flowPut(1000, 0, key, new Uint8Array(KEY_BYTES).fill(255), out);
    expect(pmd.run()).toMatchObject([{ status: "OK" }]);
    pmd.feed(1, udpFrame(1));
    pmd.run();
    expect(pmd.sent(2)).toHaveLength(1);
    // The refused flow can be named by an answer, until it is deleted.
    pmd.flowDel(MASKS_PER_PORT_MAX);
    expect(pmd.run()).toMatchObject([{ type: "FLOW_DELETED", slot: MASKS_PER_PORT_MAX }]);
    pmd.flowPut(1001, 0, key, new Uint8Array(KEY_BYTES).fill(255), out);
    expect(pmd.run()).toMatchObject([{ status: "EXISTS" }]);
    pmd.close();
  });

  it("grows to many flows and shrinks to none", () => {
    const pmd = new TestPmd(native);
    pmd.addPort(1);
    pmd.addPort(2);
    const mask = maskOf("nw_src", "nw_dst", "tp_src", "nw_proto");
    const count = 50_000;
    const { key } = extractOracle(udpFrame(0), 1, 1);
    const one = (flow: number) => {
      const copy = key.slice();
      copy.set([10, (flow >> 16) & 255, (flow >> 8) & 255, flow & 255], 32);
      return copy;
    };
    for (let flow = 0; flow < count; flow++) {
      pmd.flowPut(flow, 0, one(flow), mask, out);
      if (flow % 500 === 0) pmd.run();
    }
    expect(pmd.run().every((event) => event.status === "OK")).toBe(true);
    for (let flow = 0; flow < count; flow += 97) pmd.feed(1, udpFrame(flow));
    pmd.run();
    const hits = Math.ceil(count / 97);
    expect(pmd.sent(2)).toHaveLength(hits);
    expect(pmd.counters()).toMatchObject({ flows: count, masks: 1, miss: 0 });
    for (let flow = 0; flow < count; flow++) {
      pmd.flowDel(flow);
      if (flow % 500 === 0) pmd.run();
    }
    pmd.run();
    expect(pmd.counters()).toMatchObject({ flows: 0, masks: 0 });
    pmd.feed(1, udpFrame(97));
    const [miss] = pmd.run();
    expect(miss!.type).toBe("MISS");
    pmd.close();
  });

  it("never takes a stale cached key for a new life of the same flow id", () => {
    const pmd = new TestPmd(native);
    pmd.addPort(1);
    pmd.addPort(2);
    pmd.settings({ emc: 1 });
    const { key } = extractOracle(udpFrame(1), 1, 1);
    const { key: other } = extractOracle(udpFrame(2), 1, 1);
    pmd.flowPut(1, 0, key, maskOf("nw_src"), out);
    for (let n = 0; n < 40; n++) pmd.feed(1, udpFrame(1));
    pmd.run();
    // More lives than a generation counter has values.
    for (let life = 0; life < 17_000; life++) {
      pmd.flowDel(1);
      pmd.flowPut(1, 0, other, maskOf("nw_src"), out);
      // Around the wrap every life counts; else now and then.
      const atWrap = life > 16_370 && life < 16_400;
      if (life % 200 !== 199 && !atWrap) continue;
      pmd.run();
      pmd.feed(1, udpFrame(1));
      const misses = pmd.run().filter((event) => event.type === "MISS");
      expect(misses).toHaveLength(1);
      pmd.resolve(misses[0]!.slot, { drop: "congestion" });
    }
    pmd.run();
    pmd.close();
  });
});

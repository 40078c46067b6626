// SPDX-License-Identifier: Apache-2.0
/** Simple match: which packets it serves, that it finds what the other tables find, and counts. */
import { describe, expect, it } from "vitest";
import { type KeyClass, keyClass } from "../../pmd/shm/flow-key.js";
import { maskOf, udpFrame } from "../harness/frames.js";
import { type Action, ISA, loadHarness, TestPmd } from "../harness/path.js";
import { extractOracle } from "./oracle/extract.js";
import { hostileFrame, randomFrame } from "./packets.js";
import { Random } from "./random.js";

const native = loadHarness();
const OUT: Action = { type: "output", port: 2 };

/** A key with these few fields; the mask of a simple flow. */
function simpleKey(type: number, tci: number, frag: number): Uint8Array {
  const key = new Uint8Array(256);
  key.set([0, 0, 0, 1]);
  key.set([type >> 8, type & 255, tci >> 8, tci & 255], 20);
  key[30] = frag;
  return key;
}

const CLASS: Readonly<Record<number, KeyClass>> = { 2048: 0, 2054: 0, 34525: 1, 34887: 2 };
const SIMPLE = maskOf("eth_type", "vlan_tci0", "nw_frag");
const FLOWS = [
  [0x0800, 0, 0],
  [0x0800, 0, 1],
  [0x0800, 0x1005, 0],
  [0x0806, 0, 0],
  [0x86dd, 0, 0],
  [0x8847, 0, 0],
] as const;

describe.each(["v2", "avx2", "avx512"] as const)("simple match at %s", (isa) => {
  const start = () => {
    const pmd = new TestPmd(native, ISA[isa]);
    pmd.addPort(1);
    pmd.addPort(2);
    pmd.settings({ emc: 1 });
    pmd.run();
    return pmd;
  };

  it("finds what its flows match, and serves a port with no other flows", () => {
    const pmd = start();
    const random = new Random(61);
    for (const [id, [type, tci, frag]] of FLOWS.entries()) {
      pmd.flowPut(id, CLASS[type]!, simpleKey(type, tci, frag), SIMPLE, [OUT]);
    }
    expect(pmd.run().every((event) => event.status === "OK")).toBe(true);
    const packets = FLOWS.map(() => 0);
    let unknown = 0;
    let fed = 0;
    for (let round = 0; round < 120; round++) {
      for (let n = 1 + random.below(32); n > 0; n--) {
        const frame = random.chance(80) ? randomFrame(random) : hostileFrame(random);
        // Whole bursts of common packets, too.
        const sent = round % 3 === 0 ? udpFrame(random.below(9)) : frame;
        if (sent.length === 0) continue;
        const { key } = extractOracle(sent, 1, 1);
        const id = FLOWS.findIndex(
          ([type, tci, frag]) =>
            keyClass(key) === CLASS[type] &&
            SIMPLE.every((bits, i) => ((key[i]! ^ simpleKey(type, tci, frag)[i]!) & bits) === 0),
        );
        if (id < 0) unknown++;
        else packets[id]!++;
        fed++;
        pmd.feed(1, sent);
      }
      for (const { slot } of pmd.run()) pmd.resolve(slot, { drop: "congestion" });
      pmd.run();
      pmd.sent(2);
    }
    expect(FLOWS.map((_, id) => pmd.stats(id).packets)).toEqual(packets);
    expect(packets.every((count) => count > 0)).toBe(true);
    const { simple_match_hits, emc_hits, megaflow_hits, miss } = pmd.counters();
    // A burst in which nothing misses before it is served without any other table.
    expect(simple_match_hits).toBe(fed - unknown - emc_hits! - megaflow_hits!);
    expect(simple_match_hits).toBeGreaterThan(fed / 3);
    expect(miss).toBe(unknown);
    expect(pmd.imbalance()).toBe(0);
    pmd.close();
    expect(native.buffersInUse()).toBe(0);
  });

  it("stands back for a flow that is not simple, and serves again without it", () => {
    const pmd = start();
    const hits = () => {
      for (let flow = 0; flow < 32; flow++) pmd.feed(1, udpFrame(flow));
      const before = pmd.counters().simple_match_hits!;
      pmd.run();
      expect(pmd.sent(2)).toHaveLength(32);
      return pmd.counters().simple_match_hits! - before;
    };
    pmd.flowPut(1, 0, simpleKey(0x0800, 0, 0), SIMPLE, [OUT]);
    pmd.run();
    expect(hits()).toBe(32);
    const arp = new Uint8Array(256);
    arp.set(extractOracle(udpFrame(1), 1, 1).key);
    arp.set([8, 6], 20);
    pmd.flowPut(2, 0, arp, maskOf("eth_type", "nw_src"), [OUT]);
    pmd.run();
    expect(hits()).toBe(0);
    pmd.flowDel(2);
    pmd.run();
    expect(hits()).toBe(32);
    expect(pmd.stats(1)).toMatchObject({ packets: 96, bytes: 96 * 60 });
    pmd.flowDel(1);
    pmd.run();
    pmd.feed(1, udpFrame(1));
    const [miss] = pmd.run().filter((event) => event.type === "MISS");
    pmd.resolve(miss!.slot, { drop: "congestion" });
    pmd.run();
    pmd.close();
  });

  it("keeps the order of packets that wait, runs programs, collects TCP flags", () => {
    const pmd = start();
    const tag: Action = { type: "push_vlan", tpid: 0x8100, tci: 0x1007 };
    pmd.feed(1, udpFrame(1, 1));
    const [first] = pmd.run();
    pmd.feed(1, udpFrame(2, 2));
    const [second] = pmd.run();
    pmd.flowPut(1, 0, simpleKey(0x0800, 0, 0), SIMPLE, [tag, OUT]);
    pmd.resolve(second!.slot, { flowId: 1 });
    pmd.feed(1, udpFrame(1, 3));
    pmd.run();
    pmd.resolve(first!.slot, { flowId: 1 });
    const tcp = udpFrame(3, 4);
    tcp[23] = 6;
    tcp[46] = 0x50;
    tcp[47] = 0x12;
    pmd.feed(1, tcp);
    pmd.run();
    const sent = pmd.sent(2);
    expect(sent.map((frame) => frame.at(-1))).toEqual([2, 1, 3, 4]);
    expect(sent.every((frame) => frame[12] === 0x81 && frame[15] === 7)).toBe(true);
    expect(pmd.stats(1)).toMatchObject({ packets: 4, tcpFlags: 0x12 });
    expect(pmd.counters()).toMatchObject({ simple_match_hits: 1, parked: 0 });
    pmd.close();
  });
});

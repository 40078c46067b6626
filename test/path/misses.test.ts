// SPDX-License-Identifier: Apache-2.0
/** What a miss does: one upcall per key, parking, ordered release, exact accounting. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMMAND, FLUSH, SYNC } from "../../pmd/shm/commands.js";
import { DROP_REASONS, dropReasonIndex } from "../../pmd/shm/drop-reasons.js";
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import {
  PARKED_MAX,
  PARKED_PER_KEY_MAX,
  RECIRC_DEPTH_MAX,
  UPCALLS_MAX,
} from "../../pmd/shm/limits.js";
import { maskOf, udpFrame } from "../harness/frames.js";
import { type Action, loadHarness, TestPmd } from "../harness/path.js";

const native = loadHarness();
const OUT: Action = { type: "output", port: 2 };
let pmd: TestPmd;

beforeEach(() => {
  pmd = new TestPmd(native);
  pmd.addPort(1);
  pmd.addPort(2);
  pmd.run();
});
afterEach(() => {
  expect(pmd.imbalance()).toBe(0);
  pmd.close();
  expect(native.buffersInUse()).toBe(0);
});

const marks = () => pmd.sent(2).map((frame) => frame.at(-1));
const drops = (reason: string) => pmd.shm.drops(dropReasonIndex(reason));

function feedMarked(flow: number, from: number, count: number): void {
  for (let mark = from; mark < from + count; mark++) pmd.feed(1, udpFrame(flow, mark));
}

describe("a miss", () => {
  it("raises one upcall for a key, and releases its packets in order through the flow", () => {
    feedMarked(1, 0, 40);
    const events = pmd.run();
    expect(events.map((event) => event.type)).toEqual(["MISS"]);
    const [miss] = events;
    expect(miss).toMatchObject({ inPort: 1, keyClass: 0, packetLength: 60 });
    expect(native.parked(pmd.handle, miss!.slot)).toEqual(udpFrame(1, 0));
    expect(pmd.counters()).toMatchObject({ miss: 40, parked: 40, upcalls: 1, tx_packets: 0 });

    pmd.flowPut(5, 0, miss!.key, maskOf("nw_src"), [OUT]);
    pmd.resolve(miss!.slot, { flowId: 5 });
    feedMarked(1, 40, 10);
    const installed = pmd.run();
    expect(installed.map((event) => [event.type, event.status])).toEqual([
      ["FLOW_INSTALLED", "OK"],
    ]);
    expect(marks()).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(pmd.stats(5)).toMatchObject({ packets: 50, bytes: 50 * 60 });
    expect(pmd.stats(5).usedMs).toBeGreaterThan(0);
    expect(pmd.counters()).toMatchObject({ parked: 0, megaflow_hits: 10 });
  });

  it("parks no more than its share of one key", () => {
    feedMarked(1, 0, PARKED_PER_KEY_MAX + 3);
    const [miss] = pmd.run();
    expect(drops("datapath_drop_upcall_error")).toBe(3);
    expect(pmd.counters()).toMatchObject({ miss: PARKED_PER_KEY_MAX, lost: 3 });
    pmd.resolve(miss!.slot, { actions: [OUT] });
    const [released] = pmd.run();
    expect(released).toMatchObject({
      type: "RELEASED",
      slot: miss!.slot,
      packets: PARKED_PER_KEY_MAX,
      bytes: 60 * PARKED_PER_KEY_MAX,
    });
    expect(marks()).toHaveLength(PARKED_PER_KEY_MAX);
  });

  it("leaves room for other keys, however many busy ones there are", () => {
    const share: number[] = [];
    for (let flow = 1; flow <= 6; flow++) {
      const before = pmd.counters().miss!;
      feedMarked(flow, 0, PARKED_PER_KEY_MAX + 1);
      while (native.poll(pmd.handle, 1));
      share.push(pmd.counters().miss! - before);
    }
    // Each takes half of what the others left.
    expect(share[0]).toBe(PARKED_PER_KEY_MAX);
    for (let i = 1; i < share.length; i++) {
      expect(share[i]).toBeGreaterThan(share[i - 1]! * 0.4);
    }
    expect(share.reduce((sum, n) => sum + n)).toBeLessThanOrEqual(PARKED_MAX + share.length);
    const lost = pmd.counters().lost!;
    feedMarked(7, 0, 20);
    const events = pmd.run();
    expect(pmd.counters().lost).toBe(lost);
    for (const { slot } of events) pmd.resolve(slot, { actions: [OUT] });
    pmd.run();
    expect(pmd.counters().parked).toBe(0);
    expect(marks()).toHaveLength(share.reduce((sum, n) => sum + n) + 20);
    feedMarked(8, 0, PARKED_PER_KEY_MAX);
    const [again] = pmd.run();
    expect(pmd.counters().lost).toBe(lost);
    pmd.resolve(again!.slot, { drop: "congestion" });
    pmd.run();
  });

  it("takes all of a key's packets through a second pass, more than may wait for one", () => {
    const key = new Uint8Array(256);
    feedMarked(1, 0, 3000);
    const [miss] = pmd.run();
    key.set(miss!.key);
    key[7] = 5;
    pmd.flowPut(1, 0, miss!.key, maskOf("nw_src"), [{ type: "recirc", id: 5 }]);
    pmd.flowPut(2, 0, key, maskOf(), [OUT]);
    pmd.resolve(miss!.slot, { flowId: 1 });
    pmd.run();
    expect(marks()).toEqual(Array.from({ length: 3000 }, (_, i) => i % 256));
    expect(pmd.stats(2).packets).toBe(3000);
  });

  it("parks rather than release early what cannot have its second pass", () => {
    feedMarked(1, 0, 2000);
    const [first] = pmd.run();
    feedMarked(2, 0, 1);
    const [second] = pmd.run();
    const key = second!.key.slice();
    key[7] = 5;
    pmd.flowPut(1, 0, second!.key, maskOf("nw_dst"), [{ type: "recirc", id: 5 }]);
    pmd.flowPut(2, 0, key, maskOf(), [OUT]);
    pmd.resolve(second!.slot, { flowId: 1 });
    feedMarked(1, 2000 % 256, 5);
    pmd.run();
    expect(pmd.counters().parked).toBe(2005);
    pmd.resolve(first!.slot, { flowId: 1 });
    pmd.run();
    expect(marks()).toEqual([0, ...Array.from({ length: 2005 }, (_, i) => i % 256)]);
  });

  it("drops under the reason that the answer names", () => {
    feedMarked(1, 0, 2);
    const [miss] = pmd.run();
    pmd.resolve(miss!.slot, { drop: "drop_action_congestion" });
    expect(pmd.run()).toMatchObject([{ type: "RELEASED", packets: 2 }]);
    expect(drops("drop_action_congestion")).toBe(2);
  });

  it("runs out of slots by dropping, and recovers", () => {
    for (let flow = 0; flow < UPCALLS_MAX + 10; flow++) pmd.feed(1, udpFrame(flow));
    while (native.poll(pmd.handle, 1));
    const events = pmd.events();
    expect(events).toHaveLength(UPCALLS_MAX);
    expect(pmd.counters().lost).toBe(10);
    for (const { slot } of events) {
      pmd.resolve(slot, { drop: "congestion" });
      if (slot % 1000 === 0) pmd.run();
    }
    pmd.run();
    pmd.feed(1, udpFrame(7));
    expect(pmd.run()).toMatchObject([{ type: "MISS" }]);
  });

  it("does not let a packet overtake parked ones when another key's flow covers it", () => {
    feedMarked(1, 0, 3);
    const [first] = pmd.run();
    feedMarked(2, 100, 1);
    const [second] = pmd.run();
    // The answer to the second covers the first's key too; the first is still unanswered.
    pmd.flowPut(9, 0, second!.key, maskOf("nw_dst"), [OUT]);
    pmd.resolve(second!.slot, { flowId: 9 });
    feedMarked(1, 3, 2);
    pmd.run();
    expect(marks()).toEqual([100, 0, 1, 2, 3, 4]);
    expect(pmd.stats(9).packets).toBe(6);
    // The bytes of the first packet are still there to be read, until it is answered.
    expect(native.parked(pmd.handle, first!.slot)).toEqual(udpFrame(1, 0));
    pmd.resolve(first!.slot, { actions: [OUT] });
    expect(pmd.run()).toMatchObject([{ type: "RELEASED", packets: 0 }]);
    expect(marks()).toEqual([]);
    expect(pmd.counters()).toMatchObject({ parked: 0, delivered: 1 });
  });

  it("loses the packets of an answer that names a flow which is gone", () => {
    feedMarked(1, 0, 2);
    const [miss] = pmd.run();
    pmd.resolve(miss!.slot, { flowId: 77 });
    pmd.run();
    expect(drops("datapath_drop_upcall_error")).toBe(2);
  });

  it("ends what is parked when the thread stops", () => {
    feedMarked(1, 0, 5);
    pmd.run();
    native.destroy(pmd.handle);
    expect(drops("datapath_drop_shutdown")).toBe(5);
    expect(pmd.counters().parked).toBe(0);
  });
});

describe("a userspace action", () => {
  const toController: Action = { type: "userspace", cookie: 4711 };

  it("parks a copy when the packet goes on, the packet itself when it does not", () => {
    feedMarked(1, 0, 1);
    const [miss] = pmd.run();
    pmd.flowPut(3, 0, miss!.key, maskOf(), [toController, OUT]);
    pmd.resolve(miss!.slot, { flowId: 3 });
    const events = pmd.run().filter((event) => event.type === "ACTION");
    expect(events).toMatchObject([{ cookie: 4711, inPort: 1, packetLength: 60 }]);
    expect(marks()).toEqual([0]);
    expect(pmd.counters()).toMatchObject({ copies: 1, parked: 1 });
    expect(native.parked(pmd.handle, events[0]!.slot)).toEqual(udpFrame(1, 0));
    pmd.resolve(events[0]!.slot, "done");
    pmd.run();
    expect(pmd.counters()).toMatchObject({ parked: 0, delivered: 1 });
  });

  it("shows the packet as it is at that point, cut by trunc", () => {
    const pop: Action = { type: "push_vlan", tpid: 0x8100, tci: 0x1007 };
    pmd.execute(udpFrame(1), 1, [pop, { type: "trunc", maxLen: 20 }, toController]);
    const [event] = pmd.run();
    expect(event!.packetLength).toBe(20);
    const { offset } = KEY_FIELDS.vlan_tci0;
    expect([...event!.key.slice(offset, offset + 2)]).toEqual([0x10, 7]);
    pmd.resolve(event!.slot, { actions: [OUT] });
    pmd.run();
    expect(pmd.sent(2).map((frame) => frame.length)).toEqual([20]);
  });
});

describe("recirculation", () => {
  it("carries its metadata through parking", () => {
    const mark = Uint8Array.from([0, 0, 0, 9]);
    const ones = new Uint8Array(4).fill(255);
    pmd.execute(udpFrame(1), 1, [
      { type: "set", header: "skb_mark", value: mark, mask: ones },
      { type: "hash", alg: "l4", basis: 0 },
      { type: "recirc", id: 6 },
    ]);
    const [miss] = pmd.run();
    expect(miss).toMatchObject({ type: "MISS", keyClass: 1, inPort: 1 });
    const field = (name: keyof typeof KEY_FIELDS) => {
      const { offset, bytes } = KEY_FIELDS[name];
      return [...miss!.key.slice(offset, offset + bytes)];
    };
    expect(field("recirc_id")).toEqual([0, 0, 0, 6]);
    expect(field("pkt_mark")).toEqual([0, 0, 0, 9]);
    expect(field("dp_hash")).not.toEqual([0, 0, 0, 0]);
    // The second answer sends it round again: the key must still have the mark.
    pmd.resolve(miss!.slot, { actions: [{ type: "recirc", id: 7 }] });
    const again = pmd.run().find((event) => event.type === "MISS");
    expect([...again!.key.slice(116, 120)]).toEqual([0, 0, 0, 9]);
    pmd.resolve(again!.slot, { actions: [OUT] });
    pmd.run();
    expect(pmd.sent(2)).toEqual([udpFrame(1)]);
  });

  it("hashes both directions alike when asked to, and separates flows", () => {
    const hashes = new Set<string>();
    const hashOf = (frame: Uint8Array, alg: "l4" | "sym_l4") => {
      pmd.execute(frame, 1, [
        { type: "hash", alg, basis: 1 },
        { type: "recirc", id: 1 },
      ]);
      const [miss] = pmd.run();
      pmd.resolve(miss!.slot, { drop: "congestion" });
      pmd.run();
      return Buffer.from(miss!.key.slice(120, 124)).toString("hex");
    };
    for (let flow = 0; flow < 64; flow++) {
      const forward = udpFrame(flow);
      const reverse = forward.slice();
      reverse.set(forward.slice(26, 30), 30);
      reverse.set(forward.slice(30, 34), 26);
      reverse.set(forward.slice(34, 36), 36);
      reverse.set(forward.slice(36, 38), 34);
      const symmetric = hashOf(forward, "sym_l4");
      expect(hashOf(reverse, "sym_l4")).toBe(symmetric);
      expect(hashOf(reverse, "l4")).not.toBe(hashOf(forward, "l4"));
      hashes.add(symmetric);
    }
    expect(hashes.size).toBe(64);
  });

  it(`ends after ${RECIRC_DEPTH_MAX} passes`, () => {
    const key = new Uint8Array(256);
    key[3] = 1;
    pmd.flowPut(1, 0, key, maskOf(), [{ type: "recirc", id: 0 }]);
    pmd.feed(1, udpFrame(1));
    pmd.run();
    expect(drops("datapath_drop_recirc_error")).toBe(1);
    expect(pmd.counters().recirculations).toBe(RECIRC_DEPTH_MAX - 1);
    expect(pmd.stats(1).packets).toBe(RECIRC_DEPTH_MAX);
  });
});

describe("commands", () => {
  it("SYNC answers after what came before it; FLUSH leaves no flow and no cached key", () => {
    pmd.settings({ emc: 1 });
    feedMarked(1, 0, 1);
    const [miss] = pmd.run();
    pmd.flowPut(1, 0, miss!.key, maskOf("nw_src"), [OUT]);
    pmd.resolve(miss!.slot, { flowId: 1 });
    feedMarked(1, 1, 70);
    pmd.run();
    expect(pmd.counters().emc_hits).toBeGreaterThan(30);
    pmd.command(FLUSH, COMMAND.FLUSH, {});
    pmd.command(SYNC, COMMAND.SYNC, { token: 99 });
    feedMarked(1, 80, 1);
    const events = pmd.run();
    expect(events.map((event) => event.type)).toEqual(["SYNCED", "MISS"]);
    expect(events[0]!.cookie).toBe(99);
    expect(pmd.counters()).toMatchObject({ flows: 0, masks: 0 });
    pmd.resolve(events[1]!.slot, { drop: "congestion" });
    pmd.run();
    marks();
  });

  it("wakes the control thread once per arming", () => {
    const before = native.wakeCount();
    pmd.feed(1, udpFrame(1));
    pmd.run();
    expect(native.wakeCount()).toBe(before);
    pmd.shm.setControl("wake_armed", 1);
    pmd.feed(1, udpFrame(2));
    pmd.feed(1, udpFrame(3));
    pmd.run();
    pmd.feed(1, udpFrame(4));
    pmd.run();
    expect(native.wakeCount()).toBe(before + 1);
    expect(pmd.shm.getControl("wake_armed")).toBe(0);
  });

  it("knows every drop reason by its own name", () => {
    expect(DROP_REASONS.map(dropReasonIndex)).toEqual(DROP_REASONS.map((_, index) => index));
  });
});

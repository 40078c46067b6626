// SPDX-License-Identifier: Apache-2.0
/** Actions against their oracle: random programs on random frames, out of real ports. */
import { afterAll, describe, expect, it } from "vitest";
import { DROP_REASONS } from "../../pmd/shm/drop-reasons.js";
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { SET_HEADERS, type SetHeader } from "../../src/odp/actions.js";
import { type Action, loadHarness, TestPmd } from "../harness/path.js";
import { type Output, runOracle } from "./oracle/actions.js";
import { checksumsRight } from "./oracle/checksum.js";
import { extractOracle } from "./oracle/extract.js";
import { randomFrame } from "./packets.js";
import { Random } from "./random.js";

const native = loadHarness();
const PORTS = [1, 2, 3];
const ROUNDS = Number(process.env.PATH_PACKETS ?? 100_000) / 5;

const pmd = new TestPmd(native);
for (const port of PORTS) pmd.addPort(port);
pmd.settings({ vlanLimit: 2 });
pmd.run();
afterAll(() => {
  pmd.close();
  expect(native.buffersInUse()).toBe(0);
});

function run(frame: Uint8Array, actions: readonly Action[]): Output[] {
  pmd.execute(frame, 1, actions);
  pmd.run();
  return PORTS.flatMap((port) => pmd.sent(port).map((sent) => ({ port, frame: sent })));
}

/** Grouped by port, in order within a port: what a network can observe. */
function byPort(outputs: readonly Output[]): string[] {
  return PORTS.flatMap((port) =>
    outputs
      .filter((output) => output.port === port)
      .map((output) => `${port} ${Buffer.from(output.frame).toString("hex")}`),
  );
}

function randomSet(random: Random, header: SetHeader): Action {
  const { bytes } = SET_HEADERS[header];
  const mask = random.bytes(bytes).map((byte) => random.pick([0, 0xff, byte]));
  return { type: "set", header, value: random.bytes(bytes), mask };
}

/** Headers whose set applies to the frame, and some whose set must leave it alone. */
function randomAction(random: Random, frame: Uint8Array): Action {
  const port = { type: "output", port: random.pick(PORTS) } as const;
  const { key } = extractOracle(frame, 0, 2);
  const protocol = key[KEY_FIELDS.nw_proto.offset]!;
  const l4 = ({ 6: "tcp", 17: "udp", 132: "sctp", 1: "icmp", 58: "icmpv6" } as const)[protocol];
  const v6 = key[20] === 0x86;
  const l3 = v6 ? "ipv6" : key[20] === 8 && key[21] === 0 ? "ipv4" : "eth";
  const arp = key[20] === 8 && key[21] === 6 ? "arp" : "eth";
  const nd = v6 && protocol === 58 ? "nd" : "tcp";
  return random.pick<() => Action>([
    () => port,
    () => port,
    () => randomSet(random, random.pick([l3, l3, l4 ?? "udp", arp, nd, "tcp"])),
    () => randomSet(random, random.pick([l3, l4 ?? "tcp", nd])),
    () => ({ type: "trunc", maxLen: 14 + random.below(60) }),
    () => ({ type: "push_vlan", tpid: random.pick([0x8100, 0x88a8]), tci: random.below(65536) }),
    () => ({ type: "pop_vlan" }),
    () => ({ type: "drop", reason: "congestion" }),
  ])();
}

/** Later fragments and first fragments have checksums over bytes that are elsewhere; with a routing
 * header the pseudo header is not the one in the packet. They have their own tests below. */
function selfContained(frame: Uint8Array): boolean {
  for (const limit of [1, 2]) {
    const { key, l3 } = extractOracle(frame, 0, limit);
    if (key[KEY_FIELDS.nw_frag.offset]) return false;
    if (key[20] === 0x86 && frame[l3 + 6] !== key[KEY_FIELDS.nw_proto.offset]) return false;
    // More tags than the datapath parses: push and pop would change what it sees.
    if ([0x81, 0x88].includes(key[20]!)) return false;
  }
  return true;
}

describe("actions", () => {
  it(`agree with the oracle in ${ROUNDS} programs`, () => {
    const random = new Random(11);
    for (let i = 0; i < ROUNDS; i++) {
      const frame = randomFrame(random);
      if (!selfContained(frame)) continue;
      const actions = Array.from({ length: random.below(7) }, () => randomAction(random, frame));
      const nested = actions.filter((action) => action.type === "push_vlan").length;
      if (nested > 1) continue;
      const got = byPort(run(frame, actions));
      const want = byPort(runOracle(frame, actions));
      if (got.join() !== want.join()) {
        expect({ actions, frame: Buffer.from(frame).toString("hex"), got }).toEqual({
          actions,
          frame: Buffer.from(frame).toString("hex"),
          got: want,
        });
      }
    }
    expect(pmd.imbalance()).toBe(0);
    expect(native.buffersInUse()).toBe(0);
  });

  it("leaves a UDP checksum of zero alone and never makes one", () => {
    const head = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17];
    const frame = Uint8Array.from([
      ...head,
      0,
      0,
      10,
      0,
      0,
      1,
      10,
      0,
      0,
      2,
      0,
      7,
      0,
      9,
      0,
      10,
      0,
      0,
      1,
      2,
    ]);
    const value = new Uint8Array(12);
    const set: Action = { type: "set", header: "ipv4", value, mask: new Uint8Array(12).fill(255) };
    const [out] = run(frame, [set, { type: "output", port: 2 }]);
    expect([...out!.frame.slice(40, 42)]).toEqual([0, 0]);

    // Some source port makes the computed sum zero: 0xffff goes on the wire.
    frame.set([0xff, 0xff], 40);
    for (let port = 0; port < 65536; port += 1) {
      const ports = Uint8Array.from([port >> 8, port & 255, 0, 9]);
      const rewrite: Action = {
        type: "set",
        header: "udp",
        value: ports,
        mask: Uint8Array.from([255, 255, 0, 0]),
      };
      const [sent] = run(frame, [rewrite, { type: "output", port: 2 }]);
      if (sent!.frame[40] === 0 && sent!.frame[41] === 0) throw new Error(`zero at port ${port}`);
    }
  });

  it("keeps the checksum of a first fragment and the payload of a later one", () => {
    const random = new Random(12);
    const mask = new Uint8Array(12).fill(0);
    mask.fill(255, 2, 6);
    const value = Uint8Array.from([0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
    const set: Action = { type: "set", header: "ipv4", value, mask };
    let first = 0;
    let later = 0;
    for (let i = 0; i < 20_000; i++) {
      const whole = randomFrame(random);
      const { key, l3, l4 } = extractOracle(whole, 0, 2);
      const proto = key[KEY_FIELDS.nw_proto.offset]!;
      if (key[20] !== 8 || l4 === 0xffff || key[30] !== 0 || ![6, 17].includes(proto)) continue;
      if (!checksumsRight(whole)) continue;
      const [expected] = runOracle(whole, [set, { type: "output", port: 2 }]);
      for (const fragment of [0x20, 0x00]) {
        const cut = whole.slice();
        cut[l3 + 6] = fragment;
        cut[l3 + 7] = fragment ? 0 : 5;
        const [out] = run(cut, [set, { type: "output", port: 2 }]);
        const body = fragment ? expected!.frame.subarray(l4) : cut.subarray(l4);
        expect(Buffer.from(out!.frame.subarray(l4)).toString("hex")).toBe(
          Buffer.from(body).toString("hex"),
        );
        if (fragment) first++;
        else later++;
      }
    }
    expect(Math.min(first, later)).toBeGreaterThan(100);
  });

  it("does not fold a routed-onward IPv6 destination into the checksum", () => {
    const routing = [17, 0, 0, 1, 0, 0, 0, 0];
    const udp = [0, 7, 0, 9, 0, 8, 0x12, 0x34];
    const address = Array(16).fill(0xfc);
    const ip = [0x60, 0, 0, 0, 0, 16, 43, 64, ...address, ...address, ...routing, ...udp];
    const frame = Uint8Array.from([...Array(12).fill(2), 0x86, 0xdd, ...ip]);
    const value = new Uint8Array(86).fill(1);
    const mask = new Uint8Array(86);
    mask.fill(255, 50, 66);
    const [out] = run(frame, [
      { type: "set", header: "ipv6", value, mask },
      { type: "output", port: 2 },
    ]);
    expect([...out!.frame.slice(38, 54)]).toEqual(Array(16).fill(1));
    expect([...out!.frame.slice(-2)]).toEqual([0x12, 0x34]);
  });

  it("lets outputs share a buffer that nothing changes any more", () => {
    const frame = randomFrame(new Random(13));
    const outputs = PORTS.map((port): Action => ({ type: "output", port }));
    const value = new Uint8Array(12).fill(7);
    const mask = new Uint8Array(12).fill(255);
    const set: Action = { type: "set", header: "eth", value, mask };
    const buffersFor = (actions: readonly Action[]) => {
      pmd.execute(frame, 1, actions);
      pmd.run();
      const buffers = native.buffersInUse();
      const sent = PORTS.flatMap((port) => pmd.sent(port));
      const want = runOracle(frame, actions).toSorted((a, b) => a.port - b.port);
      expect(sent).toEqual(want.map((output) => output.frame));
      return buffers;
    };
    expect(buffersFor(outputs)).toBe(1);
    expect(buffersFor([set, ...outputs])).toBe(1);
    expect(buffersFor([outputs[0]!, set, ...outputs])).toBe(2);
    expect(buffersFor([{ type: "trunc", maxLen: 14 }, ...outputs])).toBe(2);
    expect(buffersFor([...outputs, { type: "drop", reason: "congestion" }])).toBeGreaterThan(2);
    expect(pmd.imbalance()).toBe(0);
    expect(native.buffersInUse()).toBe(0);
  });

  it("counts what goes nowhere", () => {
    const frame = new Uint8Array(60);
    const before = DROP_REASONS.map((_, index) => pmd.shm.drops(index));
    run(frame, [{ type: "output", port: 99 }]);
    run(frame, []);
    run(frame, [{ type: "drop", reason: "recursion too deep" }]);
    native.setRoom(pmd.netdevs.get(3)!, 0);
    run(frame, [{ type: "output", port: 3 }]);
    native.setRoom(pmd.netdevs.get(3)!, 0xffff);
    const grown = DROP_REASONS.filter((_, index) => pmd.shm.drops(index) === before[index]! + 1);
    expect(grown).toEqual([
      "datapath_drop_invalid_port",
      "datapath_drop_tx_failed",
      "drop_action_of_pipeline",
      "drop_action_recursion_too_deep",
    ]);
    expect(pmd.imbalance()).toBe(0);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** Key extraction against its oracle, on well-formed, hostile and cut frames. */
import { describe, expect, it } from "vitest";
import { COMMAND, FLUSH } from "../../pmd/shm/commands.js";
import { KEY_BYTES, keyClass } from "../../pmd/shm/flow-key.js";
import { abiFingerprint } from "../../pmd/shm/header-text.js";
import { ISA, loadHarness, TestPmd } from "../harness/path.js";
import { extractOracle } from "./oracle/extract.js";
import { hostileFrame, randomFrame } from "./packets.js";
import { Random } from "./random.js";

const native = loadHarness();
const PACKETS = Number(process.env.PATH_PACKETS ?? 100_000);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function check(frame: Uint8Array, vlanLimit: number): void {
  const want = extractOracle(frame, 7, vlanLimit);
  const got = native.extractKey(frame, 7, vlanLimit);
  const tail = new Uint16Array(got.slice(KEY_BYTES).buffer);
  const same =
    Buffer.compare(got.subarray(0, KEY_BYTES), want.key) === 0 &&
    tail[0] === keyClass(want.key) &&
    tail[1] === want.l25 &&
    tail[2] === want.l3 &&
    tail[3] === want.l4;
  if (same) return;
  expect({ frame: hex(frame), key: hex(got.subarray(0, KEY_BYTES)), tail: [...tail] }).toEqual({
    frame: hex(frame),
    key: hex(want.key),
    tail: [keyClass(want.key), want.l25, want.l3, want.l4],
  });
}

describe("key extraction", () => {
  it("was built from this contract", () => {
    expect(native.abiFingerprint).toBe(abiFingerprint());
  });

  it(`agrees with the oracle on ${PACKETS} frames`, () => {
    const random = new Random(1);
    for (let i = 0; i < PACKETS; i++) {
      const frame = random.chance(50) ? randomFrame(random) : hostileFrame(random);
      check(frame, 1 + random.below(2));
    }
  });

  it("agrees on every prefix of a frame", () => {
    const random = new Random(2);
    for (let i = 0; i < 300; i++) {
      const frame = randomFrame(random);
      for (let bytes = 0; bytes <= frame.length; bytes++) check(frame.subarray(0, bytes), 2);
    }
  });
});

describe.each(["v2", "avx2", "avx512"] as const)("the path's keys at %s", (isa) => {
  it("are those of the oracle", () => {
    const pmd = new TestPmd(native, ISA[isa]);
    pmd.addPort(7);
    const random = new Random(3);
    for (let round = 0; round < 100; round++) {
      const frames = new Map<string, Uint8Array>();
      for (let i = 0; i < 40; i++) {
        const frame = random.chance(70) ? randomFrame(random) : hostileFrame(random);
        if (frame.length === 0) continue;
        const { key } = extractOracle(frame, 7, 1);
        frames.set(hex(key), key);
        pmd.feed(7, frame, random.chance(10) && frame.length > 8 ? 2 : 1);
      }
      const events = pmd.run().filter((event) => event.type === "MISS");
      expect(events.map((event) => hex(event.key)).sort()).toEqual([...frames.keys()].sort());
      for (const event of events) {
        expect(event.keyClass).toBe(keyClass(event.key));
        pmd.resolve(event.slot, { drop: "congestion" });
      }
      pmd.run();
      expect(pmd.imbalance()).toBe(0);
    }
    pmd.command(FLUSH, COMMAND.FLUSH, {});
    pmd.run();
    pmd.close();
    expect(native.buffersInUse()).toBe(0);
  });
});

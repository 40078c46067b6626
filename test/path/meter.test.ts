// SPDX-License-Identifier: Apache-2.0
/**
 * Meters against an oracle that counts tokens one packet at a time, in a time that the test makes.
 * METER_PACKETS scales the random part.
 */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { dropReasonIndex } from "../../pmd/shm/drop-reasons.js";
import { loadHarness, TestPmd } from "../harness/path.js";
import { Random } from "./random.js";

const native = loadHarness();
const PACKETS = Number(process.env.METER_PACKETS ?? 20_000);
const DROP = 1;
const REMARK = 2;
const METER = 5;

const pmd = new TestPmd(native);
pmd.addPort(1);
pmd.run();
let nowMs = 0;

afterAll(() => {
  native.meterClock(-1, 0);
  pmd.close();
  expect(native.buffersInUse()).toBe(0);
});

interface Band {
  type: number;
  rate: number;
  burst: number;
  precedence: number;
}

function at(ms: number): void {
  nowMs = ms;
  native.meterClock(ms, 0);
}

/** What the stock datapath does with a meter: see README.md of native/meter. */
class Oracle {
  packets = 0;
  bytes = 0;
  readonly hits: { packets: number; bytes: number }[];
  readonly #levels: number[];
  #usedMs = nowMs;
  readonly #refillMaxMs: number;

  constructor(
    readonly inPackets: boolean,
    readonly bands: readonly Band[],
  ) {
    this.hits = bands.map(() => ({ packets: 0, bytes: 0 }));
    this.#levels = bands.map((band) => band.burst * 1000);
    this.#refillMaxMs = Math.max(...bands.map((b) => Math.floor((b.burst * 1000) / b.rate)));
  }

  /** The band that acts on a packet, or -1. */
  judge(length: number): number {
    this.packets++;
    this.bytes += length;
    const passed = Math.min(nowMs - this.#usedMs, this.#refillMaxMs);
    this.#usedMs = nowMs;
    const cost = this.inPackets ? 1000 : 8 * length;
    let hit = -1;
    this.bands.forEach((band, i) => {
      const level = Math.min(this.#levels[i]! + passed * band.rate, band.burst * 1000);
      const isEnough = level >= cost;
      this.#levels[i] = isEnough ? level - cost : level;
      if (!isEnough && band.rate > (this.bands[hit]?.rate ?? 0)) hit = i;
    });
    if (hit >= 0) {
      this.hits[hit]!.packets++;
      this.hits[hit]!.bytes += length;
    }
    return hit;
  }

  counts(): number[] {
    return [this.packets, this.bytes, ...this.hits.flatMap((h) => [h.packets, h.bytes])];
  }
}

function setMeter(inPackets: boolean, bands: readonly Band[]): Oracle {
  const numbers = bands.flatMap((b) => [b.type, b.rate, b.burst, b.precedence]);
  expect(native.meterSet(METER, inPackets, numbers)).toBe("");
  return new Oracle(inPackets, bands);
}

/** An IPv4 packet of `length` bytes with that DSCP. */
function frame(length: number, dscp = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, dscp << 2, 0, length - 14]);
  bytes.set([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 18);
  return bytes;
}

/** Sends one packet through the meter; what comes out, or null. */
function send(packet: Uint8Array): Uint8Array | null {
  pmd.execute(packet, 1, [
    { type: "meter", id: METER },
    { type: "output", port: 1 },
  ]);
  pmd.run();
  return pmd.sent(1)[0] ?? null;
}

beforeEach(() => at(1_000_000));

describe("a meter", () => {
  it(`lets pass and loses what the oracle does, in ${PACKETS} packets`, () => {
    const random = new Random(21);
    const dropped = dropReasonIndex("datapath_drop_meter");
    let oracle = setMeter(true, [{ type: DROP, rate: 5, burst: 2, precedence: 0 }]);
    for (let i = 0; i < PACKETS; i++) {
      if (i % 500 === 0) {
        const bands = Array.from({ length: 1 + random.below(8) }, () => ({
          ...{ type: DROP, rate: 1 + random.below(300), burst: 1 + random.below(40) },
          precedence: 0,
        }));
        oracle = setMeter(random.below(2) === 0, bands);
      }
      at(nowMs + random.pick([0, 0, 0, 1, 3, 20, random.below(400), random.below(90_000)]));
      const length = 60 + random.below(190);
      const before = pmd.shm.drops(dropped);
      const passed = send(frame(length)) !== null;
      const hit = oracle.judge(length);
      if (passed !== hit < 0) expect({ i, passed }).toEqual({ i, passed: hit < 0 });
      expect(pmd.shm.drops(dropped) - before).toBe(passed ? 0 : 1);
      if (i % 50 === 0) expect([...native.meterStats(METER)]).toEqual(oracle.counts());
    }
    expect(pmd.imbalance()).toBe(0);
  });

  it("raises the drop precedence of assured forwarding, and of nothing else", () => {
    setMeter(true, [{ type: REMARK, rate: 1, burst: 1, precedence: 1 }]);
    send(frame(60));
    for (let dscp = 0; dscp < 64; dscp++) {
      const out = send(frame(60, dscp))!;
      const [group, precedence] = [dscp >> 3, (dscp >> 1) & 3];
      const isAssured = group >= 1 && group <= 4 && precedence > 0 && dscp % 2 === 0;
      const want = isAssured && precedence < 3 ? dscp + 2 : dscp;
      expect([dscp, out[15]! >> 2]).toEqual([dscp, want]);
      if (want !== dscp) expect(headerSum(out)).toBe(headerSum(frame(60, dscp)));
    }
    expect([...native.meterStats(METER)]).toEqual([65, 65 * 60, 64, 64 * 60]);
  });

  it("of a number that is not in use lets everything pass", () => {
    native.meterRelease(METER);
    for (let i = 0; i < 10; i++) expect(send(frame(60))).not.toBeNull();
    expect(native.meterStats(METER)).toHaveLength(0);
  });

  it("fills up no further than its burst, and goes on with the machine's time", () => {
    const oracle = setMeter(false, [{ type: DROP, rate: 100, burst: 1, precedence: 0 }]);
    at(nowMs + 3_600_000);
    for (let i = 0; i < 5; i++) expect(send(frame(100)) !== null).toBe(oracle.judge(100) < 0);
    native.meterClock(-1, 1e9);
    expect(send(frame(100))).not.toBeNull();
  });
});

/** Sum of the IPv4 header's words with its checksum: stays as it was when that is kept right. */
function headerSum(packet: Uint8Array): number {
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += (packet[i]! << 8) | packet[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

// SPDX-License-Identifier: Apache-2.0
/** Whatever bytes come, decoding gives a value or an OfpError. */
import { expect, it } from "vitest";
import { OfpError } from "../../../src/openflow/errors.js";
import { decodeMessage, encodeMessage } from "../../../src/openflow/messages/messages.js";
import { SAMPLES } from "./message-samples.js";

const ROUNDS = 100_000;

/** A small generator with a fixed seed (xorshift32): failures can be repeated. */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const SEEDS = SAMPLES.flatMap(({ message, versions }) =>
  versions.flatMap((version) => encodeMessage(message, version, 1)),
);

function mutate(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seed);
  for (let n = random(4); n >= 0; n--) {
    const at = random(bytes.length);
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 2:
        bytes = bytes.slice(0, Math.max(8, at));
        break;
      case 3:
        bytes = Uint8Array.from([...bytes, ...bytes.subarray(at)]);
        break;
      case 4:
        bytes[at] = [0, 0xff, 0x7f, 0x80, 1, 4, 8][random(7)] as number;
        break;
      default:
        bytes = Uint8Array.from([...bytes.subarray(0, at), random(256), ...bytes.subarray(at)]);
    }
  }
  bytes = bytes.subarray(0, 0xffff);
  // Most of the time the length is right, so that the bodies are reached.
  if (random(20) > 0) {
    bytes[2] = bytes.length >> 8;
    bytes[3] = bytes.length & 0xff;
  }
  return bytes;
}

it(`decodes ${ROUNDS} broken messages without surprise`, () => {
  const random = generator(0x5eed);
  let decoded = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(SEEDS[random(SEEDS.length)] as Uint8Array, random);
    try {
      const { message, version } = decodeMessage(bytes, { flowModTableId: random(2) === 1 });
      decoded++;
      // What was understood can be said again, or is refused in an orderly way.
      encodeMessage(message, Math.min(version, 4), 1);
    } catch (error) {
      if (!(error instanceof OfpError)) {
        throw new Error(`${Buffer.from(bytes).toString("hex")}: ${(error as Error).stack}`);
      }
    }
  }
  expect(decoded).toBeGreaterThan(ROUNDS / 100);
});

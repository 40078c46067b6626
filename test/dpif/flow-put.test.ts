// SPDX-License-Identifier: Apache-2.0
/** The quick way to put the flow of a miss writes what the plain commands write, byte for byte. */
import { describe, expect, it } from "vitest";
import type { Native } from "../../native/index.js";
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import { COMMAND_RING_BYTES } from "../../pmd/shm/limits.js";
import { PMD_SHM } from "../../pmd/shm/pmd-shm.js";
import { RingReader } from "../../pmd/shm/ring.js";
import type { Upcall } from "../../src/dpif/dpif.js";
import { FlowCommands } from "../../src/dpif/flows.js";
import { PmdHandle } from "../../src/dpif/pmd-handle.js";
import type { OdpAction } from "../../src/odp/actions.js";
import { Random } from "../ofproto/random.js";

const NO_ADDON = { shmPad: () => 0, pmdCreate: () => "", pmdRing: () => {} } as unknown as Native;

const PROGRAMS: readonly (readonly OdpAction[])[] = [
  [],
  [{ type: "output", port: 7 }],
  [{ type: "pop_vlan" }],
  [{ type: "pop_vlan" }, { type: "output", port: 3 }],
  [
    { type: "hash", alg: "l4", basis: 5 },
    { type: "recirc", id: 9 },
  ],
];

/** A thread, with the ring as full as two records leave it from time to time. */
class Thread {
  readonly commands = new FlowCommands();
  readonly handle: PmdHandle;
  private readonly ring: RingReader;

  constructor() {
    const handle = PmdHandle.create(NO_ADDON, 0, -1, 0);
    if (typeof handle === "string") throw new Error(handle);
    this.handle = handle;
    const { buffer, pad } = handle.shm;
    this.ring = new RingReader(buffer, pad + PMD_SHM.commandRing, COMMAND_RING_BYTES);
  }

  /** Every record, as bytes. */
  drain(): string[] {
    const records: string[] = [];
    for (let at = this.ring.peek(); at >= 0; at = this.ring.peek()) {
      const length = this.ring.view.getUint32(at, true);
      records.push(Buffer.from(this.ring.bytes.subarray(at, at + length)).toString("hex"));
      this.ring.advance();
    }
    return records;
  }
}

describe("the flow of a miss", () => {
  const quick = new Thread();
  const plain = new Thread();

  it.each([0, 1, 2] as const)("is put and resolved to as by itself, class %i", (keyClass) => {
    const random = new Random(11 + keyClass);
    for (let n = 0; n < 300; n++) {
      const key = Uint8Array.from({ length: KEY_BYTES }, () => random.below(256));
      const maskBytes = Uint8Array.from({ length: KEY_BYTES }, () => random.pick([0, 255, 0x0f]));
      if (random.oneIn(3)) maskBytes.fill(255);
      const actions = random.pick(PROGRAMS);
      const slot = random.below(4096);
      const miss = missOf(key, keyClass, slot);
      const id = quick.commands.putMiss(
        quick.handle,
        miss,
        new Uint32Array(maskBytes.buffer),
        actions,
      );
      const spec = { keyClass, key, mask: maskBytes, actions };
      const plainId = plain.commands.put(plain.handle, spec)!;
      plain.commands.resolve(plain.handle, slot, { flowId: plainId }, undefined);
      expect(id).toBe(plainId);
      const records = quick.drain();
      expect(records).toEqual(plain.drain());
      expect(records[0]!.length).toBeGreaterThanOrEqual(2 * 2 * KEY_CLASS_BYTES[keyClass]);
    }
  });
});

function missOf(key: Uint8Array, keyClass: KeyClass, slot: number): Upcall {
  return {
    ...{ pmd: 0, slot, type: "miss", inPort: 1, keyClass, key, packetLength: 60 },
    ...{ keyWords: new Uint32Array(key.buffer), cookie: undefined },
  };
}

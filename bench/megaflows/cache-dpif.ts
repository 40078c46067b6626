// SPDX-License-Identifier: Apache-2.0
/**
 * A datapath that is nothing but a cache of megaflows: packets are keys, misses go to the slow path
 * at once, and what that installs is found by the next packet. */
import { KEY_BYTES, KEY_FIELDS, keyClass } from "../../pmd/shm/flow-key.js";
import type { FlowStats, Upcall } from "../../src/dpif/dpif.js";
import type { OdpAction } from "../../src/odp/actions.js";
import { MegaflowTable } from "../../src/slowpath/megaflow.js";
import type { MegaflowMask } from "../../src/slowpath/megaflow-mask.js";
import type { SlowpathDpif } from "../../src/slowpath/slowpath.js";

export class CacheDpif implements SlowpathDpif {
  /** Packets that no flow matched. */
  misses = 0;
  private readonly table = new MegaflowTable();
  private readonly known = new Set<MegaflowMask>();
  private consumer: (batch: Iterable<Upcall>) => void = () => {};
  private nextId = 0;

  get flows(): number {
    return this.table.size;
  }

  get masks(): number {
    return this.known.size;
  }

  /** A packet with `key`, KEY_BYTES of them. */
  packet(key: Uint8Array): void {
    const words = new Uint32Array(key.buffer, key.byteOffset, KEY_BYTES / 4);
    const family = keyClass(key);
    for (const mask of this.known) {
      if (mask.keyClass !== family) continue;
      if (this.table.find(0, words, mask, this.table.hash(0, words, mask))) return;
    }
    this.misses++;
    const inPort = new DataView(key.buffer, key.byteOffset).getUint32(KEY_FIELDS.in_port.offset);
    const upcall: Upcall = {
      ...{ pmd: 0, slot: 0, type: "miss", inPort, keyClass: family, key, keyWords: words },
      ...{ packetLength: 60, cookie: undefined },
    };
    this.consumer([upcall]);
  }

  flowPutMiss(miss: Upcall, wc: Uint32Array, actions: readonly OdpAction[]): number {
    const mask = this.table.maskOf(miss.keyClass, wc);
    this.known.add(mask);
    const place = { pmd: 0, flowId: this.nextId++ };
    const made = { actions, effects: [], recircIds: [], createdMs: 0 };
    const hash = this.table.hash(0, miss.keyWords, mask);
    this.table.put(place, miss.keyWords, mask, hash, made);
    return place.flowId;
  }

  onUpcalls(callback: (batch: Iterable<Upcall>) => void): void {
    this.consumer = callback;
  }

  onPmdGone(): () => void {
    return () => {};
  }

  onQueueMove(): void {}
  onInstallFailed(): void {}
  resolve(): void {}
  sync(): Promise<void> {
    return Promise.resolve();
  }

  execute(): void {}
  flowModify(): void {}

  packetData(): Uint8Array {
    return new Uint8Array(60);
  }

  flowPut(): number | undefined {
    return undefined;
  }

  flowDel(): Promise<FlowStats> {
    return Promise.resolve({ packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 });
  }

  flowStats(): void {}
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A datapath without threads: what the slow path commands is encoded into a real command ring,
 * counted and thrown away; misses come through a real upcall ring.
 */
import type { Native } from "../../native/index.js";
import { COMMAND, COMMAND_HEADER } from "../../pmd/shm/commands.js";
import { KEY_CLASS_BYTES, keyClass } from "../../pmd/shm/flow-key.js";
import { FLOW_STATS } from "../../pmd/shm/flow-stats.js";
import { COMMAND_RING_BYTES, UPCALL_RING_BYTES } from "../../pmd/shm/limits.js";
import { PMD_SHM } from "../../pmd/shm/pmd-shm.js";
import { RingReader, RingWriter } from "../../pmd/shm/ring.js";
import { UPCALL, UPCALL_RECORD } from "../../pmd/shm/upcalls.js";
import type { FlowSpec, FlowStats, Resolution, Upcall } from "../../src/dpif/dpif.js";
import { FlowCommands } from "../../src/dpif/flows.js";
import { PmdHandle } from "../../src/dpif/pmd-handle.js";
import { UpcallBatch } from "../../src/dpif/upcall-pump.js";
import { UpcallReader } from "../../src/dpif/upcall-reader.js";
import type { OdpAction } from "../../src/odp/actions.js";
import type { SlowpathDpif } from "../../src/slowpath/slowpath.js";

/** The part of the addon that a handle needs. */
const NO_ADDON = {
  shmPad: () => 0,
  pmdCreate: () => "",
  pmdDestroy: () => {},
  pmdRing: () => {},
} as unknown as Native;

export class MemoryDpif implements SlowpathDpif {
  /** Of the commands thrown away: flows put, misses resolved to them, and a sum of all words. */
  flowsPut = 0;
  resolved = 0;
  checksum = 0;
  private readonly commands = new FlowCommands();
  readonly handle: PmdHandle;
  private readonly upcalls: RingWriter;
  private readonly commandRing: RingReader;
  private readonly reader: UpcallReader;
  private consumer: (batch: Iterable<Upcall>) => void = () => {};

  constructor() {
    const handle = PmdHandle.create(NO_ADDON, 0, -1, 0);
    if (typeof handle === "string") throw new Error(handle);
    this.handle = handle;
    const { buffer, pad } = handle.shm;
    this.upcalls = new RingWriter(buffer, pad + PMD_SHM.upcallRing, UPCALL_RING_BYTES);
    this.commandRing = new RingReader(buffer, pad + PMD_SHM.commandRing, COMMAND_RING_BYTES);
    this.reader = new UpcallReader(this.commands.cookies, {
      installFailed: () => {},
      flowDeleted: () => {},
    });
  }

  /** Puts a miss of `key` into the upcall ring. */
  miss(slot: number, key: Uint8Array): void {
    const { fields, bytes } = UPCALL_RECORD;
    const keyClassOf = keyClass(key);
    const keyBytes = KEY_CLASS_BYTES[keyClassOf];
    const at = this.upcalls.reserve(bytes + keyBytes);
    const { view } = this.upcalls;
    view.setUint16(at + fields.type.offset, UPCALL.MISS, true);
    view.setUint8(at + fields.key_class.offset, keyClassOf);
    view.setUint32(at + fields.slot.offset, slot, true);
    view.setUint32(at + fields.in_port.offset, new DataView(key.buffer).getUint32(0), true);
    view.setUint32(at + fields.packet_length.offset, 60, true);
    this.upcalls.bytes.set(key.subarray(0, keyBytes), at + bytes);
    this.upcalls.commit();
  }

  /** Hands the misses to the slow path. This is what is timed. */
  pump(): void {
    this.consumer(new UpcallBatch([this], 0, this.reader, Number.POSITIVE_INFINITY));
  }

  /** Takes the commands out of the ring. */
  drain(): void {
    const ring = this.commandRing;
    const opcode = COMMAND_HEADER.fields.opcode.offset;
    for (let at = ring.peek(); at >= 0; at = ring.peek()) {
      const type = ring.view.getUint16(at + opcode, true);
      if (type === COMMAND.FLOW_PUT) this.flowsPut++;
      if (type === COMMAND.UPCALL_RESOLVE) this.resolved++;
      const length = ring.view.getUint32(at, true);
      for (let i = 0; i < length; i += 4) {
        this.checksum = (Math.imul(this.checksum, 31) + ring.view.getUint32(at + i, true)) | 0;
      }
      ring.advance();
    }
  }

  /** As if a packet of 60 bytes had used each flow just now. */
  countOnEveryFlow(): void {
    const { buffer, pad } = this.handle.shm;
    const nowMs = Number(process.hrtime.bigint() / 1_000_000n);
    for (let id = 0; id < this.flowsPut; id++) {
      const words = new BigUint64Array(buffer, pad + PMD_SHM.flowStats + id * FLOW_STATS.bytes, 3);
      words[0]! += 1n;
      words[1]! += 60n;
      words[2] = BigInt(nowMs);
    }
  }

  onUpcalls(callback: (batch: Iterable<Upcall>) => void): void {
    this.consumer = callback;
  }

  onPmdGone(): () => void {
    return () => {};
  }

  onQueueMove(): void {}

  onInstallFailed(): void {}

  packetData(): Uint8Array {
    return new Uint8Array(60);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  execute(): void {}

  resolve(_pmd: number, slot: number, to: Resolution, released?: (stats: FlowStats) => void): void {
    this.commands.resolve(this.handle, slot, to, released);
  }

  flowPut(_pmd: number, flow: FlowSpec): number | undefined {
    return this.commands.put(this.handle, flow);
  }

  flowPutMiss(miss: Upcall, mask: Uint32Array, actions: readonly OdpAction[]): number | undefined {
    return this.commands.putMiss(this.handle, miss, mask, actions);
  }

  flowModify(_pmd: number, flowId: number, actions: readonly OdpAction[]): void {
    this.commands.modify(this.handle, flowId, actions);
  }

  flowDel(_pmd: number, flowId: number): Promise<FlowStats> {
    void this.commands.delete(this.handle, flowId);
    return Promise.resolve(this.handle.flowStats(flowId));
  }

  flowStats(_pmd: number, flowId: number, out: FlowStats): void {
    this.handle.readFlowStats(flowId, out);
  }
}

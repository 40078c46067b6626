// SPDX-License-Identifier: Apache-2.0
/**
 * The shared memory of one PMD: one SharedArrayBuffer, allocated by the control thread, given to
 * the worker and through it to the addon.
 *
 *   control words | PMD counters | drops | rxq counters | port counters | upcall ring |
 *   command ring | flow statistics | measurements (perf.ts) | stalls (stalls.ts)
 *
 * The engine aligns a buffer to 16 bytes only; records must not straddle cache lines. So the
 * buffer has CACHE_LINE spare bytes and everything starts `pad` bytes in; the addon computes
 * `pad` from the address (`shmPad`), every thread uses the same one.
 *
 * Thread-safety: counters, drops, rxq and port counters, flow statistics: written by the PMD,
 * read by anyone. Rings: see ring.ts. Control words: see each.
 */

import {
  DROP_COUNTERS_BYTES,
  PMD_COUNTERS,
  PMD_COUNTERS_BYTES,
  type PmdCounterName,
  PORT_COUNTERS,
  PORT_COUNTERS_BYTES,
  type PortCounterName,
  RXQ_COUNTERS,
  RXQ_COUNTERS_BYTES,
  type RxqCounterName,
} from "./counters.js";
import { DROP_REASONS } from "./drop-reasons.js";
import { FLOW_STATS } from "./flow-stats.js";
import {
  COMMAND_RING_BYTES,
  FLOWS_MAX,
  PORTS_MAX,
  RXQS_PER_PMD_MAX,
  UPCALL_RING_BYTES,
} from "./limits.js";
import { PERF_BLOCK_BYTES } from "./perf.js";
import { PerfShm } from "./perf-shm.js";
import { RING_HEADER_BYTES, RingReader, RingWriter } from "./ring.js";
import { STALL_BLOCK_BYTES, StallShm } from "./stalls.js";

export const CACHE_LINE = 64;

/** Control words, u32 each, a cache line apart. */
export const CONTROL_WORDS = {
  /** Control thread sets 1 to ask for one wake-up when upcalls are waiting, then looks at the ring
   * once more; the PMD sets 0 and wakes. */
  wake_armed: 0,
  /** Control thread sets 1 to end the PMD's loop. */
  stop: 64,
  /** Control thread increments when the commands for a sleeping thread are ready. */
  doorbell: 128,
} as const;
const CONTROL_BYTES = 256;

const counters = CONTROL_BYTES;
const drops = counters + PMD_COUNTERS_BYTES;
const rxqs = drops + DROP_COUNTERS_BYTES;
const ports = rxqs + RXQS_PER_PMD_MAX * RXQ_COUNTERS_BYTES;
const upcallRing = ports + PORTS_MAX * PORT_COUNTERS_BYTES;
const commandRing = upcallRing + RING_HEADER_BYTES + UPCALL_RING_BYTES;
const flowStats = commandRing + RING_HEADER_BYTES + COMMAND_RING_BYTES;
const perf = flowStats + FLOWS_MAX * FLOW_STATS.bytes;
const stalls = Math.ceil((perf + PERF_BLOCK_BYTES) / CACHE_LINE) * CACHE_LINE;

/** Offsets from the aligned start. */
export const PMD_SHM = {
  control: 0,
  counters,
  drops,
  rxqs,
  ports,
  upcallRing,
  commandRing,
  flowStats,
  perf,
  stalls,
};

/** Bytes to allocate. */
export const PMD_SHM_BYTES = stalls + STALL_BLOCK_BYTES + CACHE_LINE;

/** Exact sums of one flow, in the units of flow-stats.ts. */
export interface FlowStatsOut {
  packets: number;
  bytes: number;
  usedMs: number;
  tcpFlags: number;
}

/** The control thread's view of one PMD's memory. */
export class PmdShm {
  readonly commands: RingWriter;
  readonly upcalls: RingReader;
  readonly perf: PerfShm;
  readonly stalls: StallShm;
  readonly #words: Uint32Array;
  readonly #control: Int32Array;

  /** @param pad what the addon's `shmPad` says for `buffer`: 0…63, a multiple of 8. */
  constructor(
    readonly buffer: SharedArrayBuffer,
    readonly pad: number,
  ) {
    this.#words = new Uint32Array(buffer, pad, (PMD_SHM_BYTES - CACHE_LINE) / 4);
    this.#control = new Int32Array(buffer, pad, CONTROL_BYTES / 4);
    this.commands = new RingWriter(buffer, pad + commandRing, COMMAND_RING_BYTES);
    this.perf = new PerfShm(buffer, pad + perf);
    this.stalls = new StallShm(buffer, pad + stalls);
    this.upcalls = new RingReader(buffer, pad + upcallRing, UPCALL_RING_BYTES);
  }

  counter(name: PmdCounterName): number {
    return this.#u64(counters + PMD_COUNTERS.indexOf(name) * 8);
  }

  /** By index in DROP_REASONS. */
  drops(reason: number): number {
    return this.#u64(drops + reason * 8);
  }

  /** Every reason that was counted at least once. */
  dropsByName(): Record<string, number> {
    const entries = DROP_REASONS.map((name, index) => [name, this.drops(index)] as const);
    return Object.fromEntries(entries.filter(([, count]) => count > 0));
  }

  portCounter(port: number, name: PortCounterName): number {
    return this.#u64(ports + port * PORT_COUNTERS_BYTES + PORT_COUNTERS.indexOf(name) * 8);
  }

  rxqCounter(slot: number, name: RxqCounterName): number {
    return this.#u64(rxqs + slot * RXQ_COUNTERS_BYTES + RXQ_COUNTERS.indexOf(name) * 8);
  }

  flowStats(flowId: number, out: FlowStatsOut): void {
    const at = flowStats + flowId * FLOW_STATS.bytes;
    out.packets = this.#u64(at + FLOW_STATS.fields.packets.offset);
    out.bytes = this.#u64(at + FLOW_STATS.fields.bytes.offset);
    out.usedMs = this.#u64(at + FLOW_STATS.fields.used_ms.offset);
    out.tcpFlags = this.#words[(at + FLOW_STATS.fields.tcp_flags.offset) >> 2] & 0xffff;
  }

  setControl(word: keyof typeof CONTROL_WORDS, value: number): void {
    Atomics.store(this.#control, CONTROL_WORDS[word] / 4, value);
  }

  getControl(word: keyof typeof CONTROL_WORDS): number {
    return Atomics.load(this.#control, CONTROL_WORDS[word] / 4);
  }

  /** The writer stores all 8 bytes at once; the high half is read twice to see a carry. */
  #u64(offset: number): number {
    const at = offset >> 2;
    for (;;) {
      const high = Atomics.load(this.#words, at + 1);
      const low = Atomics.load(this.#words, at);
      if (Atomics.load(this.#words, at + 1) === high) return high * 0x100000000 + low;
    }
  }
}

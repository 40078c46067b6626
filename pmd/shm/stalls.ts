// SPDX-License-Identifier: Apache-2.0
/**
 * Iterations of a PMD that took longer than they may, with what tells whose fault it was.
 *
 *   header | ring of the last STALLS_KEPT records
 *
 * Thread-safety: `limit_cycles` is written by the control thread, everything else by the PMD. The
 * reader keeps up by itself: `count` says how many there ever were, the newest is just before it.
 */
import { struct } from "./struct-layout.js";

/** Records that wait for the control thread, which looks once a second. Power of two. */
export const STALLS_KEPT = 128;

export const STALL_HEADER = struct("StallHeader", 128, [
  /** An iteration of at least so many TSC cycles is a stall; 0: none is. */
  ["limit_cycles", 8],
  ["unused", 56],
  /** Stalls so far. */
  ["count", 8],
]);

export const STALL = struct("Stall", 64, [
  /** Number of the iteration. */
  ["iteration", 8],
  /** Milliseconds of CLOCK_MONOTONIC at its end. */
  ["at_ms", 8],
  ["duration_ns", 8],
  /** The thread was not on its core: since the last reading, at most 16 ms before. */
  ["off_cpu_ns", 8],
  /** The longest step of the iteration. */
  ["step_ns", 8],
  /** The slot of the receive queue that was served, or one of STALL_STEP. */
  ["step", 4],
  /** getrusage(2), since the last reading, without the thread's own sleeps. */
  ["involuntary_switches", 4],
  ["voluntary_switches", 4],
  ["major_faults", 4],
  ["minor_faults", 4],
]);

/** Steps other than receive queues, whose slots are below RXQS_PER_PMD_MAX. */
export const STALL_STEP = { COMMANDS: 1000, OTHER: 1001 } as const;

export const STALL_STRUCTS = [STALL_HEADER, STALL] as const;
export const STALL_BLOCK_BYTES = STALL_HEADER.bytes + STALLS_KEPT * STALL.bytes;

export type StallRecord = Record<keyof typeof STALL.fields, number>;

/** The control thread's view. */
export class StallShm {
  readonly #view: DataView;
  #seen = 0;

  /** @param offset of the block: a multiple of 8. */
  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#view = new DataView(buffer, offset, STALL_BLOCK_BYTES);
  }

  /** @param cycles 0: nothing is a stall. */
  setLimit(cycles: number): void {
    const { offset } = STALL_HEADER.fields.limit_cycles;
    this.#view.setBigUint64(offset, BigInt(Math.floor(cycles)), true);
  }

  /** Stalls so far. */
  get count(): number {
    return this.#u64(STALL_HEADER.fields.count.offset);
  }

  /** Those since the last call, oldest first; `missed` came and went in between. */
  take(): { readonly records: StallRecord[]; readonly missed: number } {
    const { count } = this;
    const from = Math.max(this.#seen, count - STALLS_KEPT);
    const missed = from - this.#seen;
    this.#seen = count;
    const records = Array.from({ length: count - from }, (_, i) => this.#record(from + i));
    return { records, missed };
  }

  #record(index: number): StallRecord {
    const at = STALL_HEADER.bytes + (index % STALLS_KEPT) * STALL.bytes;
    const record = {} as StallRecord;
    for (const name of Object.keys(STALL.fields) as (keyof StallRecord)[]) {
      const { offset, bytes } = STALL.fields[name];
      record[name] = bytes === 8 ? this.#u64(at + offset) : this.#view.getUint32(at + offset, true);
    }
    return record;
  }

  #u64(at: number): number {
    return this.#view.getUint32(at + 4, true) * 0x100000000 + this.#view.getUint32(at, true);
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * How long receive queues are not polled when they move to another thread or their device is
 * changed: from when the old thread dropped a queue until the new one took it, by the cycle counter
 * that the threads note themselves.
 */
import type { PmdShm } from "../../pmd/shm/pmd-shm.js";

/** Where a thread keeps a queue. */
export interface QueuePlace {
  readonly coreId: number;
  readonly shm: PmdShm;
  readonly slot: number;
}

/** A queue that was not polled for a while. */
export interface QueuePause {
  readonly port: string;
  readonly queue: number;
  readonly fromCore: number;
  readonly toCore: number;
  readonly us: number;
}

interface Move {
  readonly fromCore: number;
  readonly stoppedTsc: number;
  /** Where it goes on, once that is decided. */
  to?: QueuePlace & { readonly port: string; readonly queue: number };
}

export class PauseWatch {
  private readonly moves = new Map<string, Move>();

  constructor(
    private readonly tscHz: () => number,
    private readonly ended: (pause: QueuePause) => void,
  ) {}

  /** The thread has dropped the queue, and said so. */
  stopped(key: string, { coreId, shm, slot }: QueuePlace): void {
    this.moves.set(key, { fromCore: coreId, stoppedTsc: shm.rxqCounter(slot, "changed_tsc") });
  }

  /** A thread has been told to take the queue. */
  started(key: string, to: QueuePlace & { readonly port: string; readonly queue: number }): void {
    const move = this.moves.get(key);
    if (move) move.to = to;
  }

  /** The queue does not exist any more. */
  forget(key: string): void {
    this.moves.delete(key);
  }

  /** Reports the queues that are polled again. Also to be called before queues move: the place of
   * one that moves once more does not say any more when it was taken. */
  look(): void {
    for (const [key, { fromCore, stoppedTsc, to }] of this.moves) {
      const startedTsc = to?.shm.rxqCounter(to.slot, "changed_tsc") ?? 0;
      if (!to || startedTsc <= stoppedTsc) continue;
      const { port, queue, coreId: toCore } = to;
      const us = ((startedTsc - stoppedTsc) * 1e6) / this.tscHz();
      this.moves.delete(key);
      this.ended({ port, queue, fromCore, toCore, us });
    }
  }
}

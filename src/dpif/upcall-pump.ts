// SPDX-License-Identifier: Apache-2.0
/** Hands waiting upcalls to their consumer, a batch per turn of the event loop. */
import type { Upcall } from "./dpif.js";
import type { PacketThread } from "./packet-thread.js";
import type { UpcallReader } from "./upcall-reader.js";

const BATCH_MAX = 64;

/** Upcalls of all threads, one thread after the other. An iterator by hand: a generator costs as
 * much as reading the upcall. */
export class UpcallBatch implements IterableIterator<Upcall> {
  taken = 0;
  private visited = 0;
  private readonly result: { done: boolean; value: Upcall } = {
    done: false,
    value: undefined as unknown as Upcall,
  };

  constructor(
    private readonly threads: readonly Pick<PacketThread, "handle">[],
    private readonly first: number,
    private readonly reader: UpcallReader,
    private readonly limit: number,
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Upcall> {
    const { threads, result } = this;
    for (; this.visited < threads.length; this.visited++) {
      const { handle } = threads[(this.first + this.visited) % threads.length];
      const upcall = this.reader.next(handle, this.taken < this.limit);
      if (!upcall) continue;
      this.taken++;
      result.value = upcall;
      return result;
    }
    result.done = true;
    return result;
  }
}

export class UpcallPump {
  consumer: ((batch: Iterable<Upcall>) => void) | undefined;
  private again: NodeJS.Immediate | undefined;
  private first = 0;

  constructor(
    private readonly threads: () => readonly PacketThread[],
    private readonly reader: UpcallReader,
    private readonly unclaimed: (upcall: Upcall) => void,
  ) {}

  /** Reads what waits. With nothing left, asks every thread for a wake-up and looks once more. */
  pump(): void {
    if (this.again) return;
    if (this.batch() || this.arm()) {
      this.again = setImmediate(() => {
        this.again = undefined;
        this.pump();
      });
    }
  }

  stop(): void {
    if (this.again) clearImmediate(this.again);
    this.again = undefined;
  }

  /** True when the batch was full: there may be more. */
  private batch(): boolean {
    const threads = this.threads();
    // Another thread is first each time, so that a busy one cannot starve the rest.
    const first = this.first++ % Math.max(1, threads.length);
    const batch = new UpcallBatch(threads, first, this.reader, BATCH_MAX);
    if (this.consumer) this.consumer(batch);
    // What the consumer left, and acknowledgements behind it.
    for (const upcall of batch) this.unclaimed(upcall);
    return batch.taken >= BATCH_MAX;
  }

  private arm(): boolean {
    let waiting = false;
    for (const { handle } of this.threads()) {
      handle.shm.setControl("wake_armed", 1);
      waiting ||= handle.shm.upcalls.peek() >= 0;
    }
    return waiting;
  }
}

// SPDX-License-Identifier: Apache-2.0
/** Hands waiting upcalls to their consumer, a batch per turn of the event loop. */
import type { Upcall } from "./dpif.js";
import type { PacketThread } from "./packet-thread.js";
import type { UpcallReader } from "./upcall-reader.js";

const BATCH_MAX = 64;

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
    const { reader } = this;
    let taken = 0;
    // Another thread is first each time, so that a busy one cannot starve the rest.
    const first = this.first++ % Math.max(1, threads.length);
    function* records(): Generator<Upcall> {
      for (let i = 0; i < threads.length; i++) {
        const thread = threads[(first + i) % threads.length];
        for (const upcall of reader.read(thread.handle, BATCH_MAX - taken)) {
          taken++;
          yield upcall;
        }
      }
    }
    const batch = records();
    if (this.consumer) this.consumer(batch);
    // What the consumer left, and acknowledgements behind it.
    for (const upcall of batch) this.unclaimed(upcall);
    return taken >= BATCH_MAX;
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

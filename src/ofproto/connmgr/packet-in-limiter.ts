// SPDX-License-Identifier: Apache-2.0
/**
 * Limits the packet-ins of one controller (`controller_rate_limit`, `controller_burst_limit` of
 * ovs-vswitchd.conf.db(5)): a token bucket, and per-port queues behind it that are served in turn,
 * so that one port's flood does not hide the others.
 */
import type { Clock, ClockTimer } from "../../lib/clock.js";

export class PacketInLimiter {
  readonly #queues = new Map<number, (() => void)[]>();
  #queued = 0;
  #tokens: number;
  #filledMs: number;
  #timer: ClockTimer | undefined;
  /** Packet-ins that were thrown away. */
  dropped = 0;

  /** `rate` is packets per second, 1 or more; `burst` is also what may wait. */
  constructor(
    private readonly clock: Clock,
    readonly rate: number,
    readonly burst: number,
  ) {
    this.#tokens = burst;
    this.#filledMs = clock.now();
  }

  /** Sends now, later, or never. */
  submit(port: number, send: () => void): void {
    this.#fill();
    if (this.#queued === 0 && this.#tokens >= 1) {
      this.#tokens--;
      send();
      return;
    }
    if (this.#queued >= this.burst) this.#dropFromLongest();
    const queue = this.#queues.get(port) ?? [];
    queue.push(send);
    this.#queues.set(port, queue);
    this.#queued++;
    this.#schedule();
  }

  /** Forgets what waits: the connection is gone. */
  close(): void {
    this.#timer?.cancel();
    this.#queues.clear();
    this.#queued = 0;
  }

  #fill(): void {
    const nowMs = this.clock.now();
    const earned = ((nowMs - this.#filledMs) * this.rate) / 1000;
    this.#tokens = Math.min(this.burst, this.#tokens + earned);
    this.#filledMs = nowMs;
  }

  #dropFromLongest(): void {
    let longest: [number, (() => void)[]] | undefined;
    for (const entry of this.#queues) {
      if (!longest || entry[1].length > longest[1].length) longest = entry;
    }
    if (!longest) return;
    longest[1].shift();
    if (longest[1].length === 0) this.#queues.delete(longest[0]);
    this.#queued--;
    this.dropped++;
  }

  #schedule(): void {
    if (this.#timer || this.#queued === 0) return;
    const waitMs = Math.max(1, ((1 - this.#tokens) * 1000) / this.rate);
    this.#timer = this.clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#drain();
    });
  }

  #drain(): void {
    this.#fill();
    while (this.#tokens >= 1 && this.#queued > 0) {
      const [port, queue] = this.#queues.entries().next().value as [number, (() => void)[]];
      const send = queue.shift() as () => void;
      // To the end of the line: ports take turns.
      this.#queues.delete(port);
      if (queue.length > 0) this.#queues.set(port, queue);
      this.#queued--;
      this.#tokens--;
      send();
    }
    this.#schedule();
  }
}

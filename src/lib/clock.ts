// SPDX-License-Identifier: Apache-2.0
import { MachineClock } from "./machine-clock.js";

/** A pending call of a Clock; `cancel` after it has run is harmless. */
export interface ClockTimer {
  cancel(): void;
}

/** Time as a dependency, so that state machines run in tests without waiting. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin. */
  now(): number;
  /** Wall-clock milliseconds since the Unix epoch. */
  wall(): number;
  /** Calls `fn` once, `delayMs` from now; the timer does not keep the process alive. */
  after(delayMs: number, fn: () => void): ClockTimer;
}

/** The machine's clocks, of this process. */
export const machineClock = new MachineClock();
export const systemClock: Clock = machineClock;

interface Pending extends ClockTimer {
  atMs: number;
  fn: () => void;
}

/** A clock that moves only when told: `advance` runs due timers in order of time. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #timers: Pending[] = [];

  constructor(readonly epochMs = 0) {}

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.epochMs + this.#nowMs;
  }

  after(delayMs: number, fn: () => void): ClockTimer {
    const timer: Pending = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      fn,
      cancel: () => {
        this.#timers = this.#timers.filter((t) => t !== timer);
      },
    };
    this.#timers.push(timer);
    return timer;
  }

  /** Moves time forward by `ms`, running every timer that falls due on the way. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter((t) => t.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      due.cancel();
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fn();
    }
    this.#nowMs = endMs;
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Clock, ClockTimer } from "./clock.js";

/** Waits up to this, which are for looking around and follow no protocol, go by the machine's time
 * even while the clock stands. */
const SHORT_MS = 500;

interface Timer extends ClockTimer {
  readonly atMs: number;
  readonly isShort: boolean;
  readonly fn: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** From `machineMs` on, time is `clockMs` and either runs with the machine's or stands. */
interface Stretch {
  readonly machineMs: number;
  readonly clockMs: number;
  readonly runs: boolean;
}

/** Whether time stands, and how far it is ahead of the machine's if it does not. */
export interface ClockTurn {
  readonly stands: boolean;
  readonly aheadMs: number;
}

/**
 * The machine's clocks. The monotonic one can be stopped and moved forward, so that tests of a
 * running daemon need not wait; wall-clock time goes on all the same.
 */
export class MachineClock implements Clock {
  readonly #listeners: ((turn: ClockTurn) => void)[] = [];
  readonly #timers = new Set<Timer>();
  /** Ascending. */
  readonly #stretches: Stretch[] = [{ machineMs: 0, clockMs: 0, runs: true }];

  now(): number {
    return this.at(performance.now());
  }

  wall(): number {
    return Date.now();
  }

  after(delayMs: number, fn: () => void): ClockTimer {
    const timer: Timer = {
      ...{ atMs: this.now() + Math.max(0, delayMs), isShort: delayMs <= SHORT_MS },
      ...{ fn, handle: undefined },
      cancel: () => {
        clearTimeout(timer.handle);
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    this.#arm(timer, delayMs);
    return timer;
  }

  /** What this clock showed when `performance.now()` was `machineMs`. */
  at(machineMs: number): number {
    const stretch = this.#stretches.findLast((each) => each.machineMs <= machineMs);
    if (!stretch) return machineMs;
    return stretch.clockMs + (stretch.runs ? machineMs - stretch.machineMs : 0);
  }

  /** Tells whoever measures time elsewhere of every `stop` and `warp`, before timers run. */
  onTurn(listener: (turn: ClockTurn) => void): void {
    this.#listeners.push(listener);
  }

  /** From now on time stands, but for `warp`. Harmless when it does already. */
  stop(): void {
    this.#turn(0, false);
    for (const timer of this.#timers) if (!timer.isShort) clearTimeout(timer.handle);
  }

  /** Moves time forward, running every timer that falls due, in order of time. */
  warp(ms: number): void {
    const { runs } = this.#stretches.at(-1)!;
    const untilMs = this.now() + ms;
    this.#turn(ms, runs);
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= untilMs);
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#run(next);
    }
    for (const timer of this.#timers) this.#arm(timer, timer.atMs - this.now());
  }

  #turn(ms: number, runs: boolean): void {
    const machineMs = performance.now();
    const clockMs = this.at(machineMs) + ms;
    this.#stretches.push({ machineMs, clockMs, runs });
    for (const listener of this.#listeners) {
      listener({ stands: !runs, aheadMs: clockMs - machineMs });
    }
  }

  #run(timer: Timer): void {
    timer.cancel();
    timer.fn();
  }

  #arm(timer: Timer, delayMs: number): void {
    clearTimeout(timer.handle);
    if (!this.#stretches.at(-1)!.runs && !timer.isShort) return;
    timer.handle = setTimeout(() => this.#run(timer), delayMs);
    timer.handle.unref();
  }
}

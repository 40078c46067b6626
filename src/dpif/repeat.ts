// SPDX-License-Identifier: Apache-2.0
import { type ClockTimer, systemClock } from "../lib/clock.js";

/** Calls something again and again, by the clock that tests can move. */
export class Repeat {
  #timer: ClockTimer;

  constructor(everyMs: number, run: () => void) {
    const again = (): ClockTimer =>
      systemClock.after(everyMs, () => {
        this.#timer = again();
        run();
      });
    this.#timer = again();
  }

  stop(): void {
    this.#timer.cancel();
  }
}

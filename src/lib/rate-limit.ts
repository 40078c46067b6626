// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "./clock.js";

/** What a RateLimit says about one event. */
export type RateVerdict =
  | { readonly pass: false }
  /** `dropped` events were suppressed since the first at `firstMs` until `lastMs` (Clock.now). */
  | { readonly pass: true; dropped: number; firstMs: number; lastMs: number; nowMs: number };

const DROP: RateVerdict = { pass: false };

/**
 * A token bucket for log messages: `perMinute` messages a minute on average, bursts of `burst`.
 * The bucket starts full. It remembers what it dropped, to be reported with the next message.
 */
export class RateLimit {
  #tokens: number;
  #filledMs: number;
  #dropped = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(
    readonly perMinute: number,
    readonly burst: number,
    readonly clock: Clock = systemClock,
  ) {
    this.#tokens = burst;
    this.#filledMs = clock.now();
  }

  /** Takes a token if there is one. */
  admit(): RateVerdict {
    const nowMs = this.clock.now();
    const earned = ((nowMs - this.#filledMs) * this.perMinute) / 60_000;
    this.#tokens = Math.min(this.burst, this.#tokens + earned);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) {
      if (this.#dropped === 0) this.#firstMs = nowMs;
      this.#lastMs = nowMs;
      this.#dropped++;
      return DROP;
    }
    this.#tokens--;
    const verdict = {
      pass: true as const,
      dropped: this.#dropped,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      nowMs,
    };
    this.#dropped = 0;
    return verdict;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What each receive queue cost over the last minute, whichever core polled it: the measure by which
 * queues are assigned. Steps are those of the usage history.
 */
import { USAGE_STEPS } from "../stats/usage-history.js";

export class RxqCycles {
  private readonly steps = new Map<string, number[]>();
  private current = new Map<string, number>();

  /** Adds to the step in progress. Keys are those of `rxqKey`. */
  add(key: string, cycles: number): void {
    this.current.set(key, (this.current.get(key) ?? 0) + cycles);
  }

  /** Ends a step. Queues that were not heard of in it cost nothing; those that cost nothing for a
   * minute are forgotten. */
  endStep(): void {
    for (const key of this.current.keys()) if (!this.steps.has(key)) this.steps.set(key, []);
    for (const [key, steps] of this.steps) {
      steps.push(this.current.get(key) ?? 0);
      if (steps.length > USAGE_STEPS) steps.shift();
      if (steps.every((cycles) => cycles === 0)) this.steps.delete(key);
    }
    this.current = new Map();
  }

  /** Cycles of the finished steps of the last minute. */
  of(key: string): number {
    return (this.steps.get(key) ?? []).reduce((sum, cycles) => sum + cycles, 0);
  }
}

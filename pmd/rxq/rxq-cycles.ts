// SPDX-License-Identifier: Apache-2.0
/**
 * What each receive queue cost over the last minute, whichever core polled it: the measure by which
 * queues are assigned. Steps are those of the usage history.
 */
import { USAGE_STEP_SECONDS, USAGE_STEPS } from "../stats/usage-history.js";
import { rxqKey } from "./assign.js";

export class RxqCycles {
  private readonly steps = new Map<string, number[]>();
  private current = new Map<string, number>();
  private finished = 0;
  /** Cycles of a core in the last steps. */
  private readonly stepCycles: number[] = [];

  /** Adds to the step in progress. Keys are those of `rxqKey`. */
  add(key: string, cycles: number): void {
    this.current.set(key, (this.current.get(key) ?? 0) + cycles);
  }

  /** Ends a step. Queues that were not heard of in it cost nothing; those that cost nothing for a
   * minute are forgotten.
   * @param stepCycles of a core in the step. */
  endStep(stepCycles = 0): void {
    this.stepCycles.push(stepCycles);
    if (this.stepCycles.length > USAGE_STEPS) this.stepCycles.shift();
    this.finished = Math.min(USAGE_STEPS, this.finished + 1);
    for (const key of this.current.keys()) if (!this.steps.has(key)) this.steps.set(key, []);
    for (const [key, steps] of this.steps) {
      steps.push(this.current.get(key) ?? 0);
      if (steps.length > USAGE_STEPS) steps.shift();
      if (steps.every((cycles) => cycles === 0)) this.steps.delete(key);
    }
    this.current = new Map();
  }

  /** Seconds that the finished steps cover, at most a minute. */
  get seconds(): number {
    return this.finished * USAGE_STEP_SECONDS;
  }

  /** Percent of a core that a queue cost, on the average of the steps since it was first heard of;
   * undefined: nothing has been measured yet. */
  percent(rxq: { readonly port: string; readonly queue: number }): number | undefined {
    const key = rxqKey(rxq);
    const steps = this.steps.get(key)?.length ?? this.stepCycles.length;
    const cycles = this.stepCycles.slice(-steps).reduce((sum, each) => sum + each, 0);
    return cycles > 0 ? (this.of(key) * 100) / cycles : undefined;
  }

  /** Cycles of the finished steps of the last minute. */
  of(key: string): number {
    return (this.steps.get(key) ?? []).reduce((sum, cycles) => sum + cycles, 0);
  }
}

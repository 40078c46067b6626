// SPDX-License-Identifier: Apache-2.0
/**
 * How busy a PMD and its receive queues were, over the last minute in steps of five seconds.
 *
 * Fed with ever-growing cycle sums once per step; pure, the caller has the clock.
 */

/** Seconds of one step, and steps that are kept. */
export const USAGE_STEP_SECONDS = 5;
export const USAGE_STEPS = 12;
export const USAGE_SECONDS_MAX = USAGE_STEP_SECONDS * USAGE_STEPS;

/** Cycle sums since the thread started. */
export interface CycleReading {
  readonly total: number;
  readonly busy: number;
  /** By queue, any stable key. */
  readonly rxqs: ReadonlyMap<string, number>;
}

/** What happened in one step. */
export interface UsageStep {
  readonly total: number;
  readonly busy: number;
  readonly rxqs: ReadonlyMap<string, number>;
}

export interface Usage {
  /** Whole percents, as the stock switch rounds them (down); undefined before the first step. */
  rxqPercent(key: string): number | undefined;
  readonly overheadPercent: number | undefined;
}

export class UsageHistory {
  private last: CycleReading | undefined;
  private readonly steps: UsageStep[] = [];

  /** Ends a step and returns it. A queue that is new in `reading` counts from zero. */
  sample(reading: CycleReading): UsageStep | undefined {
    const { last } = this;
    this.last = reading;
    if (!last) return undefined;
    const rxqs = new Map<string, number>();
    for (const [key, cycles] of reading.rxqs) {
      rxqs.set(key, Math.max(0, cycles - (last.rxqs.get(key) ?? 0)));
    }
    const step = { total: reading.total - last.total, busy: reading.busy - last.busy, rxqs };
    this.steps.push(step);
    if (this.steps.length > USAGE_STEPS) this.steps.shift();
    return step;
  }

  /** Forgets everything; the first step begins now. */
  restart(reading: CycleReading): void {
    this.steps.length = 0;
    this.last = reading;
  }

  /** Cycles of a queue since the last sample, `cycles` being its sum now. */
  since(key: string, cycles: number): number {
    return Math.max(0, cycles - (this.last?.rxqs.get(key) ?? 0));
  }

  /** The last finished step. */
  get lastStep(): UsageStep | undefined {
    return this.steps.at(-1);
  }

  /** Over the last `seconds`, 5…60, in whole steps. */
  usage(seconds: number): Usage {
    const count = Math.min(USAGE_STEPS, Math.max(1, Math.floor(seconds / USAGE_STEP_SECONDS)));
    const steps = this.steps.slice(-count);
    const sum = (pick: (step: UsageStep) => number) => steps.reduce((n, step) => n + pick(step), 0);
    const total = sum((step) => step.total);
    const percent = (part: number) =>
      total > 0 ? Math.floor((Math.max(0, part) * 100) / total) : undefined;
    const onQueues = sum((step) => [...step.rxqs.values()].reduce((n, cycles) => n + cycles, 0));
    return {
      rxqPercent: (key) => percent(sum((step) => step.rxqs.get(key) ?? 0)),
      overheadPercent: percent(sum((step) => step.busy) - onQueues),
    };
  }
}

/** The window that `-secs` asks for: rounded up to whole steps; 0 and more than a minute are a
 * minute. */
export function usageWindow(seconds: number): number {
  if (seconds === 0) return USAGE_SECONDS_MAX;
  const steps = Math.ceil(seconds / USAGE_STEP_SECONDS);
  return Math.min(USAGE_SECONDS_MAX, steps * USAGE_STEP_SECONDS);
}

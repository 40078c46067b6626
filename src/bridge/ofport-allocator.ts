// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../lib/clock.js";

/** The first OpenFlow 1.0 number that is no ordinary port. */
const OFPORT_END = 0xff00;

/**
 * Gives OpenFlow port numbers to interfaces. A new interface gets the next number that was never
 * used, so that flows which name the port of a removed interface do not apply to its successor.
 */
export class OfportAllocator {
  readonly #inUse = new Map<number, string>();
  /** When a number was given back, Clock.now. */
  readonly #freedMs = new Map<number, number>();
  #last = 0;

  constructor(private readonly clock: Clock) {}

  /** `wanted` if it is free, else another; undefined when all are in use. */
  allocate(name: string, wanted: number | undefined): number | undefined {
    const isUsable = wanted !== undefined && wanted > 0 && wanted < OFPORT_END;
    const number = isUsable && !this.#inUse.has(wanted) ? wanted : this.#next();
    if (number !== undefined) this.#inUse.set(number, name);
    return number;
  }

  release(number: number): void {
    if (this.#inUse.delete(number)) this.#freedMs.set(number, this.clock.now());
  }

  /** Whether the interface could have `wanted` now. */
  isFree(wanted: number): boolean {
    return !this.#inUse.has(wanted);
  }

  #next(): number | undefined {
    let oldest: number | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (let step = 1; step < OFPORT_END; step++) {
      const number = ((this.#last + step - 1) % (OFPORT_END - 1)) + 1;
      if (this.#inUse.has(number)) continue;
      const freedMs = this.#freedMs.get(number);
      if (freedMs === undefined) {
        this.#last = number;
        return number;
      }
      if (freedMs < oldestMs) {
        oldest = number;
        oldestMs = freedMs;
      }
    }
    return oldest;
  }
}

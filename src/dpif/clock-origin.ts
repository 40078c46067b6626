// SPDX-License-Identifier: Apache-2.0
import { machineClock } from "../lib/clock.js";

/** CLOCK_MONOTONIC milliseconds at the zero of `performance.now()`. */
export const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The datapath's clock (CLOCK_MONOTONIC) to ours (`systemClock.now()`); 0 stays "never". */
export function monotonicToClock(ms: number): number {
  return ms === 0 ? 0 : Math.max(1, machineClock.at(ms - ORIGIN_MS));
}

// SPDX-License-Identifier: Apache-2.0
/** How many megaflows may be installed: as many as can be kept true in good time. */

/** A sweep that takes longer than the first halves the limit or worse, longer than the second takes
 * a quarter off; one that is shorter than the third lets it grow again. */
const FAR_TOO_LONG_MS = 2000;
const TOO_LONG_MS = 1300;
const SHORT_MS = 1000;
const LIMIT_MIN = 1000;
const GROWTH_MIN = 1000;

/** The limit after a sweep over `flows` flows that took `sweepMs`, of at most `configured`
 * (`other_config:flow-limit`). */
export function nextFlowLimit(
  limit: number,
  { flows, sweepMs, configured }: { flows: number; sweepMs: number; configured: number },
): number {
  let next = limit;
  if (sweepMs > FAR_TOO_LONG_MS) next = limit / Math.floor(sweepMs / 1000);
  else if (sweepMs > TOO_LONG_MS) next = (limit * 3) / 4;
  else if (sweepMs < SHORT_MS && limit < (flows * 1000) / Math.max(1, sweepMs)) {
    next = limit + Math.max(GROWTH_MIN, limit / 4);
  }
  return Math.min(configured, Math.max(LIMIT_MIN, Math.floor(next)));
}

// SPDX-License-Identifier: Apache-2.0

/** Seconds: `12s`, with milliseconds `12.500s`, or with nanoseconds where that takes more. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - seconds * 1000) * 1_000_000);
  if (nanoseconds === 0) return `${seconds}s`;
  const decimals = String(nanoseconds).padStart(9, "0");
  return `${seconds}.${decimals.endsWith("000000") ? decimals.slice(0, 3) : decimals}s`;
}

// SPDX-License-Identifier: Apache-2.0

/** As few hash values as the stock switch uses. */
const HASHES_MIN = 16;

/**
 * Deals hash values out to buckets in proportion to their weights, by the method of
 * Webster/Sainte-Laguë: each value goes to the bucket with the largest weight / (2 · values + 1).
 * As many values (a power of two) as give the lightest bucket one. Null when that is more than
 * `max`, or when nothing has a weight.
 */
export function spreadHashes<B extends { readonly weight: number }>(
  buckets: readonly B[],
  max: number,
): B[] | null {
  const weights = buckets.map((bucket) => bucket.weight).filter((weight) => weight > 0);
  if (weights.length === 0) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const needed = Math.ceil(total / Math.min(...weights));
  let count = HASHES_MIN;
  while (count < needed) count *= 2;
  if (count > max) return null;
  // The first quotient is weight / 1, the next ones weight / 3, / 5 …
  const divisors = buckets.map(() => 1);
  const map: B[] = [];
  for (let hash = 0; hash < count; hash++) {
    let best = 0;
    for (let i = 1; i < buckets.length; i++) {
      if (buckets[i]!.weight / divisors[i]! > buckets[best]!.weight / divisors[best]!) best = i;
    }
    divisors[best]! += 2;
    map.push(buckets[best]!);
  }
  return map;
}

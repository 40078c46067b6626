// SPDX-License-Identifier: Apache-2.0
/**
 * The order in which the stock tools print rows. It is that of their hash tables, and scripts and
 * tests compare whole outputs, so the same rows must come in the same order from both tools.
 *
 * Layout: a chained hash table whose bucket count is a power of two; a new element goes to the
 * front of its chain; when there are more than two elements per bucket on average, elements move
 * to a larger table, bucket after bucket, again to the front of their chains.
 */

interface Element {
  readonly key: string;
  readonly hash: number;
}

/** One less than the number of buckets for `count` elements. */
function maskFor(count: number): number {
  let mask = count >> 1;
  for (const shift of [1, 2, 4, 8, 16]) mask |= mask >> shift;
  return mask | ((mask & 1) << 1);
}

/** Keys in the order of the stock tools' hash tables. */
export class StockOrder {
  #buckets: Element[][] = [[]];
  readonly #keys = new Set<string>();

  get #mask(): number {
    return this.#buckets.length - 1;
  }

  /** Adds `key`, unless it is there already. */
  add(key: string, hash: number): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#buckets[hash & this.#mask]!.unshift({ key, hash });
    const count = this.#keys.size;
    if (count >> 1 > this.#mask) this.#resize(maskFor(count));
  }

  delete(key: string): void {
    if (!this.#keys.delete(key)) return;
    this.#buckets = this.#buckets.map((chain) => chain.filter((element) => element.key !== key));
  }

  #resize(mask: number): void {
    const larger: Element[][] = Array.from({ length: mask + 1 }, () => []);
    for (const element of this.#buckets.flat()) larger[element.hash & mask]!.unshift(element);
    this.#buckets = larger;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#buckets
      .flat()
      .map((element) => element.key)
      .values();
  }
}

/** The hash of a row: the first 32 bits of its UUID. */
export function uuidHash(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8), 16);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** MurmurHash3 (x86, 32 bits) with seed 0, which is what names are hashed by. */
export function nameHash(name: string): number {
  const bytes = Buffer.from(name);
  let hash = 0;
  for (let at = 0; at < bytes.length; at += 4) {
    const size = Math.min(4, bytes.length - at);
    const word = Math.imul(bytes.readUIntLE(at, size), 0xcc9e2d51);
    hash ^= Math.imul(rotate(word, 15), 0x1b873593);
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Member names of a JSON object in the order in which the stock tools walk it. */
export function stockMemberOrder(names: Iterable<string>): Iterable<string> {
  const order = new StockOrder();
  for (const name of names) order.add(name, nameHash(name));
  return order;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Entries by VLAN and MAC address, in the order in which they were last used. A hash table and a
 * list of our own: a Map would need a key that holds 60 bits, and would make one per lookup.
 */
import { randomBytes } from "node:crypto";

/** What an entry of the table is made of, besides what its owner keeps in it. */
export interface MacNode<T> {
  readonly vlan: number;
  /** 48 bits as a number. */
  readonly mac: number;
  /** Links of the table; null before `add`. */
  inBucket: T | null;
  older: T | null;
  newer: T | null;
}

const BUCKETS_MIN = 256;

export class MacTable<T extends MacNode<T>> {
  size = 0;
  private buckets: (T | null)[] = Array(BUCKETS_MIN).fill(null);
  private oldest: T | null = null;
  private newest: T | null = null;
  /** Whoever chooses addresses must not choose buckets. */
  private readonly seed = randomBytes(4).readInt32LE();

  find(vlan: number, mac: number): T | undefined {
    let entry = this.buckets[this.bucket(vlan, mac)];
    while (entry) {
      if (entry.mac === mac && entry.vlan === vlan) return entry;
      entry = entry.inBucket;
    }
    return undefined;
  }

  /** Adds `entry`, which is not there yet, as the newest. */
  add(entry: T): void {
    if (this.size >= this.buckets.length) this.grow();
    this.size++;
    this.link(entry);
    this.append(entry);
  }

  remove(entry: T): void {
    const at = this.bucket(entry.vlan, entry.mac);
    let before = this.buckets[at];
    if (before === entry) {
      this.buckets[at] = entry.inBucket;
    } else {
      while (before && before.inBucket !== entry) before = before.inBucket;
      if (!before) return;
      before.inBucket = entry.inBucket;
    }
    this.size--;
    this.cutOut(entry);
  }

  /** Makes `entry` the newest. */
  touch(entry: T): void {
    if (this.newest === entry) return;
    this.cutOut(entry);
    this.append(entry);
  }

  /** Oldest first. The entry that was given last may be removed. */
  *[Symbol.iterator](): Generator<T> {
    let entry = this.oldest;
    while (entry) {
      const next: T | null = entry.newer;
      yield entry;
      entry = next;
    }
  }

  private bucket(vlan: number, mac: number): number {
    let hash = Math.imul(mac ^ this.seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (mac / 0x100000000), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ vlan, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & (this.buckets.length - 1);
  }

  private link(entry: T): void {
    const at = this.bucket(entry.vlan, entry.mac);
    entry.inBucket = this.buckets[at];
    this.buckets[at] = entry;
  }

  private append(entry: T): void {
    entry.older = this.newest;
    entry.newer = null;
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private cutOut(entry: T): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
  }

  private grow(): void {
    this.buckets = Array(this.buckets.length * 2).fill(null);
    for (let entry = this.oldest; entry; entry = entry.newer) this.link(entry);
  }
}

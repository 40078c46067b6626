// SPDX-License-Identifier: Apache-2.0
/**
 * The order in which packets are flooded to OpenFlow ports. It carries no meaning, but it shows in
 * dumps and traces that people and scripts compare: the stock switch iterates over a chained hash
 * table of port numbers (MurmurHash3, public domain, by A. Appleby), and so do we.
 */
import type { XPort } from "./ports.js";

/** `ports` in the order in which they were added, brought into the order of the hash table. */
export function floodOrder(ports: readonly XPort[]): XPort[] {
  let buckets: XPort[][] = [[]];
  let count = 0;
  for (const port of ports) {
    insert(buckets, port);
    count++;
    if (count >> 1 > buckets.length - 1) buckets = grow(buckets, count);
  }
  return buckets.flat();
}

function insert(buckets: XPort[][], port: XPort): void {
  buckets[hashPort(port.ofpPort) & (buckets.length - 1)].unshift(port);
}

function grow(old: readonly XPort[][], count: number): XPort[][] {
  let size = 4;
  while (size <= count >> 1) size *= 2;
  const buckets: XPort[][] = Array.from({ length: size }, () => []);
  for (const port of old.flat()) insert(buckets, port);
  return buckets;
}

function hashPort(ofpPort: number): number {
  const hash = addWord(addWord(ofpPort & 0xffff, 0), 0) ^ 8;
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function addWord(hash: number, word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  const rotated = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  const folded = hash ^ rotated;
  return (Math.imul((folded << 13) | (folded >>> 19), 5) + 0xe6546b64) | 0;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The order in which packets are flooded to OpenFlow ports. It carries no meaning, but it shows in
 * dumps and traces that people and scripts compare: the stock switch iterates over a chained hash
 * table of port numbers, and so do we.
 */
import type { XPort } from "./ports.js";
import { hashWord } from "./stock-hash.js";

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
  buckets[hashWord(port.ofpPort & 0xffff, 0) & (buckets.length - 1)].unshift(port);
}

function grow(old: readonly XPort[][], count: number): XPort[][] {
  let size = 4;
  while (size <= count >> 1) size *= 2;
  const buckets: XPort[][] = Array.from({ length: size }, () => []);
  for (const port of old.flat()) insert(buckets, port);
  return buckets;
}

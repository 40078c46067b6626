// SPDX-License-Identifier: Apache-2.0
/** MurmurHash3 (public domain, by A. Appleby) as the stock switch, built for plain x86-64, uses it:
 * for what shows in dumps and traces, and for the choice of buckets. */

/** `value` rotated to the left. */
export function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** One round of MurmurHash3 (32 bits). */
function murmurAdd(hash: number, word: number): number {
  const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
}

function murmurFinish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hash of a 32-bit number. */
export function hashWord(word: number, basis: number): number {
  return murmurFinish(murmurAdd(murmurAdd(word, 0), basis), 8);
}

/** Hash of a 64-bit number. */
export function hashUint64(value: bigint): number {
  const low = Number(value & 0xffffffffn);
  return murmurFinish(murmurAdd(murmurAdd(0, low), Number(value >> 32n)), 8);
}

/** The little-endian word at `at`; bytes beyond the end are 0. */
export function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word |= (bytes[at + i] ?? 0) << (8 * i);
  return word;
}

/** Hash of a string of bytes. */
export function hashBytes(bytes: Uint8Array, basis: number): number {
  let hash = basis;
  for (let at = 0; at < bytes.length; at += 4) hash = murmurAdd(hash, wordAt(bytes, at));
  return murmurFinish(hash, bytes.length);
}

/** Hash of 32-bit words from `basis` on; `final` goes into the finish. */
export function hashWords(words: readonly number[], basis: number, final: number): number {
  let hash = basis;
  for (const word of words) hash = murmurAdd(hash, word);
  return murmurFinish(hash, final);
}

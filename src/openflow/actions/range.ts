// SPDX-License-Identifier: Apache-2.0
/** `ofs_nbits` of Nicira's actions: first bit and number of bits in 16 bits. */

/** Splits `ofs << 6 | (bits - 1)`. */
export function decodeRange(word: number): { start: number; bits: number } {
  return { start: word >> 6, bits: (word & 0x3f) + 1 };
}

/** Joins them; `bits` is at most 64. */
export function encodeRange({ start, bits }: { start: number; bits: number }): number {
  return (start << 6) | (bits - 1);
}

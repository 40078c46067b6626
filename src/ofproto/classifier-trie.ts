// SPDX-License-Identifier: Apache-2.0
/**
 * A path-compressed binary trie over prefixes of one fixed-width value, with the number of rules
 * at each prefix. A lookup finds which prefix lengths match a value, and how many leading bits of
 * the value were needed to know.
 */

interface Node {
  /** Leading `length` bits count; the rest is 0. */
  readonly bits: Uint8Array;
  /** Length of the whole prefix from the root. */
  length: number;
  rules: number;
  /** Children whose next bit is 0 and 1. */
  zero: Node | null;
  one: Node | null;
}

export class PrefixTrie {
  /** Results of the last `lookup`. */
  checkedBits = 0;
  /** Bit `n` of word `n / 32`: a prefix of that length matched. */
  private readonly matched: Int32Array;
  private readonly width: number;
  private root: Node | null = null;

  /** @param width bits of the value, at most 128 */
  constructor(width: number) {
    this.width = width;
    this.matched = new Int32Array((width >> 5) + 1);
  }

  /** Counts one more rule with the prefix of `length` (≥ 1) bits that starts at `offset`. */
  insert(bytes: Uint8Array, offset: number, length: number): void {
    const value = prefixOf(bytes, offset, length);
    this.root = insertBelow(this.root, value, length);
  }

  /** Counts one rule less. */
  remove(bytes: Uint8Array, offset: number, length: number): void {
    const value = prefixOf(bytes, offset, length);
    this.root = removeBelow(this.root, value, length);
  }

  /** Looks up the value at `offset`; results in `checkedBits` and `hasLength`. */
  lookup(bytes: Uint8Array, offset: number): void {
    const { matched, width } = this;
    for (let i = 0; i < matched.length; i++) matched[i] = 0;
    let node = this.root;
    let at = 0;
    while (node) {
      const equal = equalBits(node.bits, 0, bytes, offset, at, node.length);
      if (equal < node.length) {
        this.checkedBits = equal + 1;
        return;
      }
      at = node.length;
      if (node.rules > 0) matched[at >> 5] |= 1 << (at & 31);
      if (at >= width) {
        this.checkedBits = width;
        return;
      }
      const next: Node | null = bitAt(bytes, offset, at) ? node.one : node.zero;
      if (!next) {
        // The bit counts only when the other side has prefixes that it rules out.
        this.checkedBits = node.zero || node.one ? at + 1 : at;
        return;
      }
      node = next;
    }
    this.checkedBits = at;
  }

  /** Whether some prefix of `length` bits matched the value looked up last. */
  hasLength(length: number): boolean {
    return (this.matched[length >> 5] & (1 << (length & 31))) !== 0;
  }
}

function bitAt(bytes: Uint8Array, offset: number, bit: number): number {
  return (bytes[offset + (bit >> 3)] >> (7 - (bit & 7))) & 1;
}

/** The number of leading equal bits of two values, counted from `from` (known equal) to `to`. */
function equalBits(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  from: number,
  to: number,
): number {
  for (let i = from >> 3; i * 8 < to; i++) {
    const differing = a[aOffset + i] ^ b[bOffset + i];
    if (differing !== 0) return Math.min(to, i * 8 + Math.clz32(differing) - 24);
  }
  return to;
}

function prefixOf(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const value = bytes.slice(offset, offset + ((length + 7) >> 3));
  if (length & 7) value[value.length - 1] &= 0xff00 >> (length & 7);
  return value;
}

function newNode(bits: Uint8Array, length: number, rules: number): Node {
  return { bits, length, rules, zero: null, one: null };
}

function attach(parent: Node, child: Node): void {
  if (bitAt(child.bits, 0, parent.length)) parent.one = child;
  else parent.zero = child;
}

function insertBelow(node: Node | null, value: Uint8Array, length: number): Node {
  if (!node) return newNode(value, length, 1);
  const equal = equalBits(node.bits, 0, value, 0, 0, Math.min(node.length, length));
  if (equal < node.length) {
    const split = newNode(prefixOf(value, 0, equal), equal, 0);
    attach(split, node);
    if (equal === length) split.rules = 1;
    else attach(split, newNode(value, length, 1));
    return split;
  }
  if (length === node.length) {
    node.rules++;
  } else {
    const below = bitAt(value, 0, node.length) ? node.one : node.zero;
    attach(node, insertBelow(below, value, length));
  }
  return node;
}

function removeBelow(node: Node | null, value: Uint8Array, length: number): Node | null {
  if (!node || node.length > length) return node;
  if (node.length === length) {
    node.rules--;
  } else if (bitAt(value, 0, node.length)) {
    node.one = removeBelow(node.one, value, length);
  } else {
    node.zero = removeBelow(node.zero, value, length);
  }
  if (node.rules > 0 || (node.zero && node.one)) return node;
  return node.zero ?? node.one;
}

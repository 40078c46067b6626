// SPDX-License-Identifier: Apache-2.0
/**
 * A path-compressed binary trie over prefixes of one fixed-width value, with the number of rules
 * at each prefix. A lookup finds which prefix lengths match a value, and how many leading bits of
 * the value were needed to know. Values are 32-bit words, most significant first.
 */

interface Node {
  /** The prefix; bits behind `length` are 0. */
  readonly words: Uint32Array;
  /** Length of the whole prefix from the root. */
  readonly length: number;
  rules: number;
  /** Children whose next bit is 0 and 1. */
  zero: Node | null;
  one: Node | null;
}

export class PrefixTrie {
  /** Result of the last `lookup`: leading bits that the answer depends on. */
  checkedBits = 0;
  /** Bit `n` of word `n / 32`: a prefix of that length matched. */
  private readonly matched: Int32Array;
  private readonly value: Uint32Array;
  private readonly width: number;
  private root: Node | null = null;

  /** @param width bits of the value: 32, 64 or 128 */
  constructor(width: number) {
    this.width = width;
    this.value = new Uint32Array(width / 32);
    this.matched = new Int32Array(width / 32 + 1);
  }

  /** Counts one more rule with the prefix of `length` (≥ 1) bits that starts at `offset`. */
  insert(view: DataView, offset: number, length: number): void {
    this.read(view, offset);
    this.root = insertBelow(this.root, prefixOf(this.value, length), length);
  }

  /** Counts one rule less. */
  remove(view: DataView, offset: number, length: number): void {
    this.read(view, offset);
    this.root = removeBelow(this.root, this.value, length);
  }

  /** Looks up the value at `offset`; results in `checkedBits` and `hasLength`. */
  lookup(view: DataView, offset: number): void {
    const { matched, width, value } = this;
    this.read(view, offset);
    for (let i = 0; i < matched.length; i++) matched[i] = 0;
    let node = this.root;
    let at = 0;
    while (node) {
      const equal = equalBits(node.words, value, at, node.length);
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
      const next: Node | null = bitAt(value, at) ? node.one : node.zero;
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

  private read(view: DataView, offset: number): void {
    const { value } = this;
    for (let i = 0; i < value.length; i++) value[i] = view.getUint32(offset + 4 * i);
  }
}

function bitAt(words: Uint32Array, bit: number): number {
  return (words[bit >> 5] >>> (31 - (bit & 31))) & 1;
}

/** The number of leading equal bits of two values, from `from` (equal up to there) to `to`. */
function equalBits(a: Uint32Array, b: Uint32Array, from: number, to: number): number {
  for (let i = from >> 5; i * 32 < to; i++) {
    const differing = a[i] ^ b[i];
    if (differing !== 0) return Math.min(to, i * 32 + Math.clz32(differing));
  }
  return to;
}

function prefixOf(value: Uint32Array, length: number): Uint32Array {
  const prefix = new Uint32Array(value.length);
  for (let i = 0; i * 32 < length; i++) {
    const bits = length - i * 32;
    prefix[i] = bits >= 32 ? value[i] : value[i] & ~(0xffffffff >>> bits);
  }
  return prefix;
}

function newNode(words: Uint32Array, length: number, rules: number): Node {
  return { words, length, rules, zero: null, one: null };
}

function attach(parent: Node, child: Node): void {
  if (bitAt(child.words, parent.length)) parent.one = child;
  else parent.zero = child;
}

function insertBelow(node: Node | null, value: Uint32Array, length: number): Node {
  if (!node) return newNode(value, length, 1);
  const equal = equalBits(node.words, value, 0, Math.min(node.length, length));
  if (equal < node.length) {
    const split = newNode(prefixOf(value, equal), equal, 0);
    attach(split, node);
    if (equal === length) split.rules = 1;
    else attach(split, newNode(value, length, 1));
    return split;
  }
  if (length === node.length) {
    node.rules++;
  } else {
    const below = bitAt(value, node.length) ? node.one : node.zero;
    attach(node, insertBelow(below, value, length));
  }
  return node;
}

function removeBelow(node: Node | null, value: Uint32Array, length: number): Node | null {
  if (!node || node.length > length) return node;
  if (node.length === length) {
    node.rules--;
  } else if (bitAt(value, node.length)) {
    node.one = removeBelow(node.one, value, length);
  } else {
    node.zero = removeBelow(node.zero, value, length);
  }
  if (node.rules > 0 || (node.zero && node.one)) return node;
  return node.zero ?? node.one;
}

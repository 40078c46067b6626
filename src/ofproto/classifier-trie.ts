// SPDX-License-Identifier: Apache-2.0
/**
 * A path-compressed binary trie over prefixes of one fixed-width value, with the number of rules
 * at each prefix. A lookup finds which prefix lengths match a value, and how many leading bits of
 * the value were needed to know. Values are 32-bit words, most significant first.
 *
 * Nodes are numbers into typed arrays; 0 is none.
 */

/** Words of a node in `nodes`: length of the whole prefix from the root, rules at it, children
 * whose next bit is 0 and 1. */
const RULES = 1;
const ZERO = 2;
const NODE_WORDS = 4;
const NODES_MIN = 8;

export class PrefixTrie {
  /** Result of the last `lookup`: leading bits that the answer depends on. */
  checkedBits = 0;
  /** Bit `n % 32` of word `n / 32`: a prefix of that length matched. */
  private readonly matched: Int32Array;
  private readonly value: Uint32Array;
  private readonly width: number;
  /** Words of a prefix. */
  private readonly stride: number;
  /** The prefix of each node; bits behind its length are 0. */
  private prefixes: Uint32Array;
  private nodes = new Int32Array(NODES_MIN * NODE_WORDS);
  private nextNode = 1;
  /** Free nodes, linked by their ZERO. */
  private free = 0;
  private root = 0;

  /** @param width bits of the value: 32, 64 or 128 */
  constructor(width: number) {
    this.width = width;
    this.stride = width / 32;
    this.value = new Uint32Array(this.stride);
    this.matched = new Int32Array(this.stride + 1);
    this.prefixes = new Uint32Array(NODES_MIN * this.stride);
  }

  /** Counts one more rule with the prefix of `length` (≥ 1) bits that starts at `offset`. */
  insert(view: DataView, offset: number, length: number): void {
    this.read(view, offset);
    this.root = this.insertBelow(this.root, length);
  }

  /** Counts one rule less. */
  remove(view: DataView, offset: number, length: number): void {
    this.read(view, offset);
    this.root = this.removeBelow(this.root, length);
  }

  /** Looks up the value at `offset`; results in `checkedBits` and `hasLength`. */
  lookup(view: DataView, offset: number): void {
    this.read(view, offset);
    this.search();
  }

  /** As `lookup`, of a value of 32 bits. */
  lookupWord(word: number): void {
    this.value[0] = word;
    this.search();
  }

  /** Whether some prefix of `length` bits matched the value looked up last. */
  hasLength(length: number): boolean {
    return (this.matched[length >> 5] & (1 << (length & 31))) !== 0;
  }

  private search(): void {
    const { matched, width, nodes } = this;
    for (let i = 0; i < matched.length; i++) matched[i] = 0;
    let node = this.root;
    let at = 0;
    while (node !== 0) {
      const place = node * NODE_WORDS;
      const length = nodes[place];
      const equal = this.equalBits(node, at, length);
      if (equal < length) {
        this.checkedBits = equal + 1;
        return;
      }
      at = length;
      if (nodes[place + RULES] > 0) matched[at >> 5] |= 1 << (at & 31);
      if (at >= width) break;
      node = nodes[place + ZERO + this.bitAt(at)];
      if (node === 0) {
        // The bit counts only when the other side has prefixes that it rules out.
        const isLeaf = (nodes[place + ZERO] | nodes[place + ZERO + 1]) === 0;
        this.checkedBits = isLeaf ? at : at + 1;
        return;
      }
    }
    this.checkedBits = at;
  }

  private read(view: DataView, offset: number): void {
    const { value } = this;
    for (let i = 0; i < value.length; i++) value[i] = view.getUint32(offset + 4 * i);
  }

  /** Bit `bit` of the value in hand. */
  private bitAt(bit: number): number {
    return (this.value[bit >> 5] >>> (31 - (bit & 31))) & 1;
  }

  /** Leading bits, up to `to`, in which the value and the prefix of `node` agree; they do up to
   * `from`. */
  private equalBits(node: number, from: number, to: number): number {
    const { value, prefixes, stride } = this;
    for (let i = from >> 5; i * 32 < to; i++) {
      const differing = value[i] ^ prefixes[node * stride + i];
      if (differing !== 0) return Math.min(to, i * 32 + Math.clz32(differing));
    }
    return to;
  }

  /** A node for the first `length` bits of the value. */
  private newNode(length: number, rules: number): number {
    const node = this.takeNode();
    const { stride, value, prefixes, nodes } = this;
    for (let i = 0; i < stride; i++) {
      const bits = length - i * 32;
      const kept = bits >= 32 ? -1 : bits <= 0 ? 0 : ~(0xffffffff >>> bits);
      prefixes[node * stride + i] = value[i] & kept;
    }
    nodes.fill(0, node * NODE_WORDS, (node + 1) * NODE_WORDS);
    nodes[node * NODE_WORDS] = length;
    nodes[node * NODE_WORDS + RULES] = rules;
    return node;
  }

  private takeNode(): number {
    const node = this.free;
    if (node !== 0) {
      this.free = this.nodes[node * NODE_WORDS + ZERO];
      return node;
    }
    if (this.nextNode * NODE_WORDS === this.nodes.length) {
      const nodes = new Int32Array(this.nodes.length * 2);
      nodes.set(this.nodes);
      this.nodes = nodes;
      const prefixes = new Uint32Array(this.prefixes.length * 2);
      prefixes.set(this.prefixes);
      this.prefixes = prefixes;
    }
    return this.nextNode++;
  }

  /** Adds the value's prefix of `length` bits to the trie under `node`; returns its new root. */
  private insertBelow(node: number, length: number): number {
    if (node === 0) return this.newNode(length, 1);
    const own = this.nodes[node * NODE_WORDS];
    const equal = this.equalBits(node, 0, Math.min(own, length));
    if (equal < own) return this.split(node, equal, length);
    if (length === own) {
      this.nodes[node * NODE_WORDS + RULES]++;
    } else {
      const side = node * NODE_WORDS + ZERO + this.bitAt(own);
      const below = this.insertBelow(this.nodes[side], length);
      this.nodes[side] = below;
    }
    return node;
  }

  /** Puts a node for the first `equal` bits above `node`, with the value's beside it. */
  private split(node: number, equal: number, length: number): number {
    const above = this.newNode(equal, equal === length ? 1 : 0);
    const word = this.prefixes[node * this.stride + (equal >> 5)];
    const bit = (word >>> (31 - (equal & 31))) & 1;
    this.nodes[above * NODE_WORDS + ZERO + bit] = node;
    if (equal === length) return above;
    const beside = this.newNode(length, 1);
    this.nodes[above * NODE_WORDS + ZERO + (1 - bit)] = beside;
    return above;
  }

  private removeBelow(node: number, length: number): number {
    const { nodes } = this;
    const place = node * NODE_WORDS;
    if (node === 0 || nodes[place] > length) return node;
    if (nodes[place] === length) {
      nodes[place + RULES]--;
    } else {
      const side = place + ZERO + this.bitAt(nodes[place]);
      nodes[side] = this.removeBelow(nodes[side], length);
    }
    const zero = nodes[place + ZERO];
    const one = nodes[place + ZERO + 1];
    if (nodes[place + RULES] > 0 || (zero !== 0 && one !== 0)) return node;
    nodes[place + ZERO] = this.free;
    this.free = node;
    return zero || one;
  }
}

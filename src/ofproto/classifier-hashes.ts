// SPDX-License-Identifier: Apache-2.0
/** A multiset of 32-bit hashes, in an open hash table of numbers: 16 bytes per hash at most. */

const SLOT_BITS_MIN = 3;

/** The slot of `hash` among 2^(32 - shift): the top bits of a product depend on all of its bits. */
export function slotOf(hash: number, shift: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> shift;
}

export class HashCounts {
  /** Pairs of a hash and its count; a count of 0 is a free slot. */
  private slots = new Int32Array(2 << SLOT_BITS_MIN);
  private shift = 32 - SLOT_BITS_MIN;
  private distinct = 0;
  /** The only hash, when there is just one, as stages of metadata and Ethernet type mostly have:
   * asking for it costs a comparison. */
  private only = 0;

  has(hash: number): boolean {
    if (this.distinct === 1) return this.only === hash;
    const { slots } = this;
    const last = slots.length - 1;
    for (let at = slotOf(hash, this.shift) << 1; slots[at + 1] !== 0; at = (at + 2) & last) {
      if (slots[at] === hash) return true;
    }
    return false;
  }

  add(hash: number): void {
    const at = this.placeOf(hash);
    if (this.slots[at + 1]++ > 0) return;
    this.slots[at] = hash;
    this.distinct++;
    if (this.distinct * 4 >= this.slots.length) this.grow();
    if (this.distinct === 1) this.only = hash;
  }

  /** Takes one `hash` out, which must be there. */
  remove(hash: number): void {
    const at = this.placeOf(hash);
    if (--this.slots[at + 1] > 0) return;
    this.distinct--;
    this.close(at);
    if (this.distinct === 1) this.only = this.first();
  }

  /** Where `hash` is or would be. */
  private placeOf(hash: number): number {
    const { slots } = this;
    const last = slots.length - 1;
    let at = slotOf(hash, this.shift) << 1;
    while (slots[at + 1] !== 0 && slots[at] !== hash) at = (at + 2) & last;
    return at;
  }

  /** Moves up what was pushed past the slot `free`, so that no search ends before it. */
  private close(free: number): void {
    const { slots } = this;
    const last = slots.length - 1;
    let hole = free;
    for (let at = (hole + 2) & last; slots[at + 1] !== 0; at = (at + 2) & last) {
      const home = slotOf(slots[at], this.shift) << 1;
      if (((at - home) & last) < ((at - hole) & last)) continue;
      slots[hole] = slots[at];
      slots[hole + 1] = slots[at + 1];
      slots[at + 1] = 0;
      hole = at;
    }
  }

  private first(): number {
    const { slots } = this;
    let at = 0;
    while (slots[at + 1] === 0) at += 2;
    return slots[at];
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.shift--;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      const at = this.placeOf(old[i]);
      this.slots[at] = old[i];
      this.slots[at + 1] = old[i + 1];
    }
  }
}

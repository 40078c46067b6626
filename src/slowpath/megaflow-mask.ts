// SPDX-License-Identifier: Apache-2.0
/** Masks of megaflows, each kept once: thousands of flows share a few of them. */
import { KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";

export class MegaflowMask {
  readonly keyClass: KeyClass;
  /** KEY_CLASS_BYTES[keyClass] bytes, as host-order words. */
  readonly words: Uint32Array;
  /** The words that are not 0. */
  readonly indices: Uint8Array;
  /** Of its words; the start of the hash of every key under it. */
  readonly hash: number;
  references = 0;
  next: MegaflowMask | null = null;

  constructor(keyClass: KeyClass, words: Uint32Array, hash: number) {
    this.keyClass = keyClass;
    this.words = words.slice(0, KEY_CLASS_BYTES[keyClass] / 4);
    this.indices = Uint8Array.from([...this.words.keys()].filter((i) => this.words[i] !== 0));
    this.hash = hash;
  }
}

export class MegaflowMasks {
  private readonly byHash = new Map<number, MegaflowMask>();
  /** The last answer: mostly the next one, too. */
  private last: MegaflowMask | null = null;

  constructor(private readonly seed: number) {}

  /** The mask of the first KEY_CLASS_BYTES[keyClass] bytes of `words`. It is kept for as long as it
   * has references, which are the caller's to count. */
  intern(keyClass: KeyClass, words: Uint32Array): MegaflowMask {
    const { last } = this;
    if (last && isSame(last, keyClass, words)) return last;
    const count = KEY_CLASS_BYTES[keyClass] / 4;
    let hash = mix(this.seed, keyClass);
    for (let i = 0; i < count; i++) hash = mix(hash, words[i]!);
    hash &= 0x3fffffff;
    const head = this.byHash.get(hash) ?? null;
    let mask = head;
    while (mask && !isSame(mask, keyClass, words)) mask = mask.next;
    if (!mask) {
      mask = new MegaflowMask(keyClass, words, hash);
      mask.next = head;
      this.byHash.set(hash, mask);
    }
    this.last = mask;
    return mask;
  }

  /** Forgets `mask`, which has no references. */
  forget(mask: MegaflowMask): void {
    if (this.last === mask) this.last = null;
    const head = this.byHash.get(mask.hash) ?? null;
    let before = head;
    if (head === mask) {
      if (mask.next) this.byHash.set(mask.hash, mask.next);
      else this.byHash.delete(mask.hash);
      return;
    }
    while (before && before.next !== mask) before = before.next;
    if (before) before.next = mask.next;
  }
}

function isSame(mask: MegaflowMask, keyClass: KeyClass, words: Uint32Array): boolean {
  if (mask.keyClass !== keyClass) return false;
  const own = mask.words;
  for (let i = 0; i < own.length; i++) if (own[i] !== words[i]) return false;
  return true;
}

/** One step of a hash over words. */
export function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

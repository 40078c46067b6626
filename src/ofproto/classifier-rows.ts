// SPDX-License-Identifier: Apache-2.0
/**
 * Rules by the words of their matches within one mask: an open hash table whose slots and keys are
 * typed arrays. A lookup in a large table waits for a slot, a key and the rule from memory; a rule
 * costs 8 bytes and its key beside 8 … 32 bytes of slots.
 *
 * Rules of one match are a chain by `lower`, from the highest priority down.
 */
import type { Flow } from "../openflow/flow.js";
import { slotOf } from "./classifier-hashes.js";
import type { Rule } from "./rule.js";

const ROWS_MIN = 4;
const SLOT_BITS_MIN = 3;

export class RuleRows {
  /** Pairs of a hash and a row number plus 1; 0 is a free slot. */
  private slots = new Int32Array(2 << SLOT_BITS_MIN);
  private shift = 32 - SLOT_BITS_MIN;
  /** Of every row: the masked words of its match. */
  private keys: Uint32Array;
  /** Of every row: its rule of the highest priority. */
  private readonly heads: (Rule | null)[] = [];
  private readonly freeRows: number[] = [];

  constructor(
    private readonly words: Uint16Array,
    private readonly masks: Uint32Array,
  ) {
    this.keys = new Uint32Array(ROWS_MIN * words.length);
  }

  /** The rule of the highest priority whose match `flow` has. */
  find(flow: Flow, hash: number): Rule | null {
    const { slots } = this;
    const last = slots.length - 1;
    let at = slotOf(hash, this.shift) << 1;
    for (let row = slots[at + 1]; row !== 0; row = slots[at + 1]) {
      if (slots[at] === hash && this.matches(row - 1, flow)) return this.heads[row - 1];
      at = (at + 2) & last;
    }
    return null;
  }

  /** Adds `rule` with the match `flow`; returns the one of the same match and priority that it
   * takes the place of. */
  insert(rule: Rule, flow: Flow, hash: number): Rule | null {
    const at = this.placeOf(flow, hash);
    const row = this.slots[at + 1] - 1;
    if (row < 0) {
      this.addRow(rule, flow, hash, at);
      return null;
    }
    let above: Rule | null = null;
    let rest = this.heads[row];
    while (rest && rest.priority > rule.priority) {
      above = rest;
      rest = rest.lower;
    }
    const replaced = rest?.priority === rule.priority ? rest : null;
    rule.lower = replaced ? replaced.lower : rest;
    if (replaced) replaced.lower = null;
    if (above) above.lower = rule;
    else this.heads[row] = rule;
    return replaced;
  }

  /** Takes `rule` (this object) out; whether it was there. */
  remove(rule: Rule, flow: Flow, hash: number): boolean {
    const at = this.placeOf(flow, hash);
    const row = this.slots[at + 1] - 1;
    if (row < 0) return false;
    let above: Rule | null = null;
    let found = this.heads[row];
    while (found && found !== rule) {
      above = found;
      found = found.lower;
    }
    if (!found) return false;
    if (above) above.lower = rule.lower;
    else this.heads[row] = rule.lower;
    rule.lower = null;
    if (this.heads[row] === null) {
      this.freeRows.push(row);
      this.close(at);
    }
    return true;
  }

  /** Every rule; changes meanwhile may or may not be seen. */
  *[Symbol.iterator](): Generator<Rule> {
    for (let row = 0; row < this.heads.length; row++) {
      let rule = this.heads[row];
      while (rule) {
        const { lower }: Rule = rule;
        yield rule;
        rule = lower;
      }
    }
  }

  private matches(row: number, flow: Flow): boolean {
    const { words, masks, keys } = this;
    const from = flow.words;
    const at = row * words.length;
    for (let i = 0; i < words.length; i++) {
      if (((keys[at + i] ^ from[words[i]]) & masks[i]) !== 0) return false;
    }
    return true;
  }

  /** Where the row of the match `flow` is or would be. */
  private placeOf(flow: Flow, hash: number): number {
    const { slots } = this;
    const last = slots.length - 1;
    let at = slotOf(hash, this.shift) << 1;
    while (slots[at + 1] !== 0) {
      if (slots[at] === hash && this.matches(slots[at + 1] - 1, flow)) return at;
      at = (at + 2) & last;
    }
    return at;
  }

  private addRow(rule: Rule, flow: Flow, hash: number, at: number): void {
    const { words } = this;
    const row = this.freeRows.pop() ?? this.heads.length;
    this.heads[row] = rule;
    if ((row + 1) * words.length > this.keys.length) {
      const keys = new Uint32Array(this.keys.length * 2);
      keys.set(this.keys);
      this.keys = keys;
    }
    for (let i = 0; i < words.length; i++) {
      this.keys[row * words.length + i] = flow.words[words[i]] & this.masks[i];
    }
    this.slots[at] = hash;
    this.slots[at + 1] = row + 1;
    if ((this.heads.length - this.freeRows.length) * 4 > this.slots.length) this.grow();
  }

  /** Frees the slot `free` and moves up what was pushed past it. */
  private close(free: number): void {
    const { slots } = this;
    const last = slots.length - 1;
    slots[free + 1] = 0;
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

  private grow(): void {
    const old = this.slots;
    const slots = new Int32Array(old.length * 2);
    const last = slots.length - 1;
    this.shift--;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let at = slotOf(old[i], this.shift) << 1;
      while (slots[at + 1] !== 0) at = (at + 2) & last;
      slots[at] = old[i];
      slots[at + 1] = old[i + 1];
    }
    this.slots = slots;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Tracks the prefixes of one address field over all rules of a classifier, so that a lookup can
 * tell which prefix lengths cannot match an address at all, and how few of its bits say so.
 */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { OPTIMISATIONS } from "./classifier-optimisations.js";
import { PrefixTrie } from "./classifier-trie.js";

/** The address fields of which a classifier may track prefixes (`Flow_Table.prefixes`). */
export type PrefixField =
  | "nw_src"
  | "nw_dst"
  | "ipv6_src"
  | "ipv6_dst"
  | "tun_id"
  | "tun_src"
  | "tun_dst"
  | "tun_ipv6_src"
  | "tun_ipv6_dst";

/** What the stock switch tracks when a Flow_Table row does not say (ovs-vswitchd.conf.db(5)). */
export const DEFAULT_PREFIXES: readonly PrefixField[] = ["nw_dst", "nw_src"];

export class PrefixTracker {
  readonly field: PrefixField;
  readonly offset: number;
  readonly bytes: number;
  private readonly trie: PrefixTrie;
  private done = false;

  constructor(field: PrefixField) {
    this.field = field;
    this.offset = KEY_FIELDS[field].offset;
    this.bytes = KEY_FIELDS[field].bytes;
    this.trie = new PrefixTrie(this.bytes * 8);
  }

  insert(match: Match): void {
    const length = this.prefixLength(match.mask);
    if (length > 0) this.trie.insert(match.flow.view, this.offset, length);
  }

  remove(match: Match): void {
    const length = this.prefixLength(match.mask);
    if (length > 0) this.trie.remove(match.flow.view, this.offset, length);
  }

  /** Length of the prefix that `mask` has of the field; 0 when it has none or is no prefix. */
  prefixLength(mask: Flow): number {
    let length = 0;
    let ended = false;
    for (let i = 0; i < this.bytes; i++) {
      const byte = mask.bytes[this.offset + i];
      if (ended ? byte !== 0 : false) return 0;
      if (byte === 0xff) {
        length += 8;
      } else if (!ended) {
        const ones = Math.clz32(~byte << 24);
        if (((byte << ones) & 0xff) !== 0) return 0;
        length += ones;
        ended = true;
      }
    }
    return length;
  }

  /** Forgets the last lookup. */
  reset(): void {
    this.done = false;
  }

  /** Whether no rule with a prefix of `length` bits can match `flow`; if so, marks in `wc` the
   * bits that prove it. Never marks more than `length` bits. */
  excludes(flow: Flow, length: number, wc: Flow): boolean {
    const { trie, offset } = this;
    if (!OPTIMISATIONS.prefixTracking) return false;
    if (!this.done) {
      trie.lookup(flow.view, offset);
      this.done = true;
    }
    if (trie.hasLength(length)) return false;
    if (trie.checkedBits > length && !hasPrefix(wc, offset, trie.checkedBits)) return false;
    setPrefix(wc, offset, trie.checkedBits);
    return true;
  }
}

function hasPrefix(wc: Flow, offset: number, bits: number): boolean {
  for (let i = 0; i < bits; i++) {
    if ((wc.bytes[offset + (i >> 3)] & (0x80 >> (i & 7))) === 0) return false;
  }
  return true;
}

function setPrefix(wc: Flow, offset: number, bits: number): void {
  for (let i = 0; i < bits >> 3; i++) wc.bytes[offset + i] = 0xff;
  if (bits & 7) wc.bytes[offset + (bits >> 3)] |= (0xff00 >> (bits & 7)) & 0xff;
}

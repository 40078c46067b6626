// SPDX-License-Identifier: Apache-2.0
/**
 * A packet's headers and metadata as OpenFlow sees them, and masks over them.
 *
 * The first KEY_BYTES are the datapath flow key, byte for byte (pmd/shm/flow-key.ts); the rest is
 * what only the OpenFlow pipeline knows. All multi-byte fields are in network byte order.
 * A mask is a Flow too: a one bit means "matched" (in a Match) or "was looked at" (in wildcards
 * collected by translation).
 */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";

/** Fields beyond the datapath key. */
export const FLOW_FIELDS = {
  /** OpenFlow port number, 32-bit form (OFPP_* of OpenFlow 1.1+). */
  in_port: { offset: KEY_BYTES, bytes: 4 },
  actset_output: { offset: KEY_BYTES + 4, bytes: 4 },
  metadata: { offset: KEY_BYTES + 8, bytes: 8 },
  /** reg0 … reg15, 4 bytes each. */
  regs: { offset: KEY_BYTES + 16, bytes: 64 },
  conj_id: { offset: KEY_BYTES + 80, bytes: 4 },
  /** Original addresses of a tracked IPv6 connection. */
  ct_ipv6_src: { offset: KEY_BYTES + 96, bytes: 16 },
  ct_ipv6_dst: { offset: KEY_BYTES + 112, bytes: 16 },
} as const;

/** Bytes of a Flow; a multiple of 8. */
export const FLOW_BYTES = KEY_BYTES + 128;
export const FLOW_WORDS = FLOW_BYTES / 4;

export class Flow {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes as host-order words: for masking, comparing and hashing, never for values. */
  readonly words: Uint32Array;

  constructor() {
    const buffer = new ArrayBuffer(FLOW_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Uint32Array(buffer);
  }

  clone(): Flow {
    const copy = new Flow();
    copy.words.set(this.words);
    return copy;
  }

  copyFrom(other: Flow): void {
    this.words.set(other.words);
  }

  clear(): void {
    this.words.fill(0);
  }

  equals(other: Flow): boolean {
    for (let i = 0; i < FLOW_WORDS; i++) if (this.words[i] !== other.words[i]) return false;
    return true;
  }
}

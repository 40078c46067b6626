// SPDX-License-Identifier: Apache-2.0
/**
 * Upcalls and acknowledgements: PMD → control thread.
 *
 * Every record has the same 64-byte head; MISS and ACTION are followed by the packet's key
 * (KEY_CLASS_BYTES[key_class]; bytes beyond the class are zero by definition).
 *
 * MISS      `slot` holds the first packet of a key; later ones queue behind it. Ends with
 *           UPCALL_RESOLVE, exactly once.
 * ACTION    `slot` holds a packet of a `userspace` action, `cookie` is the action's. Ends with
 *           UPCALL_RESOLVE (DONE, or PROGRAM to send it on).
 * RELEASED  answer to the resolve of a MISS that named no flow: `packets`, `bytes`, `tcp_flags`,
 *           `used_ms` of what was released from `slot`, for the caller to account.
 * FLOW_INSTALLED  `slot` is the flow id, `status` an INSTALL value.
 * FLOW_DELETED    `slot` is the flow id; the final statistics.
 * SYNCED          `cookie` is the token.
 *
 * Thread-safety: written by the PMD, released by the ring's head; read and released (tail) by the
 * control thread.
 */

import { struct } from "./struct-layout.js";

export const UPCALL = {
  PAD: 0,
  MISS: 1,
  ACTION: 2,
  RELEASED: 3,
  FLOW_INSTALLED: 4,
  FLOW_DELETED: 5,
  SYNCED: 6,
} as const;

/** Outcome of FLOW_PUT. In the failing cases the flow exists (it can be named by a resolve, and
 * must be deleted with FLOW_DEL) but no lookup finds it. */
export const INSTALL = {
  OK: 0,
  /** The port has MASKS_PER_PORT_MAX masks: install the packet's exact key instead. */
  MASK_LIMIT: 1,
  /** Program memory or subtables are used up. */
  NO_MEMORY: 2,
  /** The program or the id is not valid: a bug of the caller. */
  INVALID: 3,
  /** Another flow has the same masked key and mask. */
  EXISTS: 4,
} as const;

export const UPCALL_RECORD = struct("UpcallRecord", 64, [
  ["length", 4],
  ["type", 2],
  ["key_class", 1],
  ["status", 1],
  ["slot", 4],
  ["in_port", 4],
  ["packet_length", 4],
  ["cookie", 4],
  /** The flow whose program had the userspace action; 0xffffffff when unknown. */
  ["flow_id", 4],
  ["unused", 4],
  ["packets", 8],
  ["bytes", 8],
  ["used_ms", 8],
  ["tcp_flags", 2],
]);

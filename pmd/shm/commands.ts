// SPDX-License-Identifier: Apache-2.0
/**
 * Commands: control thread → PMD. Applied in order, between bursts.
 *
 * Each record starts with {u32 length, u16 opcode, u16 unused}; `length` counts the whole record
 * and is a multiple of 8. Variable parts follow the fixed ones in the order given below.
 *
 * A command is only applied when the upcall ring has room for its acknowledgement, so a reader
 * that stops draining upcalls also stops its own commands; nothing is lost.
 *
 * Thread-safety: written by the control thread, released by the ring's head; read and released
 * (tail) by the PMD.
 */

import { struct } from "./struct-layout.js";

export const COMMAND = {
  /** Filler up to the end of the ring. */
  PAD: 0,
  FLOW_PUT: 1,
  FLOW_MODIFY: 2,
  FLOW_DEL: 3,
  UPCALL_RESOLVE: 4,
  PACKET_EXECUTE: 5,
  PORT_SET: 6,
  PORT_CLEAR: 7,
  RXQ_ADD: 8,
  RXQ_DEL: 9,
  SETTINGS: 10,
  FLUSH: 11,
  SYNC: 12,
} as const;

/** How a parked packet goes on. */
export const RESOLVE = {
  /** `value` is a flow id: through its program, counted on the flow. */
  FLOW: 0,
  /** Through the program in the record; RELEASED reports what to account. */
  PROGRAM: 1,
  /** Lost; `value` is the index of the drop reason. RELEASED reports. */
  DROP: 2,
  /** Only for userspace actions: the control thread is done with the copy. No report. */
  DONE: 3,
} as const;

const HEADER = [
  ["length", 4],
  ["opcode", 2],
  ["unused", 2],
] as const;

export const COMMAND_HEADER = struct("CommandHeader", 8, HEADER);

/** Then key and mask (KEY_CLASS_BYTES[key_class] each), then the program. The key must already be
 * masked; `in_port` and `recirc_id` must be exact in the mask. Acknowledged by FLOW_INSTALLED when
 * `ack` is set or when the flow could not be linked into the tables. */
export const FLOW_PUT = struct("FlowPut", 24, [
  ...HEADER,
  ["flow_id", 4],
  ["key_class", 1],
  ["ack", 1],
  ["program_bytes", 4],
]);

/** Then the program. Statistics go on. */
export const FLOW_MODIFY = struct("FlowModify", 16, [
  ...HEADER,
  ["flow_id", 4],
  ["program_bytes", 4],
]);

/** Acknowledged by FLOW_DELETED with the final statistics; then the id may be used again. */
export const FLOW_DEL = struct("FlowDel", 16, [...HEADER, ["flow_id", 4]]);

/** Then the program (kind PROGRAM). */
export const UPCALL_RESOLVE = struct("UpcallResolve", 24, [
  ...HEADER,
  ["slot", 4],
  ["kind", 4],
  ["value", 4],
  ["program_bytes", 4],
]);

/** Then the key (KEY_BYTES, when `has_key`), the program padded to 8 bytes, the packet. Only the
 * metadata of the key is taken (in_port, recirc_id, mark, priority, dp_hash). */
export const PACKET_EXECUTE = struct("PacketExecute", 24, [
  ...HEADER,
  ["in_port", 4],
  ["has_key", 4],
  ["packet_bytes", 4],
  ["program_bytes", 4],
]);

/** `netdev`: id from the addon's registry of devices. `txq`: the device queue this PMD sends on. */
export const PORT_SET = struct("PortSet", 24, [
  ...HEADER,
  ["port", 4],
  ["netdev", 4],
  ["txq", 4],
  ["emc_enable", 4],
]);
export const PORT_CLEAR = struct("PortClear", 16, [...HEADER, ["port", 4]]);

/** `slot` < RXQS_PER_PMD_MAX, free; also the index of the queue's counters. */
export const RXQ_ADD = struct("RxqAdd", 24, [...HEADER, ["slot", 4], ["port", 4], ["queue", 4]]);
export const RXQ_DEL = struct("RxqDel", 16, [...HEADER, ["slot", 4]]);

/** `emc_inv_prob`: 0 off, 1 always, n one in n. `vlan_limit`: 0…2 tags parsed (0: both).
 * `tx_flush_us`: how long packets may wait for others to the same port. */
export const SETTINGS = struct("Settings", 24, [
  ...HEADER,
  ["emc_inv_prob", 4],
  ["smc_enable", 4],
  ["vlan_limit", 4],
  ["tx_flush_us", 4],
]);

/** Removes every flow. Parked packets stay parked. Acknowledged by nothing: use SYNC. */
export const FLUSH = struct("Flush", 8, HEADER);

/** Acknowledged by SYNCED with the same token when everything before it has been applied. */
export const SYNC = struct("Sync", 16, [...HEADER, ["token", 4]]);

export const COMMAND_STRUCTS = [
  COMMAND_HEADER,
  FLOW_PUT,
  FLOW_MODIFY,
  FLOW_DEL,
  UPCALL_RESOLVE,
  PACKET_EXECUTE,
  PORT_SET,
  PORT_CLEAR,
  RXQ_ADD,
  RXQ_DEL,
  SETTINGS,
  FLUSH,
  SYNC,
] as const;

// SPDX-License-Identifier: Apache-2.0
/**
 * The counters of one PMD: u64 each, written by that PMD only, read by the control thread.
 *
 * The balance
 * ===========
 * At any quiet moment (no iteration in progress) this holds to the packet:
 *
 *   rx_packets + injected + copies = tx_packets + sum(drops) + delivered + parked
 *
 * `injected`: packets made by PACKET_EXECUTE. `copies`: packets made for an action that is not
 * the last use of its packet. `tx_packets`: taken by a netdev. `delivered`: packets of userspace
 * actions that the control thread has finished with. `parked`: packets in upcall slots (a gauge).
 *
 * Hit counters do not overlap: each pass of a packet through the tables counts exactly one of
 * simple_match_hits, emc_hits, smc_hits, megaflow_hits, miss, lost:
 *
 *   rx_packets + recirculations = simple_match_hits + emc_hits + smc_hits + megaflow_hits
 *                                 + miss + lost + packets dropped before their lookup
 *
 * `miss`: parked for an upcall (first packet or behind it). `lost`: could not be parked.
 */

import { DROP_REASONS } from "./drop-reasons.js";

export const PMD_COUNTERS = [
  "rx_packets",
  "recirculations",
  "simple_match_hits",
  "emc_hits",
  "smc_hits",
  "megaflow_hits",
  /** Subtables probed by lookups that ended in a megaflow hit. */
  "masked_lookups",
  "miss",
  "lost",
  "tx_packets",
  "tx_batches",
  "iterations_idle",
  "iterations_busy",
  "cycles_idle",
  "cycles_busy",
  "injected",
  "copies",
  "delivered",
  /** Gauge. */
  "parked",
  /** Upcall records written (misses), and the thread's cycles for all upcalls: to park packets, to
   * install what answers them and to let them go on. */
  "upcalls",
  "upcall_cycles",
  /** Commands applied. */
  "commands",
  /** Flows that could not be linked because the port's mask budget was used up. */
  "mask_limit_hits",
  /** Gauges. */
  "flows",
  "masks",
  /** Iterations after which the thread slept, and how long. Not part of the idle cycles. */
  "iterations_sleep",
  "cycles_sleep",
] as const;
export type PmdCounterName = (typeof PMD_COUNTERS)[number];

/** Per port and PMD: this PMD's share; a port's statistics are the sums over all PMDs. */
export const PORT_COUNTERS = [
  "rx_packets",
  "rx_bytes",
  "tx_packets",
  "tx_bytes",
  /** Refused by the device. */
  "tx_dropped",
  /** Could not be parsed or linearised. */
  "rx_dropped",
] as const;
export type PortCounterName = (typeof PORT_COUNTERS)[number];
/** Bytes of one port's block. */
export const PORT_COUNTERS_BYTES = 64;

/** Per polled receive queue, by the queue's slot in this PMD. */
export const RXQ_COUNTERS = [
  "cycles",
  "packets",
  "bursts",
  /** TSC when the slot was last given to a queue or taken from it. */
  "changed_tsc",
] as const;
export type RxqCounterName = (typeof RXQ_COUNTERS)[number];
export const RXQ_COUNTERS_BYTES = 32;

/** Bytes of the block of PMD counters, then of the drop counters (DROP_REASONS order). */
export const PMD_COUNTERS_BYTES = 512;
export const DROP_COUNTERS_BYTES = 512;

if (PMD_COUNTERS.length * 8 > PMD_COUNTERS_BYTES || DROP_REASONS.length * 8 > DROP_COUNTERS_BYTES) {
  throw new Error("counters outgrew their block");
}

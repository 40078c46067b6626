// SPDX-License-Identifier: Apache-2.0
/**
 * Every limit of the packet's path, with its reason. The C++ header is generated from this file,
 * so a limit has one home.
 */

/** Packets per rx/tx burst: what DPDK drivers are tuned for; 32 keys of 64 B stay in L1. */
export const BURST_MAX = 32;

/** Datapath ports. Port numbers are below this, so a port is an array index. */
export const PORTS_MAX = 1024;

/** Threads that run the packet's path: PMDs plus the one that serves kernel devices. */
export const PMDS_MAX = 128;

/** Flows per PMD: the stock `flow-limit` of 200 000, rounded up to a power of two. */
export const FLOWS_MAX = 262144;

/** Passes of one packet through the tables, as in the stock datapath. */
export const RECIRC_DEPTH_MAX = 8;

/** Bytes of one flow's encoded datapath actions. */
export const ACTIONS_BYTES_MAX = 16384;

/** Masks (subtables) per in_port before new flows are installed exact: bounds an attack on the
 * tuple space. */
export const MASKS_PER_PORT_MAX = 128;

/** Upcalls waiting for the control thread, per PMD. Power of two. */
export const UPCALLS_MAX = 4096;

/** Packets of one pending key, the first included; the next ones are dropped as
 * `datapath_drop_upcall_error`. At 10 million packets a second an answer may take 0.4 ms before
 * a packet is lost. */
export const PARKED_PER_KEY_MAX = 4096;

/** Bytes of one PMD's command ring. Power of two; holds at least 64 records of the largest size. */
export const COMMAND_RING_BYTES = 4 * 1024 * 1024;

/** The wire header of a vlan stack that is parsed: `FLOW_MAX_VLAN_HEADERS` of the stock switch. */
export const VLAN_HEADERS_MAX = 2;

/** Packets queued behind the first of their key, per PMD: half of the smallest buffer pool, so that
 * a stalled control thread cannot hold all buffers. A key may queue as many as are then still free
 * for others: n busy keys get 1 / (n + 1) of it each, and a new key always finds room. */
export const PARKED_MAX = 8192;

/** Bytes of one PMD's upcall ring. Power of two; holds a record of the largest size for every
 * upcall slot, and as many acknowledgements again. */
export const UPCALL_RING_BYTES = 2 * 1024 * 1024;

/** Room of the upcall ring that misses leave free for acknowledgements of commands. */
export const UPCALL_RING_RESERVE_BYTES = 64 * 1024;

/** Bytes of the largest command: a flow with the longest program, or a packet of 64 KB. */
export const COMMAND_BYTES_MAX = 128 * 1024;

/** Receive queues that one PMD polls. */
export const RXQS_PER_PMD_MAX = 256;

/** Subtables of one PMD over all ports and key classes. */
export const SUBTABLES_MAX = 4096;

/** Meters of a datapath, and bands of a meter: as many as the stock datapath has. */
export const METERS_MAX = 262144;
export const METER_BANDS_MAX = 8;

/** Commands applied between two bursts: an install storm must not delay packets. About 32 times
 * 0.3 us, less than the time in which a ring of 2048 descriptors fills at 64-byte line rate. */
export const COMMANDS_PER_ITERATION_MAX = 32;

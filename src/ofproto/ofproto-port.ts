// SPDX-License-Identifier: Apache-2.0
/**
 * A port as OpenFlow describes it (OpenFlow 1.0 §5.2.1, 1.3.5 §7.2.1), independent of version.
 */
import type { CustomCounter } from "../openflow/messages/port-stats.js";
import type { SizeCounters } from "../openflow/messages/port-stats-properties.js";

/** `config` bits. The seven of OpenFlow 1.0; later versions keep a subset at the same places. */
export const PORT_CONFIG = {
  DOWN: 1 << 0,
  NO_STP: 1 << 1,
  NO_RECV: 1 << 2,
  NO_RECV_STP: 1 << 3,
  NO_FLOOD: 1 << 4,
  NO_FWD: 1 << 5,
  NO_PACKET_IN: 1 << 6,
} as const;

/** `state` bits: LINK_DOWN in all versions, BLOCKED and LIVE from OpenFlow 1.1, the two STP bits in
 * OpenFlow 1.0 only. */
export const PORT_STATE = {
  LINK_DOWN: 1 << 0,
  BLOCKED: 1 << 1,
  LIVE: 1 << 2,
  STP_LISTEN: 0 << 8,
  STP_LEARN: 1 << 8,
  STP_FORWARD: 2 << 8,
  STP_BLOCK: 3 << 8,
  STP_MASK: 3 << 8,
} as const;

/** Feature bits in OpenFlow 1.1+ positions; OpenFlow 1.0 has those without 40/100 Gb, 1 Tb, other,
 * and the last five moved down. */
export const PORT_FEATURE = {
  "10MB_HD": 1 << 0,
  "10MB_FD": 1 << 1,
  "100MB_HD": 1 << 2,
  "100MB_FD": 1 << 3,
  "1GB_HD": 1 << 4,
  "1GB_FD": 1 << 5,
  "10GB_FD": 1 << 6,
  "40GB_FD": 1 << 7,
  "100GB_FD": 1 << 8,
  "1TB_FD": 1 << 9,
  OTHER: 1 << 10,
  COPPER: 1 << 11,
  FIBER: 1 << 12,
  AUTONEG: 1 << 13,
  PAUSE: 1 << 14,
  PAUSE_ASYM: 1 << 15,
} as const;

export interface OfPort {
  /** OpenFlow port number in the 32-bit form (OFPP_LOCAL is 0xfffffffe). */
  readonly ofpPort: number;
  /** Name of the interface; OpenFlow carries at most its first 15 bytes. */
  readonly name: string;
  /** 6 bytes. */
  hwAddr: Uint8Array;
  /** PORT_CONFIG bits. */
  config: number;
  /** PORT_STATE bits. */
  state: number;
  /** PORT_FEATURE bits. */
  curr: number;
  advertised: number;
  supported: number;
  peer: number;
  /** Kilobits per second; OpenFlow 1.1+ only. */
  currSpeed: number;
  maxSpeed: number;
}

/** Counters of a port; null is "not supported" and goes out as all ones. */
export interface PortStats {
  rxPackets: number | null;
  txPackets: number | null;
  rxBytes: number | null;
  txBytes: number | null;
  rxDropped: number | null;
  txDropped: number | null;
  rxErrors: number | null;
  txErrors: number | null;
  rxFrameErr: number | null;
  rxOverErr: number | null;
  rxCrcErr: number | null;
  collisions: number | null;
  /** Packets by size and kind, and counters of the device's own, where it has them. */
  sizes?: SizeCounters;
  custom?: readonly CustomCounter[];
}

/** Counters of one queue of a port. */
export interface QueueStats {
  readonly ofpPort: number;
  readonly queueId: number;
  /** Null: unknown. */
  txBytes: number | null;
  txPackets: number | null;
  txErrors: number | null;
  /** Milliseconds since the queue exists, null when unknown. */
  ageMs: number | null;
}

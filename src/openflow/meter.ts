// SPDX-License-Identifier: Apache-2.0
/** Meters as values (OpenFlow 1.3.5 §5.7, §7.3.4.4). */

/** `ofp_meter_mod_command`. */
export const METER_COMMAND = { ADD: 0, MODIFY: 1, DELETE: 2 } as const;

/** Meter numbers: the last that flows may use, the meter of packets that go to userspace, the one
 * of packets that go to controllers, all meters. */
export const METER_ID = {
  MAX: 0xffff0000,
  SLOWPATH: 0xfffffffd,
  CONTROLLER: 0xfffffffe,
  ALL: 0xffffffff,
} as const;

export const METER_FLAG = { KBPS: 1, PKTPS: 2, BURST: 4, STATS: 8 } as const;

export const BAND_TYPE = { DROP: 1, DSCP_REMARK: 2 } as const;

export interface MeterBand {
  /** BAND_TYPE. */
  readonly type: number;
  /** Kilobits or packets per second. */
  readonly rate: number;
  /** Kilobits or packets; 0: as many as the rate has in a second. */
  readonly burstSize: number;
  /** By how much a remark band raises the drop precedence. */
  readonly precLevel: number;
}

export interface MeterConfig {
  readonly meterId: number;
  /** METER_FLAG bits. */
  readonly flags: number;
  readonly bands: readonly MeterBand[];
}

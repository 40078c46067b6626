// SPDX-License-Identifier: Apache-2.0
/** The datapath's meters, by number: `native/meter` executes them. */
import type { Native } from "../../native/index.js";
import { METER_BANDS_MAX, METERS_MAX } from "../../pmd/shm/limits.js";
import { machineClock } from "../lib/clock.js";
import { ORIGIN_MS } from "./clock-origin.js";

export interface DpifMeterBand {
  /** 1 drops, 2 raises the drop precedence. */
  readonly type: number;
  /** Kilobits or packets per second, not 0, and as many of a burst. */
  readonly rate: number;
  readonly burst: number;
  /** By how much the drop precedence is raised. */
  readonly precedence: number;
}

export interface DpifMeterStats {
  packets: number;
  bytes: number;
  bands: { packets: number; bytes: number }[];
}

export class DpifMeters {
  readonly maxMeters = METERS_MAX;
  readonly maxBands = METER_BANDS_MAX;

  constructor(private readonly native: Native) {
    machineClock.onTurn(({ stands, aheadMs }) => {
      const nowMs = Math.floor(machineClock.now() + ORIGIN_MS);
      native.meterClock(stands ? nowMs : -1, Math.floor(aheadMs));
    });
  }

  /** Sets a meter, its buckets full and its counts zero. `inPackets`: rates are of packets. */
  set(id: number, inPackets: boolean, bands: readonly DpifMeterBand[]): void {
    const numbers = bands.flatMap(({ type, rate, burst, precedence }) => [
      ...[type, rate, burst, precedence],
    ]);
    const error = this.native.meterSet(id, inPackets, numbers);
    if (error) throw new Error(error);
  }

  /** All zero when there is no such meter. */
  stats(id: number): DpifMeterStats {
    const [packets = 0, bytes = 0, ...rest] = this.native.meterStats(id);
    const bands: DpifMeterStats["bands"] = [];
    for (let i = 0; i < rest.length; i += 2) bands.push({ packets: rest[i]!, bytes: rest[i + 1]! });
    return { packets, bytes, bands };
  }

  /** What names the meter is not metered any more. */
  release(id: number): void {
    this.native.meterRelease(id);
  }
}

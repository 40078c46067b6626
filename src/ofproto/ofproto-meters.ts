// SPDX-License-Identifier: Apache-2.0
/** The meters of a switch: configuration here, buckets and counts in the datapath. */
import type { Clock } from "../lib/clock.js";
import { OfpError, type OfpErrorName } from "../openflow/errors.js";
import type { MeterMod, MeterStats } from "../openflow/messages/meters.js";
import {
  BAND_TYPE,
  METER_COMMAND,
  METER_FLAG,
  METER_ID,
  type MeterConfig,
} from "../openflow/meter.js";

/** Counts of a meter and its bands. */
export interface MeterCounters {
  packets: number;
  bytes: number;
  bands: readonly { packets: number; bytes: number }[];
}

/** What executes meters: shared by the bridges of a datapath. */
export interface MeterProvider {
  /** What it can do. */
  readonly maxMeters: number;
  readonly maxBands: number;
  /** Bit N: BAND_TYPE N. */
  readonly bandTypes: number;
  /** Takes a number for a meter; null when there is none left. */
  allocate(): number | null;
  /** Sets a meter: buckets full, counts zero. */
  set(id: number, config: Pick<MeterConfig, "flags" | "bands">): void;
  stats(id: number): MeterCounters;
  /** Gives the number back once no packet can be on its way through the meter. */
  release(id: number): void;
}

interface Meter {
  config: MeterConfig;
  readonly createdMs: number;
  /** Its number in the datapath. */
  readonly dpMeter: number;
}

const KNOWN_FLAGS = Object.values(METER_FLAG).reduce((bits, flag) => bits | flag, 0);
const { SLOWPATH, CONTROLLER } = METER_ID;

export class MeterTable {
  readonly #meters = new Map<number, Meter>();

  /** `forget` removes the flows that use a meter. */
  constructor(
    private readonly clock: Clock,
    private readonly provider: () => MeterProvider | undefined,
    private readonly forget: (meterId: number) => void,
  ) {}

  get features(): { maxMeters: number; maxBands: number; bandTypes: number; flags: number } {
    const provider = this.provider();
    const { maxMeters = 0, maxBands = 0, bandTypes = 0 } = provider ?? {};
    return { maxMeters, maxBands, bandTypes, flags: provider ? KNOWN_FLAGS : 0 };
  }

  /** The datapath's number of a meter; undefined when there is none. */
  dpMeter(meterId: number): number | undefined {
    return this.#meters.get(meterId)?.dpMeter;
  }

  /** Applies a meter-mod. Throws OfpError; then nothing has changed. */
  apply(m: MeterMod): void {
    if (m.command === METER_COMMAND.DELETE) {
      this.#delete(m.meterId);
      return;
    }
    const provider = this.#providerFor(m);
    const { meterId, flags, bands } = m;
    const old = this.#meters.get(meterId);
    if (m.command === METER_COMMAND.ADD && old) throw new OfpError("OFPMMFC_METER_EXISTS");
    if (m.command === METER_COMMAND.MODIFY && !old) throw new OfpError("OFPMMFC_UNKNOWN_METER");
    const problem = unfit(provider, m);
    if (problem) throw new OfpError(problem);
    const config = { meterId, flags, bands };
    if (old) {
      old.config = config;
      provider.set(old.dpMeter, config);
      return;
    }
    const dpMeter = provider.allocate();
    if (dpMeter === null) throw new OfpError("OFPMMFC_OUT_OF_METERS");
    provider.set(dpMeter, config);
    this.#meters.set(meterId, { config, createdMs: this.clock.now(), dpMeter });
  }

  #providerFor({ meterId, bands }: MeterConfig): MeterProvider {
    const provider = this.provider();
    const isUsable =
      meterId > 0 && (meterId <= METER_ID.MAX || meterId === SLOWPATH || meterId === CONTROLLER);
    if (!provider || !isUsable) throw new OfpError("OFPMMFC_INVALID_METER");
    if (bands.length > provider.maxBands) throw new OfpError("OFPMMFC_OUT_OF_BANDS");
    return provider;
  }

  #delete(meterId: number): void {
    const ids = meterId === METER_ID.ALL ? [...this.#meters.keys()] : [meterId];
    for (const id of ids) {
      const meter = this.#meters.get(id);
      if (!meter) continue;
      this.#meters.delete(id);
      this.forget(id);
      this.provider()?.release(meter.dpMeter);
    }
  }

  /** Removes all meters, with the flows that use them. */
  clear(): void {
    this.#delete(METER_ID.ALL);
  }

  /** Meters by number: one, or all by METER_ID.ALL. Throws OFPMMFC_UNKNOWN_METER. */
  #select(meterId: number): Meter[] {
    if (meterId === METER_ID.ALL) {
      return [...this.#meters.values()].sort((a, b) => a.config.meterId - b.config.meterId);
    }
    const meter = this.#meters.get(meterId);
    if (!meter) throw new OfpError("OFPMMFC_UNKNOWN_METER");
    return [meter];
  }

  configs(meterId: number): MeterConfig[] {
    return this.#select(meterId).map(({ config }) => config);
  }

  /** `uses`: flows that refer to a meter. */
  stats(meterId: number, uses: (meterId: number) => number): MeterStats[] {
    const nowMs = this.clock.now();
    return this.#select(meterId).map(({ config, createdMs, dpMeter }) => {
      const counters = this.provider()?.stats(dpMeter) ?? { packets: 0, bytes: 0, bands: [] };
      return {
        meterId: config.meterId,
        flowCount: uses(config.meterId),
        durationMs: nowMs - createdMs,
        ...counters,
      };
    });
  }
}

const RATE_FLAGS = METER_FLAG.KBPS | METER_FLAG.PKTPS;

/** Why the datapath cannot have such a meter. */
function unfit(provider: MeterProvider, { flags, bands }: MeterConfig): OfpErrorName | null {
  const unit = flags & RATE_FLAGS;
  if (unit === 0 || unit === RATE_FLAGS) return "OFPMMFC_BAD_FLAGS";
  if (bands.length === 0) return "OFPMMFC_OUT_OF_BANDS";
  if (bands.some((band) => band.rate === 0)) return "OFPMMFC_BAD_RATE";
  if (flags & ~KNOWN_FLAGS) return "OFPMMFC_BAD_FLAGS";
  for (const { type, precLevel } of bands) {
    if (!(provider.bandTypes & (1 << type))) return "OFPMMFC_BAD_BAND";
    if (type === BAND_TYPE.DSCP_REMARK && precLevel === 0) return "OFPMMFC_BAD_BAND_VALUE";
  }
  return null;
}

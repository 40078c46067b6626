// SPDX-License-Identifier: Apache-2.0
import type { Dpif } from "../dpif/dpif.js";
import type { MeterCounters, MeterProvider } from "../ofproto/ofproto-meters.js";
import { BAND_TYPE, METER_FLAG, type MeterConfig } from "../openflow/meter.js";

/** The meters of a datapath for the switches on it: who has which number. */
export class Meters implements MeterProvider {
  readonly bandTypes = (1 << BAND_TYPE.DROP) | (1 << BAND_TYPE.DSCP_REMARK);
  readonly #used = new Set<number>();
  #lowest = 0;

  /** `settled` resolves when no installed flow names what has been forgotten. */
  constructor(
    private readonly dpif: Pick<Dpif, "meters" | "sync">,
    private readonly settled: () => Promise<void>,
  ) {}

  get maxMeters(): number {
    return this.dpif.meters.maxMeters;
  }

  get maxBands(): number {
    return this.dpif.meters.maxBands;
  }

  /** The lowest free number, as in the stock switch. */
  allocate(): number | null {
    while (this.#used.has(this.#lowest)) this.#lowest++;
    if (this.#lowest >= this.maxMeters) return null;
    this.#used.add(this.#lowest);
    return this.#lowest;
  }

  /** A band without a burst has that of a second. */
  set(id: number, { flags, bands }: Pick<MeterConfig, "flags" | "bands">): void {
    this.dpif.meters.set(
      id,
      (flags & METER_FLAG.PKTPS) !== 0,
      bands.map(({ type, rate, burstSize, precLevel }) => ({
        ...{ type, rate, burst: burstSize || rate, precedence: precLevel },
      })),
    );
  }

  stats(id: number): MeterCounters {
    return this.dpif.meters.stats(id);
  }

  /** The number is free again when no packet can be on its way to the meter. */
  release(id: number): void {
    void this.settled()
      .then(() => this.dpif.sync())
      .then(() => {
        this.dpif.meters.release(id);
        this.#used.delete(id);
        this.#lowest = Math.min(this.#lowest, id);
      });
  }
}

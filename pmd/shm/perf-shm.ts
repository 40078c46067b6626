// SPDX-License-Identifier: Apache-2.0
/** The control thread's view of a PMD's block of measurements (perf.ts). */
import {
  PERF_BINS,
  PERF_BLOCK,
  PERF_BLOCK_BYTES,
  PERF_EVENT,
  PERF_HISTOGRAMS,
  PERF_HISTORY,
  PERF_SAMPLE,
  PERF_SETTINGS,
  PERF_SNAPSHOT,
  PERF_TOTALS,
} from "./perf.js";
import type { StructLayout } from "./struct-layout.js";

type FieldsOf<L> = L extends StructLayout<infer Names> ? Names : never;
export type PerfSample = Record<FieldsOf<typeof PERF_SAMPLE>, number>;
export type PerfTotals = Record<FieldsOf<typeof PERF_TOTALS>, number>;
export type PerfEvent = Record<FieldsOf<typeof PERF_EVENT>, number>;

export interface PerfLogThresholds {
  readonly enabled: boolean;
  readonly fillThreshold: number;
  readonly cycleThreshold: number;
  readonly before: number;
  readonly after: number;
  readonly extend: boolean;
}

export class PerfShm {
  readonly #view: DataView;
  readonly #words: Int32Array;

  /** @param offset of the block: a multiple of 8. */
  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#view = new DataView(buffer, offset, PERF_BLOCK_BYTES);
    this.#words = new Int32Array(buffer, offset, PERF_BLOCK_BYTES / 4);
  }

  /** Bounds of every histogram, in the order of PERF_HISTOGRAMS. Before the first measurement. */
  setWalls(walls: readonly (readonly number[])[]): void {
    walls.flat().forEach((wall, i) => {
      this.#view.setUint32(PERF_BLOCK.walls + i * 4, wall, true);
    });
  }

  setLogThresholds(to: PerfLogThresholds): void {
    const { fields } = PERF_SETTINGS;
    const u32 = (name: keyof typeof fields, value: number) =>
      this.#view.setUint32(fields[name].offset, value, true);
    u32("fill_threshold", to.fillThreshold);
    u32("before", to.before);
    u32("after", to.after);
    u32("extend", to.extend ? 1 : 0);
    const cycles = BigInt(Math.floor(to.cycleThreshold));
    this.#view.setBigUint64(fields.cycle_threshold.offset, cycles, true);
    Atomics.store(this.#words, fields.log_enabled.offset / 4, to.enabled ? 1 : 0);
  }

  /** Counts per bin, in the order of PERF_HISTOGRAMS. */
  bins(): number[][] {
    return PERF_HISTOGRAMS.map((_, histogram) =>
      Array.from({ length: PERF_BINS }, (_, bin) =>
        this.#u64(PERF_BLOCK.bins + (histogram * PERF_BINS + bin) * 8),
      ),
    );
  }

  totals(): PerfTotals {
    return this.#record(PERF_TOTALS, PERF_BLOCK.totals);
  }

  /** Samples ever stored. */
  get iterations(): number {
    return this.#u64(PERF_SETTINGS.fields.iterations.offset);
  }
  get milliseconds(): number {
    return this.#u64(PERF_SETTINGS.fields.milliseconds.offset);
  }

  /** The last `count` samples, newest first. */
  history(of: "iterations" | "milliseconds", count: number): PerfSample[] {
    const stored = this[of];
    const available = Math.min(count, stored, PERF_HISTORY);
    return Array.from({ length: available }, (_, i) => {
      const index = (stored - 1 - i) % PERF_HISTORY;
      return this.#record(PERF_SAMPLE, PERF_BLOCK[of] + index * PERF_SAMPLE.bytes);
    });
  }

  /** Suspicious iterations so far. */
  get suspicious(): number {
    return this.#u64(PERF_BLOCK.snapshot + PERF_SNAPSHOT.fields.suspicious.offset);
  }

  /** Takes what surrounds suspicious iterations, if there is something: samples newest first. */
  takeSnapshot(): { readonly events: PerfEvent[]; readonly samples: PerfSample[] } | undefined {
    const { state, events, samples } = PERF_SNAPSHOT.fields;
    const word = (PERF_BLOCK.snapshot + state.offset) / 4;
    if (Atomics.load(this.#words, word) === 0) return undefined;
    const count = (at: number) => this.#view.getUint32(PERF_BLOCK.snapshot + at, true);
    const list = <N extends string>(layout: StructLayout<N>, at: number, length: number) =>
      Array.from({ length }, (_, i) => this.#record(layout, at + i * layout.bytes));
    const taken = {
      events: list(PERF_EVENT, PERF_BLOCK.events, count(events.offset)),
      samples: list(PERF_SAMPLE, PERF_BLOCK.samples, count(samples.offset)).reverse(),
    };
    Atomics.store(this.#words, word, 0);
    return taken;
  }

  #record<Names extends string>(layout: StructLayout<Names>, at: number): Record<Names, number> {
    const record = {} as Record<Names, number>;
    for (const name in layout.fields) {
      const { offset, bytes } = layout.fields[name];
      record[name] = bytes === 8 ? this.#u64(at + offset) : this.#view.getUint32(at + offset, true);
    }
    return record;
  }

  #u64(at: number): number {
    return this.#view.getUint32(at + 4, true) * 0x100000000 + this.#view.getUint32(at, true);
  }
}

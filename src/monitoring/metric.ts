// SPDX-License-Identifier: Apache-2.0
/** What a metric is: a name that somebody's dashboard knows, and how it is read off a snapshot. */
import { Gauge } from "prom-client";
import type { Snapshot } from "./snapshot.js";

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** For the parts of a histogram: NAME_bucket, NAME_sum, NAME_count. */
  readonly metricName?: string;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  read(snapshot: Snapshot): Iterable<Sample>;
}

/** prom-client's view of a Metric: nothing is kept between scrapes, so that what is gone (a port, a
 * thread) is gone, and nobody pays between them. */
export class SnapshotMetric extends Gauge<string> {
  readonly #metric: Metric;
  readonly #snapshot: () => Snapshot;

  constructor(metric: Metric, snapshot: () => Snapshot) {
    super({ name: metric.name, help: metric.help, registers: [] });
    this.#metric = metric;
    this.#snapshot = snapshot;
  }

  override async get(): Promise<Awaited<ReturnType<Gauge<string>["get"]>>> {
    const { name, help, type } = this.#metric;
    const values = [...this.#metric.read(this.#snapshot())];
    // prom-client numbers its types; its printer wants their names.
    return { name, help, type: type as never, values, aggregator: "sum", collect: () => {} };
  }
}

/** A metric without labels. */
export function single(
  name: string,
  type: "counter" | "gauge",
  help: string,
  value: (snapshot: Snapshot) => number | undefined,
): Metric {
  return {
    ...{ name, type, help },
    read: (snapshot) => {
      const number = value(snapshot);
      return number === undefined ? [] : [{ labels: {}, value: number }];
    },
  };
}

/** A family of metrics about the same things, which all have the same labels: per thing one sample
 * of each metric. Undefined: this thing does not have it. */
export function family<T>(
  things: (snapshot: Snapshot) => readonly T[],
  labels: (thing: T) => Labels,
): (
  name: string,
  type: "counter" | "gauge",
  help: string,
  value: (thing: T) => number | undefined,
) => Metric {
  // Labels are made once per thing and scrape, not once per metric.
  const made = new WeakMap<object, Labels[]>();
  const labelsOf = (snapshot: Snapshot): Labels[] => {
    const known = made.get(snapshot);
    if (known) return known;
    const all = things(snapshot).map(labels);
    made.set(snapshot, all);
    return all;
  };
  return (name, type, help, value) => ({
    ...{ name, type, help },
    read: (snapshot) => {
      const all = labelsOf(snapshot);
      const samples: Sample[] = [];
      things(snapshot).forEach((thing, i) => {
        const number = value(thing);
        if (number !== undefined) samples.push({ labels: all[i]!, value: number });
      });
      return samples;
    },
  });
}

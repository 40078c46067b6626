// SPDX-License-Identifier: Apache-2.0
/** Replies of the daemon's commands about receive queues, as far as they are used here. */

export interface LayoutValue {
  readonly cores: readonly {
    readonly core: number;
    readonly rxqs: readonly { readonly port: string; readonly queue: number }[];
  }[];
}

/** A key of an `other_config` column; null: not set. */
export interface ConfigChange {
  readonly table: "Open_vSwitch" | "Interface";
  readonly record: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface PlanValue {
  readonly before: LayoutValue;
  readonly after: LayoutValue;
  readonly changes: readonly ConfigChange[];
}

/** What it takes to undo an applied plan. */
export interface UndoRecord {
  /** As they were applied. */
  readonly changes: readonly ConfigChange[];
  /** PORT/QUEUE=CORE before. */
  readonly places: readonly string[];
}

/** PORT/QUEUE=CORE of every queue, in order. */
export function placesOf(layout: LayoutValue): string[] {
  const places = layout.cores.flatMap(({ core, rxqs }) =>
    rxqs.map(({ port, queue }) => `${port}/${queue}=${core}`),
  );
  return places.sort();
}

/** `vsctl` words that make a change; undo: that take it back. */
export function changeWords(change: ConfigChange, undo = false): string[] {
  const { table, record, key } = change;
  const value = undo ? change.before : change.after;
  const command = value === null ? "remove" : "set";
  const what = value === null ? [key] : [];
  const column = value === null ? "other_config" : `other_config:${key}=${JSON.stringify(value)}`;
  return ["--", "--if-exists", command, table, record, column, ...what];
}

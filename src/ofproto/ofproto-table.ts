// SPDX-License-Identifier: Apache-2.0
import { Classifier } from "./classifier.js";
import type { MissConfig, XTable } from "./xbridge.js";

/** Flow tables of a switch. The last one is the switch's own. */
export const TABLES = 255;
export const INTERNAL_TABLE = 254;
/** What controllers see: 0 … 253. */
export const VISIBLE_TABLES = INTERNAL_TABLE;

/** The limit that is reported where none is configured, as the stock switch does. */
const MAX_ENTRIES_DEFAULT = 1_000_000;

/** One flow table with its counters and its configuration (`Flow_Table` row). */
export class OfTable implements XTable {
  readonly classifier = new Classifier();
  name = "";
  /** Flow limit, null is none. */
  maxFlows: number | null = null;
  missConfig: MissConfig = "default";
  /** Packets that found, and did not find, a flow here. */
  matched = 0;
  missed = 0;

  constructor(readonly id: number) {}

  /** `max_entries` of table statistics and features. */
  get maxEntries(): number {
    return this.maxFlows ?? MAX_ENTRIES_DEFAULT;
  }

  get isFull(): boolean {
    return this.maxFlows !== null && this.classifier.size >= this.maxFlows;
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { VacancyLimits } from "../openflow/messages/table-mod.js";
import type { Subfield } from "../openflow/ofp-actions.js";
import { Classifier } from "./classifier.js";
import { awaitVacancy, type Vacancy } from "./ofproto-vacancy.js";
import type { MissConfig, XTable } from "./xbridge.js";

/** Flow tables of a switch. The last one is the switch's own. */
export const TABLES = 255;
export const INTERNAL_TABLE = 254;
/** What controllers see: 0 … 253. */
export const VISIBLE_TABLES = INTERNAL_TABLE;

/** The limit that is reported where none is configured, as the stock switch does. */
const MAX_ENTRIES_DEFAULT = 1_000_000;

/** What of a `Flow_Table` row is the switch's; absent is reset. */
export interface TableConfig {
  name?: string;
  /** Null is no limit. */
  maxFlows?: number | null;
  /** `overflow_policy=evict`; `groups` are the fields whose values make groups. */
  evicts?: boolean;
  groups?: readonly Subfield[];
}

/** One flow table with its counters and its configuration (`Flow_Table` row). */
export class OfTable implements XTable {
  readonly classifier = new Classifier();
  /** By the database, and by a controller where the database says nothing. */
  configuredName = "";
  givenName = "";
  /** Flow limit, null is none. */
  maxFlows: number | null = null;
  missConfig: MissConfig = "default";
  /** Whether a full table evicts: by the database, by a controller. */
  evictionByConfig = false;
  evictionByController = false;
  evictionGroups: readonly Subfield[] = [];
  vacancy: Vacancy | null = null;
  /** Packets that found, and did not find, a flow here. */
  matched = 0;
  missed = 0;

  constructor(readonly id: number) {}

  get name(): string {
    return this.configuredName || this.givenName;
  }

  /** `max_entries` of table statistics and features. */
  get maxEntries(): number {
    return this.maxFlows ?? MAX_ENTRIES_DEFAULT;
  }

  get isFull(): boolean {
    return this.maxFlows !== null && this.classifier.size >= this.maxFlows;
  }

  get evicts(): boolean {
    return this.evictionByConfig || this.evictionByController;
  }

  configure(config: TableConfig): void {
    this.configuredName = config.name ?? "";
    this.maxFlows = config.maxFlows ?? null;
    this.evictionByConfig = config.evicts ?? false;
    this.evictionGroups = config.groups ?? [];
  }

  /** Null turns events off; new limits leave what is awaited as it is. */
  setVacancy(limits: VacancyLimits | null): void {
    if (limits === null) this.vacancy = null;
    else if (this.vacancy) this.vacancy = { ...this.vacancy, limits };
    else this.vacancy = awaitVacancy(this, limits);
  }
}

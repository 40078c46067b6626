// SPDX-License-Identifier: Apache-2.0
/** Vacancy events (OpenFlow 1.4.1 §6.5): a table tells when it fills up and when it empties. */
import { TABLE_REASON, type VacancyLimits } from "../openflow/messages/table-mod.js";
import type { OfTable } from "./ofproto-table.js";

/** Events of a table: after one, the other is awaited. */
export interface Vacancy {
  readonly limits: VacancyLimits;
  /** TABLE_REASON. */
  awaited: number;
}

/** What a table without a limit is taken to hold. */
const UNLIMITED = 0xffffffff;

/** Percentage of entries that are free, rounded down. */
export function vacancyOf(table: OfTable): number {
  const maxFlows = table.maxFlows ?? UNLIMITED;
  if (maxFlows === 0) return 100;
  const free = maxFlows - table.classifier.size;
  return free <= 0 ? 0 : Math.floor((free * 100) / maxFlows);
}

/** What to await first, as things are. */
export function awaitVacancy(table: OfTable, limits: VacancyLimits): Vacancy {
  const isLow = vacancyOf(table) < limits.up;
  return { limits, awaited: isLow ? TABLE_REASON.VACANCY_UP : TABLE_REASON.VACANCY_DOWN };
}

/** The reason that has come about, if any: then the other is awaited. */
export function vacancyEvent(table: OfTable): number | null {
  const { vacancy } = table;
  if (!vacancy) return null;
  const free = vacancyOf(table);
  const { down, up } = vacancy.limits;
  const { VACANCY_DOWN, VACANCY_UP } = TABLE_REASON;
  const reason = free < down ? VACANCY_DOWN : free > up ? VACANCY_UP : null;
  if (reason !== vacancy.awaited) return null;
  vacancy.awaited = reason === VACANCY_DOWN ? VACANCY_UP : VACANCY_DOWN;
  return reason;
}

// SPDX-License-Identifier: Apache-2.0
/** `learn(delete_learned)`: flows that were learned go with the last flow that teaches them. */
import type { OfpAct } from "../openflow/ofp-actions.js";

/** A cookie in a table. */
export interface LearnedCookie {
  readonly tableId: number;
  readonly cookie: bigint;
}

const keyOf = ({ tableId, cookie }: LearnedCookie): string => `${tableId} ${cookie}`;

/** Counts, by table and cookie, the flows that teach. */
export class LearnedCookies {
  readonly #teachers = new Map<string, number>();
  /** Cookies that lost a teacher since the last `takeOrphans`. */
  readonly #suspects = new Map<string, LearnedCookie>();

  /** A flow with these actions is there (`by` 1) or no longer there (-1). A change that is only
   * taken back orphans nobody. What is inside other actions does not count, as in the stock
   * switch. */
  count(actions: readonly OfpAct[], by: 1 | -1, isUndo = false): void {
    for (const act of actions) {
      if (act.type !== "learn" || !act.deleteLearned) continue;
      const learned = { tableId: act.table, cookie: act.cookie };
      const key = keyOf(learned);
      this.#teachers.set(key, (this.#teachers.get(key) ?? 0) + by);
      if (by < 0 && !isUndo) this.#suspects.set(key, learned);
    }
  }

  /** Cookies that nobody teaches any more, each told once. */
  takeOrphans(): LearnedCookie[] {
    const orphans: LearnedCookie[] = [];
    for (const [key, learned] of this.#suspects) {
      if ((this.#teachers.get(key) ?? 0) > 0) continue;
      this.#teachers.delete(key);
      orphans.push(learned);
    }
    this.#suspects.clear();
    return orphans;
  }
}

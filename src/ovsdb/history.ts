// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./database.js";
import type { RowChange } from "./transaction.js";

/** Transactions kept for clients that come back, as in the stock server. */
const TRANSACTIONS_MAX = 100;

interface Entry {
  readonly id: string;
  readonly changes: readonly RowChange[];
}

/**
 * The latest transactions of a database, so that a client which was away for a moment
 * (monitor_cond_since) gets what it missed instead of everything.
 */
export class History {
  readonly #entries: Entry[] = [];
  /** The transaction before the oldest entry. */
  #baseId: string;

  constructor(db: Database) {
    this.#baseId = db.lastTransactionId;
    db.onCommit((changes, id) => {
      this.#entries.push({ id, changes });
      if (this.#entries.length <= TRANSACTIONS_MAX) return;
      this.#baseId = (this.#entries.shift() as Entry).id;
    });
  }

  /** The changes after transaction `id`, oldest first; undefined when that is too long ago. */
  since(id: string): (readonly RowChange[])[] | undefined {
    if (id === this.#baseId) return this.#entries.map((entry) => entry.changes);
    const at = this.#entries.findIndex((entry) => entry.id === id);
    return at < 0 ? undefined : this.#entries.slice(at + 1).map((entry) => entry.changes);
  }
}

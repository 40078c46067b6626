// SPDX-License-Identifier: Apache-2.0
/**
 * Fail mode standalone with controllers: when none has been reachable for a while, a hidden flow
 * above all others makes a learning switch of the bridge, until one comes back
 * (ovs-vswitchd.conf.db(5), `fail_mode`).
 */
import type { Clock } from "../lib/clock.js";
import { emptyMatch } from "../openflow/match.js";
import { OFPP } from "../openflow/ofp-actions.js";
import type { FlowTables } from "./ofproto-flow-tables.js";
import { Rule } from "./rule.js";

/** The stock switch's priority of this flow: above what OpenFlow can say. */
export const FAIL_OPEN_PRIORITY = 0xf0f0f0;
/** Three times the default inactivity probe. */
const TRIGGER_MS = 15_000;

export class FailOpen {
  #rule: Rule | undefined;
  #lostMs: number | undefined;

  constructor(
    private readonly flows: FlowTables,
    private readonly clock: Clock,
  ) {}

  /** Looks at the state; `wanted` is whether the fail mode and the controllers ask for this at
   * all. Returns what has changed, if anything. */
  run(wanted: boolean, connected: boolean): "opened" | "closed" | undefined {
    if (!wanted || connected) {
      this.#lostMs = undefined;
      return this.#remove();
    }
    this.#lostMs ??= this.clock.now();
    if (this.#rule || this.clock.now() - this.#lostMs < TRIGGER_MS) return undefined;
    this.#rule = new Rule({
      ...{ tableId: 0, priority: FAIL_OPEN_PRIORITY, match: emptyMatch(), hidden: true },
      actions: [{ type: "output", port: OFPP.NORMAL, maxLen: 0 }],
      createdMs: this.clock.now(),
    });
    const rule = this.#rule;
    this.flows.transact((transaction) => this.flows.insert(transaction, rule));
    return "opened";
  }

  #remove(): "closed" | undefined {
    const rule = this.#rule;
    if (!rule) return undefined;
    this.#rule = undefined;
    this.flows.transact((transaction) => this.flows.remove(transaction, rule, null));
    return "closed";
  }
}

// SPDX-License-Identifier: Apache-2.0
/** What operators and performance engineers do with PMD threads: one part of `Dpif`. */
import type { AutoLbSettings } from "../../pmd/rxq/auto-lb.js";
import type { Decision } from "../../pmd/rxq/balancer.js";

/** `pmd-auto-lb`. Times are of the clock whose present is `nowMs`. */
export interface AutoLbState {
  readonly settings: AutoLbSettings;
  /** Newest last. */
  readonly decisions: readonly Decision[];
  readonly nowMs: number;
  /** Undefined: it is not enabled, or only just. */
  readonly nextLookMs: number | undefined;
}

export interface PmdOperations {
  /** Applies `Open_vSwitch.other_config` as far as it concerns PMD threads: `pmd-*`, among them the
   * core mask, and `tx-flush-interval`. Queues are assigned anew if that changes anything. */
  setOtherConfig(config: Readonly<Record<string, string>>): Promise<void>;
  /** Assigns receive queues anew, by their measured load: `dpif-netdev/pmd-rxq-rebalance`. */
  rebalance(): Promise<void>;
  /** What the load balancer decided lately, and why. */
  autoLb(): AutoLbState;
}

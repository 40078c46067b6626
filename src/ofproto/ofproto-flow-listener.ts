// SPDX-License-Identifier: Apache-2.0
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { FlowChange, Requester } from "./flow-change.js";
import type { RemovedRule } from "./ofproto-flow-transaction.js";
import type { TablesChange } from "./ofproto-types.js";

/** What the flow tables tell of their changes. */
export interface FlowTablesListener {
  onTablesChanged(change: TablesChange): void;
  /** Counters are about to be judged by. */
  onJudge?(): void;
  /** What happened to flows, in order; only while `isMonitored` says that somebody listens. */
  onFlowChanges?(changes: readonly FlowChange[], requester: Requester | null): void;
  isMonitored?(): boolean;
  /** Flows that left; those that a flow-mod replaced are not among them. */
  onRemoved(removed: readonly RemovedRule[]): void;
  /** Throws OfpError when actions use what the switch does not have. */
  checkActions(actions: readonly OfpAct[]): void;
}

// SPDX-License-Identifier: Apache-2.0
import type { FlowChange, Requester } from "./flow-change.js";
import type { Rule } from "./rule.js";

export interface RemovedRule {
  readonly rule: Rule;
  /** FLOW_REMOVED_REASON. */
  readonly reason: number;
}

/** A group of changes to the flow tables that is committed or taken back as a whole. */
export class FlowTransaction {
  /** Tables that changed. */
  readonly tables = new Set<number>();
  /** Flows that are gone for good, and why. */
  readonly removed: RemovedRule[] = [];
  /** Groups changed. */
  changedOthers = false;
  /** What flow monitors are to be told. */
  readonly changes: FlowChange[] = [];
  readonly #undo: (() => void)[] = [];

  /** `requester`: whose message this is; null: the switch's own doing. */
  constructor(readonly requester: Requester | null = null) {}

  /** Records a change that has been made. */
  did(tableId: number, undo: () => void): void {
    this.tables.add(tableId);
    this.#undo.push(undo);
  }

  /** Records a change of something else that flows refer to. */
  didOther(undo: () => void): void {
    this.changedOthers = true;
    this.#undo.push(undo);
  }

  /** Takes everything back, last change first. */
  rollback(): void {
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) undo();
    this.tables.clear();
    this.removed.length = 0;
    this.changes.length = 0;
  }
}

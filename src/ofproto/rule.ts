// SPDX-License-Identifier: Apache-2.0
import type { Match } from "../openflow/match.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { XlateEffect } from "./translate/types.js";

/** What a `Rule` is made from; everything else has the default of a plain `ovs-ofctl add-flow`. */
export interface RuleInit {
  tableId: number;
  priority: number;
  match: Match;
  actions: readonly OfpAct[];
  cookie?: bigint;
  idleTimeout?: number;
  hardTimeout?: number;
  importance?: number;
  flags?: number;
  createdMs?: number;
  hidden?: boolean;
}

/**
 * One OpenFlow flow entry. The match, the table and the priority never change; actions, cookie and
 * the rest do, by a modify. A rule that left its table has `removed` set, and stays usable by
 * translations that still hold it.
 */
export class Rule {
  readonly tableId: number;
  /** 0 … 65535 by OpenFlow; internal rules may be above. */
  readonly priority: number;
  readonly match: Match;
  actions: readonly OfpAct[];
  /** 64 bits. */
  cookie: bigint;
  /** Seconds, 0 is never. */
  idleTimeout: number;
  hardTimeout: number;
  importance: number;
  /** OFPFF_* bits of OpenFlow 1.3+ (SEND_FLOW_REM is 1). */
  flags: number;
  /** Milliseconds of the switch's clock. */
  createdMs: number;
  /** When the actions were last set; the hard timeout counts from here. */
  modifiedMs: number;
  /** When a packet last hit, or when it was created. */
  usedMs: number;
  packets = 0;
  bytes = 0;
  /** Not shown by flow dumps and not reachable by flow-mods: made by the switch itself. */
  hidden: boolean;
  removed = false;
  /** The rule of the next lower priority with the same match; kept by the classifier. */
  lower: Rule | null = null;
  /** What a hit does, made once: see `ruleHit`. */
  hitEffect: XlateEffect | null = null;

  constructor(init: RuleInit) {
    this.tableId = init.tableId;
    this.priority = init.priority;
    this.match = init.match;
    this.actions = init.actions;
    this.cookie = init.cookie ?? 0n;
    this.idleTimeout = init.idleTimeout ?? 0;
    this.hardTimeout = init.hardTimeout ?? 0;
    this.importance = init.importance ?? 0;
    this.flags = init.flags ?? 0;
    this.createdMs = init.createdMs ?? 0;
    this.modifiedMs = this.createdMs;
    this.usedMs = this.createdMs;
    this.hidden = init.hidden ?? false;
  }

  /** Counts `packets` that hit at `nowMs`. */
  credit(packets: number, bytes: number, nowMs: number): void {
    this.packets += packets;
    this.bytes += bytes;
    if (nowMs > this.usedMs) this.usedMs = nowMs;
  }

  /** Matches every packet at priority 0: in OpenFlow 1.3+ that is the table-miss entry. */
  isTableMiss(): boolean {
    return this.priority === 0 && this.match.mask.words.every((word) => word === 0);
  }
}

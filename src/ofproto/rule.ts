// SPDX-License-Identifier: Apache-2.0
import { Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { StagedMask } from "./classifier-stages.js";
import type { XlateEffect } from "./translate/types.js";

/** A mask that many rules share. */
export interface SharedMask extends StagedMask {
  readonly mask: Flow;
}

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
  // What a lookup reads comes first, so that it waits for one line of memory.
  /** 0 … 65535 by OpenFlow; internal rules may be above. */
  readonly priority: number;
  actions: readonly OfpAct[];
  /** 64 bits. */
  cookie: bigint;
  /** What a hit does, made once: see `ruleHit`. */
  hitEffect: XlateEffect | null = null;
  /** The rule of the next lower priority with the same match; kept by the classifier. */
  lower: Rule | null = null;
  readonly tableId: number;
  /** The match, until the rule is in a table: then only its masked words, in the order of `shape`,
   * for a match takes ten times the room of all the rest. */
  private full: Match | null;
  private packed: readonly number[] = [];
  private shape: SharedMask | null = null;
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
  /** Numbers of the changes that added and last modified it: see FlowTables.monitorSeq. */
  addedSeq = 0;
  modifiedSeq = 0;

  constructor(init: RuleInit) {
    this.tableId = init.tableId;
    this.priority = init.priority;
    this.full = init.match;
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

  /** A match of the caller's own; made anew each time. */
  get match(): Match {
    const { shape, full, packed } = this;
    if (full || !shape) return full!;
    const flow = new Flow();
    for (let i = 0; i < packed.length; i++) flow.words[shape.words[i]] |= packed[i];
    return { flow, mask: shape.mask };
  }

  /** The mask of the match; not to be changed. */
  get mask(): Flow {
    return this.shape?.mask ?? this.full!.mask;
  }

  /** Keeps the match in short, with a mask that is equal to its own. */
  pack(shape: SharedMask): void {
    const { flow } = this.match;
    this.packed = Array.from(shape.words, (word, i) => flow.words[word] & shape.masks[i]);
    this.shape = shape;
    this.full = null;
  }

  /** Whether the match and another are equal in the bits that both have. */
  agrees(other: Match): boolean {
    const { shape, packed } = this;
    if (!shape) return agree(this.full!, other);
    const { words, masks } = shape;
    const { flow, mask } = other;
    for (let i = 0; i < words.length; i++) {
      const bits = masks[i] & mask.words[words[i]];
      if (((packed[i] ^ flow.words[words[i]]) & bits) !== 0) return false;
    }
    return true;
  }

  /** Counts `packets` that hit at `nowMs`. */
  credit(packets: number, bytes: number, nowMs: number): void {
    this.packets += packets;
    this.bytes += bytes;
    if (nowMs > this.usedMs) this.usedMs = nowMs;
  }

  /** Matches every packet at priority 0: in OpenFlow 1.3+ that is the table-miss entry. */
  isTableMiss(): boolean {
    return this.priority === 0 && this.mask.words.every((word) => word === 0);
  }
}

function agree(a: Match, b: Match): boolean {
  for (let i = 0; i < a.flow.words.length; i++) {
    const bits = a.mask.words[i] & b.mask.words[i];
    if (((a.flow.words[i] ^ b.flow.words[i]) & bits) !== 0) return false;
  }
  return true;
}

// SPDX-License-Identifier: Apache-2.0
/** The group table and what group-mods do to it (OpenFlow 1.3.5 §6.5, 1.5.1 §6.7). */
import type { Clock } from "../lib/clock.js";
import { OfpError } from "../openflow/errors.js";
import {
  BUCKET_ID,
  type Bucket,
  GROUP_COMMAND,
  GROUP_TYPE,
  type GroupDesc,
  hasDuplicateIds,
  OFPG,
} from "../openflow/group.js";
import { FLOW_REMOVED_REASON } from "../openflow/messages/flow-removed.js";
import type { GroupMod } from "../openflow/messages/groups.js";
import { Group } from "./group.js";
import type { FlowTables } from "./ofproto-flow-tables.js";
import type { FlowTransaction } from "./ofproto-flow-transaction.js";

/** Group numbers that exist: as many groups of each type as the stock switch announces. */
export const GROUPS_MAX = OFPG.MAX;

export class GroupTable {
  readonly #groups = new Map<number, Group>();

  constructor(
    private readonly clock: Clock,
    private readonly flows: FlowTables,
  ) {}

  get(groupId: number): Group | undefined {
    return this.#groups.get(groupId);
  }

  get size(): number {
    return this.#groups.size;
  }

  /** One group, or all by OFPG.ALL, in the order of their numbers. */
  select(groupId: number): Group[] {
    if (groupId === OFPG.ALL) {
      return [...this.#groups.values()].sort((a, b) => a.groupId - b.groupId);
    }
    const group = this.#groups.get(groupId);
    return group ? [group] : [];
  }

  /** Applies a group-mod within a transaction. Throws OfpError; then nothing has changed. */
  apply(transaction: FlowTransaction, m: GroupMod): void {
    const exists = this.#groups.has(m.groupId);
    switch (m.command) {
      case GROUP_COMMAND.ADD:
        this.#add(transaction, m);
        break;
      case GROUP_COMMAND.ADD_OR_MOD:
        if (exists) this.#modify(transaction, m);
        else this.#add(transaction, m);
        break;
      case GROUP_COMMAND.MODIFY:
      case GROUP_COMMAND.INSERT_BUCKET:
      case GROUP_COMMAND.REMOVE_BUCKET:
        this.#modify(transaction, m);
        break;
      case GROUP_COMMAND.DELETE:
        for (const group of this.select(m.groupId)) this.#delete(transaction, group);
        break;
      default:
        throw new OfpError("OFPGMFC_BAD_COMMAND");
    }
  }

  /** Removes all groups, with the flows that refer to them. */
  clear(transaction: FlowTransaction): void {
    for (const group of this.select(OFPG.ALL)) this.#delete(transaction, group);
  }

  #add(transaction: FlowTransaction, m: GroupDesc): void {
    if (this.#groups.has(m.groupId)) throw new OfpError("OFPGMFC_GROUP_EXISTS");
    this.#put(transaction, new Group(checked(m), this.clock.now()));
  }

  #modify(transaction: FlowTransaction, m: GroupMod): void {
    const old = this.#groups.get(m.groupId);
    if (!old) throw new OfpError("OFPGMFC_UNKNOWN_GROUP");
    checked(m);
    this.#put(transaction, new Group({ ...m, ...changeOf(old, m) }, old.createdMs));
  }

  #put(transaction: FlowTransaction, group: Group): void {
    const { groupId } = group;
    const old = this.#groups.get(groupId);
    this.#groups.set(groupId, group);
    transaction.didOther(() => {
      if (old) this.#groups.set(groupId, old);
      else this.#groups.delete(groupId);
    });
  }

  #delete(transaction: FlowTransaction, group: Group): void {
    for (const rule of this.flows.references.rulesOfGroup(group.groupId)) {
      this.flows.remove(transaction, rule, FLOW_REMOVED_REASON.GROUP_DELETE);
    }
    this.#groups.delete(group.groupId);
    transaction.didOther(() => this.#groups.set(group.groupId, group));
  }
}

function checked<M extends GroupDesc>(m: M): M {
  if (m.groupId > OFPG.MAX) throw new OfpError("OFPGMFC_INVALID_GROUP");
  if (m.groupType > GROUP_TYPE.FF) throw new OfpError("OFPGMFC_BAD_TYPE");
  return m;
}

/** What the group becomes. Commands about buckets leave its type and properties (EXT-570). */
function changeOf(old: Group, m: GroupMod): Pick<GroupDesc, "buckets" | "groupType" | "selection"> {
  if (m.command === GROUP_COMMAND.INSERT_BUCKET) {
    const { groupType, selection } = old;
    return { groupType, selection, buckets: inserted(old.buckets, m.buckets, m.commandBucketId) };
  }
  if (m.command === GROUP_COMMAND.REMOVE_BUCKET) {
    const { groupType, selection } = old;
    return { groupType, selection, buckets: without(old.buckets, m.commandBucketId) };
  }
  return m;
}

function placeOf(buckets: readonly Bucket[], bucketId: number): number {
  const at = buckets.findIndex((bucket) => bucket.bucketId === bucketId);
  if (at < 0) throw new OfpError("OFPGMFC_UNKNOWN_BUCKET");
  return at;
}

function inserted(old: readonly Bucket[], fresh: readonly Bucket[], at: number): Bucket[] {
  const isPlace = at <= BUCKET_ID.MAX;
  const after = isPlace ? placeOf(old, at) + 1 : at === BUCKET_ID.LAST ? old.length : 0;
  const buckets = [...old.slice(0, after), ...fresh, ...old.slice(after)];
  if (hasDuplicateIds(buckets)) throw new OfpError("OFPGMFC_BUCKET_EXISTS");
  return buckets;
}

function without(old: readonly Bucket[], which: number): Bucket[] {
  switch (which) {
    case BUCKET_ID.ALL:
      return [];
    case BUCKET_ID.FIRST:
      return old.slice(1);
    case BUCKET_ID.LAST:
      return old.slice(0, -1);
    default: {
      const at = placeOf(old, which);
      return old.filter((_bucket, i) => i !== at);
    }
  }
}

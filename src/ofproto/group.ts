// SPDX-License-Identifier: Apache-2.0
/** A group of the switch. It is never changed, only replaced: translations may hold it. */
import { type Bucket, GROUP_TYPE, type GroupDesc, type Selection } from "../openflow/group.js";
import { spreadHashes } from "./group-weights.js";
import type { XlateEffect } from "./translate/types.js";

/** A bucket with what went through it. */
export interface GroupBucket extends Bucket {
  packets: number;
  bytes: number;
}

/** How a select group picks: by the datapath's hash, by fields, or by the ends of the packet. */
export type Picking =
  | {
      method: "dp_hash";
      alg: "l4" | "sym_l4";
      basis: number;
      /** Buckets by hash; a power of two of them. */
      map: readonly GroupBucket[];
    }
  | { method: "hash"; selection: Selection }
  | { method: "symmetric_l4" };

/** Hash values that the switch uses of its own accord, and that it can be told to use. */
const HASHES_DEFAULT = 256;
const HASHES_MAX = 65536;

export class Group implements GroupDesc {
  readonly groupId: number;
  readonly groupType: number;
  readonly selection: Selection;
  readonly buckets: readonly GroupBucket[];
  /** Milliseconds of the switch's clock; a modify leaves it. */
  readonly createdMs: number;
  /** Null: not a select group. */
  readonly picking: Picking | null;
  packets = 0;
  bytes = 0;
  /** What going through all buckets does, made once. */
  readonly effect: XlateEffect;

  constructor(desc: GroupDesc, createdMs: number) {
    this.groupId = desc.groupId;
    this.groupType = desc.groupType;
    this.selection = desc.selection;
    this.buckets = desc.buckets.map((bucket) => ({ ...bucket, packets: 0, bytes: 0 }));
    this.createdMs = createdMs;
    this.picking = desc.groupType === GROUP_TYPE.SELECT ? pickingOf(this) : null;
    this.effect = { type: "group", group: this, bucket: null };
  }

  /** Counts packets that went through `bucket`, or through all of them. */
  credit(bucket: GroupBucket | null, packets: number, bytes: number): void {
    this.packets += packets;
    this.bytes += bytes;
    for (const each of bucket ? [bucket] : this.buckets) {
      each.packets += packets;
      each.bytes += bytes;
    }
  }
}

/** Without a method of its own a group uses the datapath's hash if 256 values of it can express
 * its weights, as in the stock switch. */
function pickingOf({ selection, buckets }: Group): Picking {
  const { method, param, fields } = selection;
  if (method === "hash") {
    return fields.length > 0 ? { method: "hash", selection } : { method: "symmetric_l4" };
  }
  const isAsked = method === "dp_hash";
  const map = spreadHashes(buckets, isAsked ? HASHES_MAX : HASHES_DEFAULT);
  if (!map) return { method: "symmetric_l4" };
  if (!isAsked) return { method: "dp_hash", alg: "sym_l4", basis: 0, map };
  const alg = param >> 32n === 1n ? "sym_l4" : "l4";
  return { method: "dp_hash", alg, basis: Number(param & 0xffffffffn), map };
}

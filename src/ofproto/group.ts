// SPDX-License-Identifier: Apache-2.0
/** A group of the switch. It is never changed, only replaced: translations may hold it. */
import { vlog } from "../lib/log.js";
import { type Bucket, GROUP_TYPE, type GroupDesc, type Selection } from "../openflow/group.js";
import { formatHashFields } from "../openflow/group-text.js";
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

const log = vlog("ofproto_dpif");

/** Hash values that a group may need. */
const HASHES_MAX = 256;

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
function pickingOf({ groupId, selection, buckets }: Group): Picking {
  const { method, param, fields } = selection;
  log.dbg(`Constructing select group ${groupId}`);
  log.dbg(
    method === ""
      ? "No selection method specified. Trying dp_hash."
      : `Selection method specified: ${method}.`,
  );
  if (method === "hash") {
    if (fields.length > 0) {
      log.dbg(`Hash fields: ${formatHashFields(fields)}`);
      return { method: "hash", selection };
    }
    log.dbg("No hash fields. Falling back to default hash method.");
    return { method: "symmetric_l4" };
  }
  const isAsked = method === "dp_hash";
  const map = spreadHashes(buckets, HASHES_MAX);
  tellSpread(buckets, map);
  if (!map) {
    log.dbg("Falling back to default hash method.");
    return { method: "symmetric_l4" };
  }
  const alg = !isAsked || param >> 32n === 1n ? "sym_l4" : "l4";
  const number = alg === "sym_l4" ? 1 : 0;
  log.dbg(`Use dp_hash with ${map.length} hash values using algorithm ${number}.`);
  return { method: "dp_hash", alg, basis: isAsked ? Number(param & 0xffffffffn) : 0, map };
}

/** How well the hash values express the weights. */
function tellSpread(buckets: readonly GroupBucket[], map: readonly GroupBucket[] | null): void {
  const weights = buckets.map((bucket) => bucket.weight).filter((weight) => weight > 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) {
    log.dbg(
      buckets.length === 0
        ? "  Don't apply dp_hash method without buckets."
        : "  Total weight is zero. No active buckets.",
    );
    return;
  }
  log.dbg(`  Minimum weight: ${Math.min(...weights)}, total weight: ${total}`);
  if (!map) {
    const needed = 2 ** Math.ceil(Math.log2(Math.ceil(total / Math.min(...weights))));
    log.dbg(`  Too many hash values required: ${needed}`);
    return;
  }
  log.dbg(`  Using ${map.length} hash values:`);
  for (const bucket of buckets) {
    const { bucketId, weight } = bucket;
    const target = ((map.length * weight) / total).toFixed(2);
    const hits = map.filter((each) => each === bucket).length;
    log.dbg(`  Bucket ${bucketId}: weight=${weight}, target=${target} hits=${hits}`);
  }
}

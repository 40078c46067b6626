// SPDX-License-Identifier: Apache-2.0
/** Groups as values (OpenFlow 1.3.5 §5.6, 1.5.1 §7.3.4.3; Nicira's selection methods). */
import type { MfField } from "./fields.js";
import { OFPP, type OfpAct } from "./ofp-actions.js";

/** `ofp_group_type`. */
export const GROUP_TYPE = { ALL: 0, SELECT: 1, INDIRECT: 2, FF: 3 } as const;

/** `ofp_group_mod_command`; ADD_OR_MOD is the stock switch's own. */
export const GROUP_COMMAND = {
  ADD: 0,
  MODIFY: 1,
  DELETE: 2,
  INSERT_BUCKET: 3,
  REMOVE_BUCKET: 5,
  ADD_OR_MOD: 0x8000,
} as const;

/** Group numbers: the last usable one, all groups, no group. */
export const OFPG = { MAX: 0xffffff00, ALL: 0xfffffffc, ANY: 0xffffffff } as const;

/** Bucket ids: the last usable one; the first and the last bucket of a group, all of them. */
export const BUCKET_ID = {
  MAX: 0xffffff00,
  FIRST: 0xfffffffd,
  LAST: 0xfffffffe,
  ALL: 0xffffffff,
} as const;

export interface Bucket {
  /** Above BUCKET_ID.MAX: none was given. */
  readonly bucketId: number;
  /** Share of a select group; 0 in others. */
  readonly weight: number;
  /** OFPP.NONE: none. */
  readonly watchPort: number;
  /** OFPG.ANY: none. */
  readonly watchGroup: number;
  readonly actions: readonly OfpAct[];
}

/** A field that `selection_method=hash` looks at, and the bits of it: `field.bytes` long. */
export interface HashField {
  readonly field: MfField;
  readonly mask: Uint8Array;
}

/** How a select group picks its bucket. */
export interface Selection {
  /** `hash`, `dp_hash`; "": the switch chooses. */
  readonly method: string;
  /** `dp_hash`: algorithm in the upper half, basis in the lower. 64 bits. */
  readonly param: bigint;
  /** In the order of `ovs-fields(7)`. */
  readonly fields: readonly HashField[];
}

export const NO_SELECTION: Selection = { method: "", param: 0n, fields: [] };

/** What a group-mod says and a description tells. */
export interface GroupDesc {
  readonly groupId: number;
  /** GROUP_TYPE. */
  readonly groupType: number;
  readonly selection: Selection;
  readonly buckets: readonly Bucket[];
}

/** Whether a bucket is used only while something else is up. */
export function hasLiveness(bucket: Bucket): boolean {
  return bucket.watchPort !== OFPP.NONE || bucket.watchGroup !== OFPG.ANY;
}

/** Whether two buckets have the same id. */
export function hasDuplicateIds(buckets: readonly Bucket[]): boolean {
  return new Set(buckets.map((bucket) => bucket.bucketId)).size < buckets.length;
}

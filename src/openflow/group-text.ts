// SPDX-License-Identifier: Apache-2.0
/** Groups in text, as `ovs-ofctl dump-groups` prints them. */
import { formatActions, type Names } from "./actions-text.js";
import { formatField } from "./field-text.js";
import { isAllOnes } from "./fields.js";
import {
  BUCKET_ID,
  type Bucket,
  GROUP_TYPE,
  type GroupDesc,
  type HashField,
  OFPG,
  type Selection,
} from "./group.js";
import { isGroup15 } from "./messages/group-buckets.js";
import { OFPP } from "./ofp-actions.js";
import { formatPort } from "./text/ports.js";

const TYPES = ["all", "select", "indirect", "ff", "unknown"];

/** `first`, `last`, `all` or the number. */
export function formatBucketId(id: number): string {
  if (id === BUCKET_ID.FIRST) return "first";
  if (id === BUCKET_ID.LAST) return "last";
  return id === BUCKET_ID.ALL ? "all" : String(id);
}

/** `ip_src,tcp_dst=255`: fields, with masks unless they are whole. */
export function formatHashFields(fields: readonly HashField[]): string {
  const texts = fields.map(({ field, mask }) =>
    isAllOnes(mask) ? field.name : `${field.name}=${formatField(field, mask, null)}`,
  );
  return texts.join(",");
}

function formatFields({ fields }: Selection): string {
  if (fields.length === 0) return "";
  const text = formatHashFields(fields);
  return fields.length === 1 ? `,fields=${text}` : `,fields(${text})`;
}

function formatSelection(selection: Selection): string {
  const { method, param } = selection;
  if (method === "") return "";
  const text = param === 0n ? "" : `,selection_method_param=${param}`;
  return `,selection_method=${method}${text}${formatFields(selection)}`;
}

function formatBucket(bucket: Bucket, groupType: number, version: number, names: Names): string {
  const { bucketId, weight, watchPort, watchGroup, actions } = bucket;
  const parts: string[] = [];
  if (isGroup15(version)) parts.push(`bucket_id:${formatBucketId(bucketId)},`);
  if (weight !== (groupType === GROUP_TYPE.SELECT ? 1 : 0)) parts.push(`weight:${weight},`);
  if (watchPort !== OFPP.NONE) parts.push(`watch_port:${formatPort(watchPort, names.ports)},`);
  if (watchGroup !== OFPG.ANY) parts.push(`watch_group:${watchGroup},`);
  return `bucket=${parts.join("")}actions=${formatActions(actions, names)}`;
}

/** `group_id=1,type=select,bucket=…`. Ids of buckets show where `version` has them; the type is
 * left out for commands about buckets. */
export function formatGroup(
  group: GroupDesc,
  version: number,
  names: Names = {},
  withType = true,
): string {
  const { groupId, groupType, buckets } = group;
  const type = withType ? `,type=${TYPES[Math.min(groupType, TYPES.length - 1)]}` : "";
  const head = `group_id=${groupId}${type}${formatSelection(group.selection)}`;
  const texts = buckets.map((bucket) => formatBucket(bucket, groupType, version, names));
  return [head, ...texts].join(",");
}

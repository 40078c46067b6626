// SPDX-License-Identifier: Apache-2.0
/** The `group` action (OpenFlow 1.3.5 §5.6). */
import { GROUP_TYPE } from "../../openflow/group.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import type { Group, GroupBucket } from "../group.js";
import { actionSetList } from "./action-set.js";
import type { XlateContext } from "./context.js";
import { executeActions } from "./execute.js";
import { finishFreezing, freezeActions } from "./freeze.js";
import { firstLiveBucket, selectBucket } from "./group-buckets.js";
import { mayVisit } from "./table.js";

/** Returns false when there is no such group: nothing after it is executed. */
export function executeGroup(ctx: XlateContext, act: Extract<OfpAct, { type: "group" }>): boolean {
  if (!mayVisit(ctx)) return true;
  const group = ctx.bridge.of.group(act.group);
  if (!group) {
    ctx.warn(`output to nonexistent group ${act.group}`);
    return false;
  }
  if (group.groupType === GROUP_TYPE.ALL || group.groupType === GROUP_TYPE.INDIRECT) {
    for (const bucket of group.buckets) executeBucket(ctx, bucket);
    ctx.effect(group.effect);
    return true;
  }
  const bucket =
    group.groupType === GROUP_TYPE.SELECT ? selectBucket(ctx, group) : firstLiveBucket(ctx, group);
  if (bucket) useBucket(ctx, group, bucket);
  else ctx.detail("no live bucket");
  // Suspended to get a hash: the group decides when the packet comes back.
  if (ctx.freezing) freezeActions(ctx, [act]);
  return true;
}

function useBucket(ctx: XlateContext, group: Group, bucket: GroupBucket): void {
  ctx.detail(`using bucket ${bucket.bucketId}`);
  executeBucket(ctx, bucket);
  ctx.effect({ type: "group", group, bucket });
}

/** Executes a bucket's actions, which are an action set, on a copy of the packet. What they do to
 * the flow of control, an `exit` or a suspension, ends with the bucket. */
function executeBucket(ctx: XlateContext, bucket: GroupBucket): void {
  ctx.trace?.open("bucket", `bucket ${bucket.bucketId}`);
  const saved = ctx.saveFlow();
  const wasInBucket = ctx.inBucket;
  ctx.inBucket = true;
  ctx.depth++;
  executeActions(ctx, actionSetList(bucket.actions));
  ctx.depth--;
  ctx.inBucket = wasInBucket;
  if (ctx.freezing) finishFreezing(ctx);
  ctx.restoreFlow(saved);
  ctx.exit = false;
  ctx.trace?.close();
}

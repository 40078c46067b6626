// SPDX-License-Identifier: Apache-2.0
/** Which bucket of a select or fast failover group a packet goes through. */
import { VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import { getField, setFieldMasked } from "../../openflow/field-access.js";
import { type MfField, type MfPrereq, prereqsOk } from "../../openflow/fields.js";
import type { Flow } from "../../openflow/flow.js";
import { GROUP_TYPE, hasLiveness, OFPG, type Selection } from "../../openflow/group.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import { formatPort } from "../../openflow/text/ports.js";
import type { Group, GroupBucket, Picking } from "../group.js";
import { PORT_STATE } from "../ofproto-port.js";
import { hashBytes, hashUint64, hashWord } from "../stock-hash.js";
import type { XlateContext } from "./context.js";
import { symmetricL4Hash } from "./flow-hash.js";
import { triggerHash } from "./freeze.js";
import { AT, isIp, mark, markTci } from "./headers.js";

/** Prerequisites that say nothing of the transport layer. */
const NETWORK_PREREQS: readonly MfPrereq[] = ["none", "ethernet", "arp", "ipv4", "ipv6", "ip"];

/** Groups that watch groups that watch groups … */
const LIVENESS_DEPTH_MAX = 128;

function isPortAlive(ctx: XlateContext, ofpPort: number): boolean {
  const port = ctx.bridge.ports.get(ofpPort);
  return port !== undefined && (port.of.state & PORT_STATE.LINK_DOWN) === 0;
}

function isGroupAlive(ctx: XlateContext, groupId: number, depth: number): boolean {
  const group = ctx.bridge.of.group(groupId);
  return group !== undefined && firstLiveBucket(ctx, group, depth) !== null;
}

function isAlive(ctx: XlateContext, group: Group, bucket: GroupBucket, depth: number): boolean {
  if (depth >= LIVENESS_DEPTH_MAX) {
    ctx.fail(`bucket chaining exceeded ${LIVENESS_DEPTH_MAX} links`);
    return false;
  }
  if (group.groupType === GROUP_TYPE.SELECT && bucket.weight === 0) return false;
  if (!hasLiveness(bucket)) return true;
  const { watchPort, watchGroup } = bucket;
  if (watchPort === OFPP.CONTROLLER) {
    if (ctx.bridge.of.hasController()) return true;
  } else if (watchPort !== OFPP.NONE && isPortAlive(ctx, watchPort)) {
    return true;
  }
  return watchGroup !== OFPG.ANY && isGroupAlive(ctx, watchGroup, depth + 1);
}

/** The stock switch says "port" of groups, too. */
function tellDead(ctx: XlateContext, { bucketId, watchPort, watchGroup }: GroupBucket): void {
  if (!ctx.trace) return;
  const causes: string[] = [];
  if (watchPort !== OFPP.NONE) causes.push(`port ${formatPort(watchPort)}`);
  if (watchGroup !== OFPG.ANY) causes.push(`port ${watchGroup}`);
  ctx.detail(`bucket ${bucketId}: not live due to ${causes.join(" and ")}`);
}

/** The bucket of a fast failover group. */
export function firstLiveBucket(ctx: XlateContext, group: Group, depth = 0): GroupBucket | null {
  for (const bucket of group.buckets) {
    if (isAlive(ctx, group, bucket, depth)) return bucket;
    tellDead(ctx, bucket);
  }
  return null;
}

/** The live bucket with the highest score: weight × a hash of the packet and the bucket. Buckets
 * that come and go move only the packets that are theirs. */
function bestBucket(ctx: XlateContext, group: Group, basis: number): GroupBucket | null {
  let best: GroupBucket | null = null;
  let bestScore = 0;
  for (const bucket of group.buckets) {
    if (!isAlive(ctx, group, bucket, 0)) {
      tellDead(ctx, bucket);
      continue;
    }
    const score = (hashWord(bucket.bucketId, basis) & 0xffff) * bucket.weight;
    if (score >= bestScore) [best, bestScore] = [bucket, score];
    if (ctx.trace) ctx.detail(`bucket ${bucket.bucketId}: score ${score}`);
  }
  return best;
}

/** Null also when the datapath must hash the packet first: then translation is being suspended. */
export function selectBucket(ctx: XlateContext, group: Group): GroupBucket | null {
  const { picking } = group;
  switch (picking?.method) {
    case "dp_hash":
      return bucketByDatapathHash(ctx, group, picking);
    case "hash":
      return bestBucket(ctx, group, fieldsHash(ctx, picking.selection));
    default:
      return bestBucket(ctx, group, symmetricL4Hash(ctx.flow, ctx.wc));
  }
}

/** From the place of the hash on, the first bucket that is alive. */
function bucketByDatapathHash(
  ctx: XlateContext,
  group: Group,
  { map, alg, basis }: Extract<Picking, { method: "dp_hash" }>,
): GroupBucket | null {
  const hash = ctx.flow.view.getUint32(AT.dpHash);
  if (hash === 0) {
    triggerHash(ctx, alg, basis);
    return null;
  }
  const mask = map.length - 1;
  ctx.wc.view.setUint32(AT.dpHash, (ctx.wc.view.getUint32(AT.dpHash) | mask) >>> 0);
  for (let i = 0; i < map.length; i++) {
    const bucket = map[(hash + i) & mask]!;
    if (isAlive(ctx, group, bucket, 0)) return bucket;
  }
  return null;
}

function fieldsHash(ctx: XlateContext, { fields, param }: Selection): number {
  const { flow, wc } = ctx;
  let hash = hashUint64(param);
  for (const { field, mask } of fields) {
    markPrereqs(wc, field, flow);
    if (!prereqsOk(field, flow)) continue;
    const value = getField(flow, field).map((byte, i) => byte & mask[i]!);
    hash = hashBytes(value, hash);
    setFieldMasked(wc, field, new Uint8Array(field.bytes).fill(0xff), mask);
  }
  return hash;
}

/** Whether a field is there decides, too. Types are matched anyhow. */
function markPrereqs(wc: Flow, field: MfField, flow: Flow): void {
  if (field.prereq === "vlan") markTci(wc, 0, VLAN_CFI);
  else if (isIp(flow) && !NETWORK_PREREQS.includes(field.prereq)) mark(wc, AT.nwProto, 1);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Buckets of groups (OpenFlow 1.3.5 §7.3.4.2, 1.5.1 §7.3.4.3.1). OpenFlow 1.0, by Nicira's
 * extension, has the form of 1.5.
 *
 *    1.1-1.4   len 2 | weight 2 | watch_port 4 | watch_group 4 | pad 4 | actions
 *    1.5       len 2 | actions' bytes 2 | id 4 | actions | properties
 */
import { readActions, writeActions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import { BUCKET_ID, type Bucket, GROUP_TYPE, hasDuplicateIds, OFPG } from "../group.js";
import { OFPP } from "../ofp-actions.js";
import { V10, V14 } from "./codec.js";
import { readPort } from "./port-number.js";
import { readProperties, unknownProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

const HEAD_11 = 16;
const HEAD_15 = 8;
const PROPERTY = { WEIGHT: 0, WATCH_PORT: 1, WATCH_GROUP: 2 } as const;

/** Whether groups of `version` have the form of OpenFlow 1.5. */
export function isGroup15(version: number): boolean {
  return version === V10 || version > V14;
}

function readWatchPort(r: WireReader, version: number): number {
  try {
    return readPort(r, version === V10 ? V14 : version);
  } catch (error) {
    if (error instanceof OfpError) throw new OfpError("OFPGMFC_BAD_WATCH");
    throw error;
  }
}

function readBucket11(r: WireReader, version: number, bucketId: number): Bucket {
  if (r.left < HEAD_11) throw new OfpError("OFPGMFC_BAD_BUCKET");
  const room = r.left;
  const length = r.u16();
  if (length < HEAD_11 || length > room) throw new OfpError("OFPGMFC_BAD_BUCKET");
  const weight = r.u16();
  const watch = r.sub(8);
  r.skip(4);
  const actions = readActions(r, length - HEAD_11, version);
  const watchPort = readWatchPort(watch, version);
  return { bucketId, weight, watchPort, watchGroup: watch.u32(), actions };
}

function readBucket15(r: WireReader, version: number, groupType: number): Bucket {
  if (r.left < HEAD_15) throw new OfpError("OFPGMFC_BAD_BUCKET");
  const room = r.left;
  const length = r.u16();
  const actionsLength = r.u16();
  if (length < HEAD_15 || length > room || actionsLength > length - HEAD_15) {
    throw new OfpError("OFPGMFC_BAD_BUCKET");
  }
  const bucketId = r.u32();
  const actions = readActions(r, actionsLength, version);
  let weight = groupType === GROUP_TYPE.SELECT ? 1 : 0;
  let [watchPort, watchGroup] = [OFPP.NONE as number, OFPG.ANY as number];
  let portReader: WireReader | null = null;
  for (const property of readProperties(r.sub(length - HEAD_15 - actionsLength))) {
    const { type, body } = property;
    if (type === PROPERTY.WEIGHT) {
      if (body.left < 2) throw new OfpError("OFPBPC_BAD_LEN");
      weight = body.u16();
    } else if (type === PROPERTY.WATCH_PORT || type === PROPERTY.WATCH_GROUP) {
      if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
      if (type === PROPERTY.WATCH_PORT) portReader = body;
      else watchGroup = body.u32();
    } else {
      throw unknownProperty(property);
    }
  }
  if (portReader) watchPort = readWatchPort(portReader, version);
  if (bucketId > BUCKET_ID.MAX) throw new OfpError("OFPGMFC_BAD_BUCKET");
  return { bucketId, weight, watchPort, watchGroup, actions };
}

/** Reads the buckets that fill `r`. Before OpenFlow 1.5 ids are given by place. */
export function readBuckets(r: WireReader, version: number, groupType: number): Bucket[] {
  const buckets: Bucket[] = [];
  const is15 = isGroup15(version);
  while (r.left > 0) {
    buckets.push(
      is15 ? readBucket15(r, version, groupType) : readBucket11(r, version, buckets.length),
    );
  }
  if (is15 && hasDuplicateIds(buckets)) throw new OfpError("OFPGMFC_BAD_BUCKET");
  return buckets;
}

function writeBucket11(w: WireWriter, bucket: Bucket, version: number): void {
  const start = w.length;
  w.zeros(2).u16(bucket.weight).u32(bucket.watchPort).u32(bucket.watchGroup).zeros(4);
  writeActions(w, bucket.actions, version);
  w.setU16(start, w.length - start);
}

function writeBucket15(w: WireWriter, bucket: Bucket, id: number, version: number, type: number) {
  const start = w.length;
  w.zeros(4).u32(id);
  writeActions(w, bucket.actions, version);
  w.setU16(start + 2, w.length - start - HEAD_15);
  if (type === GROUP_TYPE.SELECT || bucket.weight) {
    w.u16(PROPERTY.WEIGHT).u16(8).u16(bucket.weight).zeros(2);
  }
  if (bucket.watchPort !== OFPP.NONE) w.u16(PROPERTY.WATCH_PORT).u16(8).u32(bucket.watchPort);
  if (bucket.watchGroup !== OFPG.ANY) w.u16(PROPERTY.WATCH_GROUP).u16(8).u32(bucket.watchGroup);
  w.setU16(start, w.length - start);
}

/** Writes buckets. Those without an id get the lowest free ones. */
export function writeBuckets(
  w: WireWriter,
  buckets: readonly Bucket[],
  version: number,
  groupType: number,
): void {
  if (!isGroup15(version)) {
    for (const bucket of buckets) writeBucket11(w, bucket, version);
    return;
  }
  const used = new Set(buckets.map((bucket) => bucket.bucketId));
  let next = 0;
  for (const bucket of buckets) {
    let id = bucket.bucketId;
    if (id > BUCKET_ID.MAX) {
      while (used.has(next)) next++;
      id = next++;
    }
    writeBucket15(w, bucket, id, version, groupType);
  }
}

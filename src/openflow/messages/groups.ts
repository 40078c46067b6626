// SPDX-License-Identifier: Apache-2.0
/** Groups (OpenFlow 1.3.5 §7.3.4.2, §7.3.5.9 to §7.3.5.11, 1.5.1 §7.3.4.3). OpenFlow 1.0 has
 * them by Nicira's extension, in the form of 1.5. */
import { OfpError } from "../errors.js";
import {
  BUCKET_ID,
  GROUP_COMMAND,
  GROUP_TYPE,
  type GroupDesc,
  hasLiveness,
  NO_SELECTION,
  OFPG,
} from "../group.js";
import {
  type Codec,
  emptyCodec,
  LATEST,
  type Multipart,
  niciraStats,
  statsWires,
  V10,
  V11,
  V12,
  V13,
  VENDOR_NX,
} from "./codec.js";
import { isGroup15, readBuckets, writeBuckets } from "./group-buckets.js";
import { readSelection, writeSelection } from "./group-selection.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

export interface GroupMod extends GroupDesc {
  type: "group_mod";
  /** GROUP_COMMAND. */
  command: number;
  /** Where buckets are inserted or which one goes: BUCKET_ID. */
  commandBucketId: number;
}

function checkCommandBucket(command: number, id: number): void {
  const { INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
  const isOne = id <= BUCKET_ID.MAX || id === BUCKET_ID.FIRST || id === BUCKET_ID.LAST;
  const isAll = id === BUCKET_ID.ALL;
  const isRight =
    command === INSERT_BUCKET ? isOne : command === REMOVE_BUCKET ? isOne || isAll : isAll;
  if (!isRight) throw new OfpError("OFPGMFC_BAD_BUCKET");
}

function checkBucket(bucket: GroupDesc["buckets"][number], m: GroupMod): void {
  const isSelect = m.groupType === GROUP_TYPE.SELECT;
  if (bucket.weight && !isSelect && m.command !== GROUP_COMMAND.INSERT_BUCKET) {
    throw new OfpError("OFPGMFC_INVALID_GROUP");
  }
  if (m.groupType === GROUP_TYPE.FF && !hasLiveness(bucket)) {
    throw new OfpError("OFPGMFC_INVALID_GROUP");
  }
  if (!isSelect && m.groupType !== GROUP_TYPE.FF && hasLiveness(bucket)) {
    throw new OfpError("OFPGMFC_WATCH_UNSUPPORTED");
  }
}

/** What can be said of a group-mod without knowing the groups. */
function checkGroupMod(m: GroupMod): GroupMod {
  const { command, groupType, buckets } = m;
  if (groupType > GROUP_TYPE.FF) throw new OfpError("OFPGMFC_BAD_TYPE");
  const isIndirect = groupType === GROUP_TYPE.INDIRECT && command !== GROUP_COMMAND.DELETE;
  if (isIndirect && buckets.length !== 1) throw new OfpError("OFPGMFC_INVALID_GROUP");
  if (command === GROUP_COMMAND.REMOVE_BUCKET && buckets.length > 0) {
    throw new OfpError("OFPGMFC_BAD_BUCKET");
  }
  if (!Object.values<number>(GROUP_COMMAND).includes(command)) {
    throw new OfpError("OFPGMFC_BAD_COMMAND");
  }
  for (const bucket of buckets) checkBucket(bucket, m);
  return m;
}

function decodeMod11(r: WireReader, version: number): GroupMod {
  const command = r.u16();
  const groupType = r.u8();
  r.skip(1);
  const groupId = r.u32();
  const buckets = readBuckets(r, version, groupType);
  if (version >= V13 && command === GROUP_COMMAND.DELETE && buckets.length > 0) {
    throw new OfpError("OFPGMFC_INVALID_GROUP");
  }
  return {
    ...{ type: "group_mod", command, groupType, groupId, buckets },
    ...{ commandBucketId: BUCKET_ID.ALL, selection: NO_SELECTION },
  };
}

function decodeMod15(r: WireReader, version: number): GroupMod {
  const command = r.u16();
  const groupType = r.u8();
  r.skip(1);
  const groupId = r.u32();
  const bucketBytes = r.u16();
  r.skip(2);
  const commandBucketId = r.u32();
  checkCommandBucket(command, commandBucketId);
  const buckets = readBuckets(r.sub(bucketBytes), version, groupType);
  const selection = readSelection(r.sub(r.left), groupType, command);
  return { type: "group_mod", command, groupType, groupId, buckets, commandBucketId, selection };
}

function encodeMod(w: WireWriter, m: GroupMod, version: number): void {
  const { INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
  const is15 = isGroup15(version);
  if (!is15 && (m.command === INSERT_BUCKET || m.command === REMOVE_BUCKET)) {
    throw new OfpError("OFPGMFC_BAD_COMMAND");
  }
  w.u16(m.command).u8(m.groupType).zeros(1).u32(m.groupId);
  const lengthAt = w.length;
  if (is15) w.u16(0).zeros(2).u32(m.commandBucketId);
  const start = w.length;
  writeBuckets(w, m.buckets, version, m.groupType);
  if (!is15) return;
  w.setU16(lengthAt, w.length - start);
  writeSelection(w, m.selection, version);
}

export const groupModCodec: Codec<GroupMod> = {
  type: "group_mod",
  wires: [
    { name: "NXT_GROUP_MOD", versions: [V10, V10], type: 4, vendor: VENDOR_NX, subtype: 31 },
    { name: "OFPT_GROUP_MOD", versions: [V11, LATEST], type: 15 },
  ],
  decode: (r, { version }) =>
    checkGroupMod((isGroup15(version) ? decodeMod15 : decodeMod11)(r, version)),
  encode: encodeMod,
};

/** Both forms of a statistics message: Nicira's of OpenFlow 1.0 up to `last`, and OpenFlow's. */
function wires(
  name: string,
  direction: "request" | "reply",
  numbers: { nicira: number; stat: number; since: number },
) {
  const extension = niciraStats(`NXST_${name}`, direction, numbers.nicira);
  const usable = extension
    .filter((wire) => wire.versions[0] < numbers.since)
    .map((wire) => ({
      ...wire,
      versions: [wire.versions[0], Math.min(wire.versions[1], numbers.since - 1)] as const,
    }));
  return [...statsWires(`OFPST_${name}`, direction, numbers.stat, numbers.since), ...usable];
}

const STATS = { nicira: 7, stat: 6, since: V11 };
const DESC = { nicira: 8, stat: 7, since: V11 };
const FEATURES = { nicira: 9, stat: 8, since: V12 };

export interface GroupStatsRequest {
  type: "group_stats_request";
  /** OFPG.ALL for all. */
  groupId: number;
}

export const groupStatsRequestCodec: Codec<GroupStatsRequest> = {
  type: "group_stats_request",
  wires: wires("GROUP", "request", STATS),
  decode(r) {
    const groupId = r.u32();
    r.skip(4);
    return { type: "group_stats_request", groupId };
  },
  encode(w, m) {
    w.u32(m.groupId).zeros(4);
  },
};

/** Packets and bytes; null is unknown. */
export interface Counters {
  packets: number | null;
  bytes: number | null;
}

export interface GroupStats extends Counters {
  groupId: number;
  /** Flows that refer to it. */
  refCount: number;
  /** In the order of the buckets. */
  buckets: readonly Counters[];
  /** Not in OpenFlow 1.1 and 1.2: null. */
  durationMs: number | null;
}

export interface GroupStatsReply extends Multipart {
  type: "group_stats_reply";
  groups: GroupStats[];
}

/** OpenFlow 1.1 and 1.2 have no duration. */
function hasDuration(version: number): boolean {
  return version === V10 || version >= V13;
}

function decodeGroupStats(r: WireReader, version: number): GroupStats {
  const fixed = hasDuration(version) ? 40 : 32;
  const room = r.left;
  if (room < fixed) throw new OfpError("OFPBRC_BAD_LEN");
  const length = r.u16();
  if (length < fixed || length > room) throw new OfpError("OFPBRC_BAD_LEN");
  r.skip(2);
  const [groupId, refCount] = [r.u32(), r.u32()];
  r.skip(4);
  const [packets, bytes] = [r.counter(), r.counter()];
  const durationMs = hasDuration(version) ? readDuration(r) : null;
  const buckets: Counters[] = [];
  for (let at = fixed; at + 16 <= length; at += 16) {
    buckets.push({ packets: r.counter(), bytes: r.counter() });
  }
  r.skip((length - fixed) % 16);
  return { groupId, refCount, packets, bytes, durationMs, buckets };
}

export const groupStatsReplyCodec: Codec<GroupStatsReply> = {
  type: "group_stats_reply",
  wires: wires("GROUP", "reply", STATS),
  decode(r, { version }) {
    const groups: GroupStats[] = [];
    while (r.left > 0) groups.push(decodeGroupStats(r, version));
    return { type: "group_stats_reply", groups };
  },
  encode(w, m, version) {
    for (const group of m.groups) {
      const start = w.length;
      w.u16(0).zeros(2).u32(group.groupId).u32(group.refCount).zeros(4);
      w.counter(group.packets).counter(group.bytes);
      if (hasDuration(version)) writeDuration(w, group.durationMs);
      for (const { packets, bytes } of group.buckets) w.counter(packets).counter(bytes);
      w.setU16(start, w.length - start);
      w.mark();
    }
  },
};

export interface GroupDescRequest {
  type: "group_desc_request";
  /** OFPG.ALL for all, as always before OpenFlow 1.5. */
  groupId: number;
}

export const groupDescRequestCodec: Codec<GroupDescRequest> = {
  type: "group_desc_request",
  wires: wires("GROUP_DESC", "request", DESC),
  decode(r, { version }) {
    if (!isGroup15(version)) return { type: "group_desc_request", groupId: OFPG.ALL };
    const groupId = r.u32();
    r.skip(4);
    return { type: "group_desc_request", groupId };
  },
  encode(w, m, version) {
    if (isGroup15(version)) w.u32(m.groupId).zeros(4);
  },
};

export interface GroupDescReply extends Multipart {
  type: "group_desc_reply";
  groups: GroupDesc[];
}

function decodeGroupDesc(r: WireReader, version: number): GroupDesc {
  const fixed = isGroup15(version) ? 16 : 8;
  const room = r.left;
  if (room < fixed) throw new OfpError("OFPBRC_BAD_LEN");
  const length = r.u16();
  if (length < fixed || length > room) throw new OfpError("OFPBRC_BAD_LEN");
  const groupType = r.u8();
  r.skip(1);
  const groupId = r.u32();
  if (!isGroup15(version)) {
    const buckets = readBuckets(r.sub(length - fixed), version, groupType);
    return { groupId, groupType, buckets, selection: NO_SELECTION };
  }
  const bucketBytes = r.u16();
  r.skip(6);
  if (length < bucketBytes + fixed) throw new OfpError("OFPBRC_BAD_LEN");
  const buckets = readBuckets(r.sub(bucketBytes), version, groupType);
  const rest = r.sub(length - fixed - bucketBytes);
  const selection = readSelection(rest, groupType, GROUP_COMMAND.ADD);
  return { groupId, groupType, buckets, selection };
}

function encodeGroupDesc(w: WireWriter, group: GroupDesc, version: number): void {
  const start = w.length;
  const { groupType, groupId, buckets, selection } = group;
  w.u16(0).u8(groupType).zeros(1).u32(groupId);
  const is15 = isGroup15(version);
  if (is15) w.zeros(8);
  const bucketsAt = w.length;
  writeBuckets(w, buckets, version, groupType);
  if (is15) {
    w.setU16(start + 8, w.length - bucketsAt);
    writeSelection(w, selection, version);
  }
  w.setU16(start, w.length - start);
  w.mark();
}

export const groupDescReplyCodec: Codec<GroupDescReply> = {
  type: "group_desc_reply",
  wires: wires("GROUP_DESC", "reply", DESC),
  decode(r, { version }) {
    const groups: GroupDesc[] = [];
    while (r.left > 0) groups.push(decodeGroupDesc(r, version));
    return { type: "group_desc_reply", groups };
  },
  encode(w, m, version) {
    for (const group of m.groups) encodeGroupDesc(w, group, version);
  },
};

export interface GroupFeaturesRequest {
  type: "group_features_request";
}

export const groupFeaturesRequestCodec: Codec<GroupFeaturesRequest> = emptyCodec(
  "group_features_request",
  wires("GROUP_FEATURES", "request", FEATURES),
);

export interface GroupFeaturesReply {
  type: "group_features_reply";
  /** Bit N: group type N (all, select, indirect, fast failover). */
  types: number;
  capabilities: number;
  /** Per type. */
  maxGroups: readonly number[];
  /** Per type: bit N is OFPAT N. */
  actions: readonly number[];
}

export const groupFeaturesReplyCodec: Codec<GroupFeaturesReply> = {
  type: "group_features_reply",
  wires: wires("GROUP_FEATURES", "reply", FEATURES),
  decode: (r) => ({
    type: "group_features_reply",
    types: r.u32(),
    capabilities: r.u32(),
    maxGroups: [r.u32(), r.u32(), r.u32(), r.u32()],
    actions: [r.u32(), r.u32(), r.u32(), r.u32()],
  }),
  encode(w, m) {
    w.u32(m.types).u32(m.capabilities);
    for (let i = 0; i < 4; i++) w.u32(m.maxGroups[i] ?? 0);
    for (let i = 0; i < 4; i++) w.u32(m.actions[i] ?? 0);
  },
};

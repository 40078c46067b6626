// SPDX-License-Identifier: Apache-2.0
/**
 * Groups (OpenFlow 1.3.5 §7.3.4.2, §7.3.5.9 to §7.3.5.11). Buckets and entries are carried as
 * the bytes they are on the wire: the switch has no groups to put into them.
 */
import { type Codec, emptyCodec, LATEST, type Multipart, statsWires, V11, V12 } from "./codec.js";

export const GROUP_COMMAND = { ADD: 0, MODIFY: 1, DELETE: 2 } as const;
/** `OFPG_ALL`. */
export const GROUP_ALL = 0xfffffffc;

export interface GroupMod {
  type: "group_mod";
  command: number;
  groupType: number;
  groupId: number;
  buckets: Uint8Array;
}

export const groupModCodec: Codec<GroupMod> = {
  type: "group_mod",
  wires: [{ name: "OFPT_GROUP_MOD", versions: [V11, LATEST], type: 15 }],
  decode(r) {
    const command = r.u16();
    const groupType = r.u8();
    r.skip(1);
    return { type: "group_mod", command, groupType, groupId: r.u32(), buckets: r.rest() };
  },
  encode(w, m) {
    w.u16(m.command).u8(m.groupType).zeros(1).u32(m.groupId).append(m.buckets);
  },
};

export interface GroupStatsRequest {
  type: "group_stats_request";
  groupId: number;
}

export const groupStatsRequestCodec: Codec<GroupStatsRequest> = {
  type: "group_stats_request",
  wires: statsWires("OFPST_GROUP", "request", 6, V11),
  decode(r) {
    const groupId = r.u32();
    r.skip(4);
    return { type: "group_stats_request", groupId };
  },
  encode(w, m) {
    w.u32(m.groupId).zeros(4);
  },
};

export interface GroupStatsReply extends Multipart {
  type: "group_stats_reply";
  entries: Uint8Array;
}

export const groupStatsReplyCodec: Codec<GroupStatsReply> = {
  type: "group_stats_reply",
  wires: statsWires("OFPST_GROUP", "reply", 6, V11),
  decode: (r) => ({ type: "group_stats_reply", entries: r.rest() }),
  encode(w, m) {
    w.append(m.entries);
  },
};

export interface GroupDescRequest {
  type: "group_desc_request";
}

export const groupDescRequestCodec: Codec<GroupDescRequest> = emptyCodec(
  "group_desc_request",
  statsWires("OFPST_GROUP_DESC", "request", 7, V11),
);

export interface GroupDescReply extends Multipart {
  type: "group_desc_reply";
  entries: Uint8Array;
}

export const groupDescReplyCodec: Codec<GroupDescReply> = {
  type: "group_desc_reply",
  wires: statsWires("OFPST_GROUP_DESC", "reply", 7, V11),
  decode: (r) => ({ type: "group_desc_reply", entries: r.rest() }),
  encode(w, m) {
    w.append(m.entries);
  },
};

export interface GroupFeaturesRequest {
  type: "group_features_request";
}

export const groupFeaturesRequestCodec: Codec<GroupFeaturesRequest> = emptyCodec(
  "group_features_request",
  statsWires("OFPST_GROUP_FEATURES", "request", 8, V12),
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
  wires: statsWires("OFPST_GROUP_FEATURES", "reply", 8, V12),
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

// SPDX-License-Identifier: Apache-2.0
/** Messages about groups. */
import { GROUP_TYPE } from "../../openflow/group.js";
import type { GroupStats } from "../../openflow/messages/groups.js";
import { FORWARD_REASON } from "../../openflow/messages/request-forward.js";
import type { Group } from "../group.js";
import type { Ofproto } from "../ofproto.js";
import { GROUPS_MAX } from "../ofproto-groups.js";
import { forwardRequest } from "./forward-request.js";
import type { Handler } from "./handler.js";

/** OFPGFC_*: weights, liveness, chaining. */
const CAPABILITIES = 0x1 | 0x2 | 0x4;
/** Bit N: OFPAT N, in the versions that have more or fewer of them than OpenFlow 1.2. */
const ACTIONS_BY_VERSION: Record<number, number> = { 1: 0xfff, 2: 0x1ffe7ff };
const ACTIONS_12 = 0x3ff8001;

export const groupMod: Handler<"group_mod"> = (request, message) => {
  const { ofproto, connection, xid } = request;
  ofproto.flows.transact((transaction) => ofproto.groups.apply(transaction, message), {
    connection,
    xid,
  });
  forwardRequest(request, message, FORWARD_REASON.GROUP_MOD);
};

function statsOf(ofproto: Ofproto, group: Group, nowMs: number): GroupStats {
  const { groupId, packets, bytes, buckets, createdMs } = group;
  return {
    ...{ groupId, packets, bytes, durationMs: nowMs - createdMs },
    refCount: ofproto.flows.references.groupUses(groupId),
    buckets: buckets.map((bucket) => ({ packets: bucket.packets, bytes: bucket.bytes })),
  };
}

export const groupStats: Handler<"group_stats_request"> = (request, message) => {
  const { ofproto } = request;
  ofproto.hooks.syncStats?.();
  const nowMs = ofproto.clock.now();
  const groups = ofproto.groups.select(message.groupId);
  request.reply({
    type: "group_stats_reply",
    groups: groups.map((group) => statsOf(ofproto, group, nowMs)),
  });
};

export const groupDesc: Handler<"group_desc_request"> = (request, message) => {
  const groups = request.ofproto.groups.select(message.groupId);
  request.reply({ type: "group_desc_reply", groups });
};

export const groupFeatures: Handler<"group_features_request"> = (request) => {
  const actions = ACTIONS_BY_VERSION[request.connection.version] ?? ACTIONS_12;
  const types = Object.values(GROUP_TYPE);
  request.reply({
    type: "group_features_reply",
    types: types.reduce((bits: number, type) => bits | (1 << type), 0),
    capabilities: CAPABILITIES,
    maxGroups: types.map(() => GROUPS_MAX),
    actions: types.map(() => actions),
  });
};

// SPDX-License-Identifier: Apache-2.0
/** Messages about groups, in text. */
import { GROUP_COMMAND, OFPG } from "../../../openflow/group.js";
import { formatBucketId, formatGroup } from "../../../openflow/group-text.js";
import { isGroup15 } from "../../../openflow/messages/group-buckets.js";
import type {
  GroupDescReply,
  GroupDescRequest,
  GroupFeaturesReply,
  GroupMod,
  GroupStats,
  GroupStatsReply,
  GroupStatsRequest,
} from "../../../openflow/messages/groups.js";
import { durationText } from "./duration.js";
import type { PrintOptions } from "./options.js";
import { ACTIONS as ACTIONS_10 } from "./switch.js";
import { ACTIONS as ACTIONS_12 } from "./tables.js";

const COMMANDS: Record<number, string> = {
  [GROUP_COMMAND.ADD]: "ADD",
  [GROUP_COMMAND.MODIFY]: "MOD",
  [GROUP_COMMAND.ADD_OR_MOD]: "ADD_OR_MOD",
  [GROUP_COMMAND.DELETE]: "DEL",
  [GROUP_COMMAND.INSERT_BUCKET]: "INSERT_BUCKET",
  [GROUP_COMMAND.REMOVE_BUCKET]: "REMOVE_BUCKET",
};
const TYPES = ["all", "select", "indirect", "fast failover"];

/** `ofp_action_type` of OpenFlow 1.1, in order of printing. */
const ACTIONS_11 =
  "output:0 group:22 set_vlan_vid:1 set_vlan_pcp:2 strip_vlan:18 push_vlan:17 mod_dl_src:3 " +
  "mod_dl_dst:4 mod_nw_src:5 mod_nw_dst:6 mod_nw_tos:7 mod_nw_ecn:8 mod_nw_ttl:23 mod_tp_src:9 " +
  "mod_tp_dst:10 dec_ttl:24 set_mpls_label:13 set_mpls_tc:14 set_mpls_ttl:15 dec_mpls_ttl:16 " +
  "push_mpls:19 pop_mpls:20 set_queue:21";

function actionsOf(version: number): (readonly [bit: number, name: string])[] {
  if (version === 1) return ACTIONS_10.map(([name, bit]) => [bit, name]);
  if (version > 2) return [...ACTIONS_12];
  return ACTIONS_11.split(" ").map((item) => {
    const [name, bit] = item.split(":");
    return [Number(bit), name!];
  });
}

function actionBitNames(bits: number, version: number): string {
  const names = actionsOf(version).filter(([bit]) => bits & (1 << bit));
  return names.map(([, name]) => name).join(" ") || "<none>";
}

export function groupModText(m: GroupMod, { ports }: PrintOptions, version: number): string {
  const { INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
  const isAboutBuckets = m.command === INSERT_BUCKET || m.command === REMOVE_BUCKET;
  const command = COMMANDS[m.command] ?? `cmd:${m.command}`;
  const place =
    isAboutBuckets && isGroup15(version)
      ? `command_bucket_id:${formatBucketId(m.commandBucketId)},`
      : "";
  // The stock tool puts a comma where buckets would begin, and takes it away at the very end.
  return `\n ${command} ${place}${formatGroup(m, version, { ports }, !isAboutBuckets)}`;
}

function groupIdText(groupId: number): string {
  if (groupId === OFPG.ALL) return "ALL";
  return groupId === OFPG.ANY ? "ANY" : String(groupId);
}

/** Requests of all groups do not say so before OpenFlow 1.5, but print so. */
export function groupRequestText({ groupId }: GroupStatsRequest | GroupDescRequest): string {
  return ` group_id=${groupIdText(groupId)}`;
}

function statsText(group: GroupStats): string {
  const { groupId, durationMs, refCount, packets, bytes } = group;
  const duration = durationMs === null ? "" : `duration=${durationText(durationMs)},`;
  const buckets = group.buckets.map((bucket, i) =>
    bucket.packets === null
      ? ""
      : `,bucket${i}:packet_count=${bucket.packets},byte_count=${bucket.bytes ?? UNKNOWN}`,
  );
  return (
    `\n group_id=${groupId},${duration}ref_count=${refCount},` +
    `packet_count=${packets ?? UNKNOWN},byte_count=${bytes ?? UNKNOWN}${buckets.join("")}`
  );
}

/** How the stock tool prints a counter that is not known. */
const UNKNOWN = (2n ** 64n - 1n).toString();

export function groupStatsText({ groups }: GroupStatsReply): string {
  return groups.map(statsText).join("");
}

export function groupDescText(
  { groups }: GroupDescReply,
  { ports }: PrintOptions,
  version: number,
): string {
  return groups.map((group) => `\n ${formatGroup(group, version, { ports })}`).join("");
}

export function groupFeaturesText(
  m: GroupFeaturesReply,
  _options: PrintOptions,
  version: number,
): string {
  const types = TYPES.map((name, i) =>
    m.types & (1 << i)
      ? `    ${name} group:\n` +
        `       max_groups=0x${(m.maxGroups[i] ?? 0).toString(16)}\n` +
        `       actions: ${actionBitNames(m.actions[i] ?? 0, version)}\n`
      : "",
  );
  return (
    `\n Group table:\n    Types:  0x${m.types.toString(16)}\n` +
    `    Capabilities:  0x${m.capabilities.toString(16)}\n${types.join("")}`
  );
}

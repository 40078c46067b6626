// SPDX-License-Identifier: Apache-2.0
/** What a switch says about itself, in text. */
import type { FeaturesReply } from "../../../openflow/messages/features.js";
import type { RoleReply, RoleRequest } from "../../../openflow/messages/role.js";
import type { GetConfigReply, SetConfig } from "../../../openflow/messages/switch-config.js";
import type { DescReply } from "../../../openflow/messages/switch-desc.js";
import { bitNames, portListText } from "./ports.js";

const CAPABILITIES = [
  "FLOW_STATS",
  "TABLE_STATS",
  "PORT_STATS",
  "STP",
  "0x10",
  "IP_REASM",
  "QUEUE_STATS",
  "ARP_MATCH_IP",
  "PORT_BLOCKED",
];
/** In the order in which they are printed, with their bits. */
export const ACTIONS: readonly (readonly [string, number])[] = [
  ["output", 0],
  ["enqueue", 11],
  ["set_vlan_vid", 1],
  ["set_vlan_pcp", 2],
  ["strip_vlan", 3],
  ["mod_dl_src", 4],
  ["mod_dl_dst", 5],
  ["mod_nw_src", 6],
  ["mod_nw_dst", 7],
  ["mod_nw_tos", 8],
  ["mod_tp_src", 9],
  ["mod_tp_dst", 10],
];
const FRAGMENTS = ["normal", "drop", "reassemble", "nx-match"];
const ROLES = ["nochange", "equal", "primary", "secondary"];

/** How fragments are treated, from the flags of a configuration. */
export function fragmentsText(flags: number): string {
  return FRAGMENTS[flags & 3]!;
}

/** The flags for a way to treat fragments, undefined for what is none. */
export function fragmentsFromText(text: string): number | undefined {
  const at = FRAGMENTS.indexOf(text);
  return at < 0 ? undefined : at;
}

export function featuresText(message: FeaturesReply, version: number): string {
  const names = version === 1 ? CAPABILITIES : CAPABILITIES.with(3, "GROUP_STATS").with(7, "0x80");
  const auxiliary = message.auxiliaryId === 0 ? "" : `, auxiliary_id:${message.auxiliaryId}`;
  const actions = ACTIONS.filter(([, bit]) => message.actions & (1 << bit)).map(([name]) => name);
  return (
    ` dpid:${message.datapathId.toString(16).padStart(16, "0")}\n` +
    `n_tables:${message.nTables}, n_buffers:${message.nBuffers}${auxiliary}\n` +
    `capabilities: ${bitNames(message.capabilities, names)}\n` +
    (version === 1 ? `actions: ${actions.join(" ") || "0"}\n` : "") +
    (message.ports.length > 0 ? portListText(message.ports).slice(1) : "")
  );
}

export function configText({ flags, missSendLen }: GetConfigReply | SetConfig): string {
  const invalidTtl = flags & 4 ? " invalid_ttl_to_controller=1" : "";
  return ` frags=${fragmentsText(flags)} miss_send_len=${missSendLen}${invalidTtl}\n`;
}

export function descText(message: DescReply): string {
  return (
    `\nManufacturer: ${message.mfrDesc}\nHardware: ${message.hwDesc}\n` +
    `Software: ${message.swDesc}\nSerial Num: ${message.serialDesc}\n` +
    `DP Description: ${message.dpDesc}\n`
  );
}

export function roleText({ role, generationId }: RoleRequest | RoleReply): string {
  const generation = generationId == null ? "" : ` generation_id=${generationId}`;
  return ` role=${ROLES[role] ?? role}${generation}\n`;
}

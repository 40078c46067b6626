// SPDX-License-Identifier: Apache-2.0
import type { BundleConfig, VlanMode } from "../ofproto/ports.js";
import type { Row } from "../ovsdb/schema/database.js";

/** Without `vlan_mode`, a port with a tag is an access port and one without a trunk. */
function vlanMode(row: Row<"Port">): VlanMode {
  if (row.vlan_mode !== undefined) return row.vlan_mode;
  return row.tag === undefined ? "trunk" : "access";
}

function priorityTags(row: Row<"Port">): BundleConfig["priorityTags"] {
  const text = row.other_config.get("priority-tags");
  if (text === "if-nonzero" || text === "true") return "if-nonzero";
  return text === "always" ? "always" : "never";
}

/** VLAN configuration of a port: ovs-vswitchd.conf.db(5), Port table, "VLAN Configuration". */
export function bundleConfig(row: Row<"Port">): BundleConfig {
  const mode = vlanMode(row);
  const trunks = new Set(row.trunks);
  // The native VLAN of a trunk is always carried; untagged packets of a pure trunk are VLAN 0.
  if (trunks.size > 0 && mode.startsWith("native") && row.tag !== undefined) trunks.add(row.tag);
  const usesTrunks = mode !== "access" && mode !== "dot1q-tunnel";
  return {
    name: row.name,
    vlanMode: mode,
    tag: mode === "trunk" ? -1 : (row.tag ?? 0),
    trunks: usesTrunks && trunks.size > 0 ? trunks : null,
    cvlans: row.cvlans.length > 0 ? new Set(row.cvlans) : null,
    qinqEthertype: row.other_config.get("qinq-ethtype") === "802.1q" ? 0x8100 : 0x88a8,
    priorityTags: priorityTags(row),
    isProtected: row.protected,
  };
}

// SPDX-License-Identifier: Apache-2.0
import type { ChangeSet } from "../ovsdb/client-api.js";
import type { OpenVSwitchTables, OvsTableName } from "../ovsdb/schema/database.js";

/** Columns that the switch writes, or that mean nothing to it: a change asks for no work. */
const NO_CONFIGURATION: Readonly<Partial<Record<OvsTableName, readonly string[]>>> = {
  Open_vSwitch: [
    ...["cur_cfg", "statistics", "ovs_version", "db_version", "system_type", "system_version"],
    ...["datapath_types", "iface_types", "dpdk_initialized", "dpdk_version", "external_ids"],
    ...["datapaths", "manager_options"],
  ],
  Bridge: ["datapath_id", "datapath_version", "status", "rstp_status", "external_ids"],
  Port: ["status", "statistics", "rstp_status", "rstp_statistics", "external_ids"],
  Interface: [
    ...["ofport", "error", "admin_state", "link_state", "link_resets", "link_speed", "duplex"],
    ...["mac_in_use", "mtu", "ifindex", "status", "statistics", "external_ids", "bfd_status"],
    ...["cfm_fault", "cfm_fault_status", "cfm_flap_count", "cfm_health", "cfm_remote_mpids"],
    ...["cfm_remote_opstate", "lacp_current"],
  ],
  Controller: ["is_connected", "role", "status", "external_ids"],
};

/** Tables that only the embedded server, or nobody yet, reads. */
const OTHER_TABLES: ReadonlySet<OvsTableName> = new Set(["Manager", "Datapath", "CT_Zone"]);

/** Whether the switch has to look at its configuration again after these changes. */
export function isConfigChange(set: ChangeSet<OpenVSwitchTables>): boolean {
  return set.changes.some(({ table, type, columns }) => {
    if (OTHER_TABLES.has(table)) return false;
    const ignored = NO_CONFIGURATION[table];
    if (type !== "modify" || !ignored) return true;
    return [...columns].some((column) => !ignored.includes(column));
  });
}

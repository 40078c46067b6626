// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  integer,
  mapOf,
  one,
  oneOf,
  optional,
  range,
  ref,
  setOf,
  string,
  stringMap,
  type Table,
} from "./spec.js";

// Ports: one interface, or a bond of several.

/** Table Port, ovs-vswitchd.conf.db(5). */
export const port = {
  indexes: [["name"]],
  columns: {
    name: one(string, { immutable: true }),
    interfaces: setOf(ref("Interface"), { min: 1 }),
    trunks: setOf(range(0, 4095), { max: 4096 }),
    cvlans: setOf(range(0, 4095), { max: 4096 }),
    tag: optional(range(0, 4095)),
    vlan_mode: optional(
      oneOf("trunk", "access", "native-tagged", "native-untagged", "dot1q-tunnel"),
    ),
    qos: optional(ref("QoS")),
    mac: optional(string),
    bond_mode: optional(oneOf("balance-tcp", "balance-slb", "active-backup")),
    lacp: optional(oneOf("active", "passive", "off")),
    bond_updelay: one(integer),
    bond_downdelay: one(integer),
    bond_active_slave: optional(string),
    bond_fake_iface: one(boolean),
    fake_bridge: one(boolean),
    status: stringMap({ ephemeral: true }),
    rstp_status: stringMap({ ephemeral: true }),
    rstp_statistics: mapOf(string, integer, { ephemeral: true }),
    statistics: mapOf(string, integer, { ephemeral: true }),
    protected: one(boolean),
    other_config: stringMap(),
    external_ids: stringMap(),
  },
} as const satisfies Table;

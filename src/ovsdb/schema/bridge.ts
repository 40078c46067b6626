// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
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

// Bridges: OpenFlow switches.

/** Table Bridge, ovs-vswitchd.conf.db(5). */
export const bridge = {
  indexes: [["name"]],
  columns: {
    name: one(string, { immutable: true }),
    datapath_type: one(string),
    datapath_version: one(string),
    datapath_id: optional(string, { ephemeral: true }),
    stp_enable: one(boolean),
    rstp_enable: one(boolean),
    mcast_snooping_enable: one(boolean),
    ports: setOf(ref("Port")),
    mirrors: setOf(ref("Mirror")),
    netflow: optional(ref("NetFlow")),
    sflow: optional(ref("sFlow")),
    ipfix: optional(ref("IPFIX")),
    controller: setOf(ref("Controller")),
    protocols: setOf(
      oneOf("OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"),
    ),
    fail_mode: optional(oneOf("standalone", "secure")),
    status: stringMap({ ephemeral: true }),
    rstp_status: stringMap({ ephemeral: true }),
    other_config: stringMap(),
    external_ids: stringMap(),
    flood_vlans: setOf(range(0, 4095), { max: 4096 }),
    flow_tables: mapOf(range(0, 254), ref("Flow_Table")),
    auto_attach: optional(ref("AutoAttach")),
  },
} as const satisfies Table;

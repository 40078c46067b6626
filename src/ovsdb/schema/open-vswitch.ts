// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  integer,
  mapOf,
  one,
  optional,
  ref,
  setOf,
  string,
  stringMap,
  type Table,
} from "./spec.js";

// The switch itself: one row, the root of everything.

/** Table Open_vSwitch, ovs-vswitchd.conf.db(5). */
export const openVSwitch = {
  isRoot: true,
  maxRows: 1,
  columns: {
    datapaths: mapOf(string, ref("Datapath")),
    bridges: setOf(ref("Bridge")),
    manager_options: setOf(ref("Manager")),
    ssl: optional(ref("SSL")),
    other_config: stringMap(),
    external_ids: stringMap(),
    next_cfg: one(integer),
    cur_cfg: one(integer),
    statistics: stringMap({ ephemeral: true }),
    ovs_version: optional(string),
    db_version: optional(string),
    system_type: optional(string),
    system_version: optional(string),
    datapath_types: setOf(string),
    iface_types: setOf(string),
    dpdk_initialized: one(boolean),
    dpdk_version: optional(string),
  },
} as const satisfies Table;

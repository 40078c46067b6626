// SPDX-License-Identifier: Apache-2.0
import { one, optional, range, ref, setOf, string, stringMap, type Table } from "./spec.js";

// IPFIX export, per bridge and per flow sample.

/** Table IPFIX, ovs-vswitchd.conf.db(5). */
export const ipfix = {
  columns: {
    targets: setOf(string),
    sampling: optional(range(1, 4294967295)),
    obs_domain_id: optional(range(0, 4294967295)),
    obs_point_id: optional(range(0, 4294967295)),
    cache_active_timeout: optional(range(0, 4200)),
    cache_max_flows: optional(range(0, 4294967295)),
    other_config: stringMap(),
    external_ids: stringMap(),
  },
} as const satisfies Table;

/** Table Flow_Sample_Collector_Set, ovs-vswitchd.conf.db(5). */
export const flowSampleCollectorSet = {
  isRoot: true,
  indexes: [["id", "bridge"]],
  columns: {
    id: one(range(0, 4294967295)),
    bridge: one(ref("Bridge")),
    ipfix: optional(ref("IPFIX")),
    external_ids: stringMap(),
  },
} as const satisfies Table;

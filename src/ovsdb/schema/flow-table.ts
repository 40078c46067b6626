// SPDX-License-Identifier: Apache-2.0
import { oneOf, optional, range, setOf, string, stringMap, type Table } from "./spec.js";

// Limits and names of OpenFlow tables.

/** Table Flow_Table, ovs-vswitchd.conf.db(5). */
export const flowTable = {
  columns: {
    name: optional(string),
    flow_limit: optional(range(0)),
    overflow_policy: optional(oneOf("refuse", "evict")),
    groups: setOf(string),
    prefixes: setOf(string, { max: 3 }),
    external_ids: stringMap(),
  },
} as const satisfies Table;

// SPDX-License-Identifier: Apache-2.0
import { mapOf, one, optional, range, ref, string, stringMap, type Table } from "./spec.js";

// Quality of service: shapers and their queues.

/** Table QoS, ovs-vswitchd.conf.db(5). */
export const qos = {
  isRoot: true,
  columns: {
    type: one(string),
    queues: mapOf(range(0, 4294967295), ref("Queue")),
    other_config: stringMap(),
    external_ids: stringMap(),
  },
} as const satisfies Table;

/** Table Queue, ovs-vswitchd.conf.db(5). */
export const queue = {
  isRoot: true,
  columns: {
    dscp: optional(range(0, 63)),
    other_config: stringMap(),
    external_ids: stringMap(),
  },
} as const satisfies Table;

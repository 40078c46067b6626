// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  integer,
  one,
  oneOf,
  optional,
  range,
  string,
  stringMap,
  type Table,
} from "./spec.js";

// OpenFlow controllers, and managers of the database.

/** Table Controller, ovs-vswitchd.conf.db(5). */
export const controller = {
  columns: {
    type: optional(oneOf("primary", "service")),
    target: one(string),
    max_backoff: optional(range(1000)),
    inactivity_probe: optional(integer),
    connection_mode: optional(oneOf("in-band", "out-of-band")),
    local_ip: optional(string),
    local_netmask: optional(string),
    local_gateway: optional(string),
    enable_async_messages: optional(boolean),
    controller_queue_size: optional(range(1, 512)),
    controller_rate_limit: optional(range(100)),
    controller_burst_limit: optional(range(25)),
    other_config: stringMap(),
    external_ids: stringMap(),
    is_connected: one(boolean, { ephemeral: true }),
    role: optional(oneOf("other", "master", "slave"), { ephemeral: true }),
    status: stringMap({ ephemeral: true }),
  },
} as const satisfies Table;

/** Table Manager, ovs-vswitchd.conf.db(5). */
export const manager = {
  indexes: [["target"]],
  columns: {
    target: one(string),
    max_backoff: optional(range(1000)),
    inactivity_probe: optional(integer),
    connection_mode: optional(oneOf("in-band", "out-of-band")),
    other_config: stringMap(),
    external_ids: stringMap(),
    is_connected: one(boolean, { ephemeral: true }),
    status: stringMap({ ephemeral: true }),
  },
} as const satisfies Table;

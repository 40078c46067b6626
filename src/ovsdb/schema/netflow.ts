// SPDX-License-Identifier: Apache-2.0
import { boolean, one, optional, range, setOf, string, stringMap, type Table } from "./spec.js";

// NetFlow export.

/** Table NetFlow, ovs-vswitchd.conf.db(5). */
export const netFlow = {
  columns: {
    targets: setOf(string, { min: 1 }),
    engine_type: optional(range(0, 255)),
    engine_id: optional(range(0, 255)),
    add_id_to_interface: one(boolean),
    active_timeout: one(range(-1)),
    external_ids: stringMap(),
  },
} as const satisfies Table;

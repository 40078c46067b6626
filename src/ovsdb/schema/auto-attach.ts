// SPDX-License-Identifier: Apache-2.0
import { mapOf, one, range, string, type Table } from "./spec.js";

// Auto Attach over LLDP.

/** Table AutoAttach, ovs-vswitchd.conf.db(5). */
export const autoAttach = {
  columns: {
    system_name: one(string),
    system_description: one(string),
    mappings: mapOf(range(0, 16777215), range(0, 4095)),
  },
} as const satisfies Table;

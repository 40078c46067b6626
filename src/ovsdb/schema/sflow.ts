// SPDX-License-Identifier: Apache-2.0
import { integer, optional, setOf, string, stringMap, type Table } from "./spec.js";

// sFlow export.

/** Table sFlow, ovs-vswitchd.conf.db(5). */
export const sFlow = {
  columns: {
    targets: setOf(string, { min: 1 }),
    sampling: optional(integer),
    polling: optional(integer),
    header: optional(integer),
    agent: optional(string),
    external_ids: stringMap(),
  },
} as const satisfies Table;

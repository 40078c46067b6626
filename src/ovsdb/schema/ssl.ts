// SPDX-License-Identifier: Apache-2.0
import { boolean, one, string, stringMap, type Table } from "./spec.js";

// Keys and certificates of the switch.

/** Table SSL, ovs-vswitchd.conf.db(5). */
export const ssl = {
  maxRows: 1,
  columns: {
    private_key: one(string),
    certificate: one(string),
    ca_cert: one(string),
    bootstrap_ca_cert: one(boolean),
    external_ids: stringMap(),
  },
} as const satisfies Table;

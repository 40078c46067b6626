// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  integer,
  mapOf,
  one,
  optional,
  range,
  setOf,
  string,
  stringMap,
  type Table,
  weakRef,
} from "./spec.js";

// Copies of traffic for observers.

/** Table Mirror, ovs-vswitchd.conf.db(5). */
export const mirror = {
  columns: {
    name: one(string),
    select_all: one(boolean),
    select_src_port: setOf(weakRef("Port")),
    select_dst_port: setOf(weakRef("Port")),
    select_vlan: setOf(range(0, 4095), { max: 4096 }),
    output_port: optional(weakRef("Port")),
    output_vlan: optional(range(1, 4095)),
    snaplen: optional(range(14, 65535)),
    statistics: mapOf(string, integer, { ephemeral: true }),
    external_ids: stringMap(),
  },
} as const satisfies Table;

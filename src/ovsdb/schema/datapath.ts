// SPDX-License-Identifier: Apache-2.0
import { mapOf, one, oneOf, optional, range, ref, string, stringMap, type Table } from "./spec.js";

// Datapaths and their connection-tracking zones.

/** Table Datapath, ovs-vswitchd.conf.db(5). */
export const datapath = {
  columns: {
    datapath_version: one(string),
    ct_zones: mapOf(range(0, 65535), ref("CT_Zone")),
    capabilities: stringMap(),
    external_ids: stringMap(),
  },
} as const satisfies Table;

/** Table CT_Zone, ovs-vswitchd.conf.db(5). */
export const ctZone = {
  columns: {
    timeout_policy: optional(ref("CT_Timeout_Policy")),
    external_ids: stringMap(),
  },
} as const satisfies Table;

/** Table CT_Timeout_Policy, ovs-vswitchd.conf.db(5). */
export const ctTimeoutPolicy = {
  columns: {
    timeouts: mapOf(
      oneOf(
        "tcp_syn_sent",
        "tcp_syn_recv",
        "tcp_established",
        "tcp_fin_wait",
        "tcp_close_wait",
        "tcp_last_ack",
        "tcp_time_wait",
        "tcp_close",
        "tcp_syn_sent2",
        "tcp_retransmit",
        "tcp_unack",
        "udp_first",
        "udp_single",
        "udp_multiple",
        "icmp_first",
        "icmp_reply",
      ),
      range(0, 4294967295),
    ),
    external_ids: stringMap(),
  },
} as const satisfies Table;

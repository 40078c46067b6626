// SPDX-License-Identifier: Apache-2.0
/** Asynchronous messages, which answer no request. */
export const UNASKED: ReadonlySet<string> = new Set([
  ...[
    "packet_in",
    "nx_packet_in",
    "nx_packet_in2",
    "flow_removed",
    "port_status",
    "role_status",
    "table_status",
  ],
  ...["request_forward", "flow_monitor_reply", "flow_monitor_paused", "flow_monitor_resumed"],
]);

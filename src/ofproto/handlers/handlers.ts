// SPDX-License-Identifier: Apache-2.0
/** What the switch answers: one line per message. */
import * as bundle from "./bundle-handlers.js";
import * as connection from "./connection-handlers.js";
import * as extension from "./extension-handlers.js";
import * as flow from "./flow-handlers.js";
import * as group from "./group-handlers.js";
import type { Handlers } from "./handler.js";
import * as meter from "./meter-handlers.js";
import * as monitor from "./monitor-handlers.js";
import { packetOut } from "./packet-out-handler.js";
import * as port from "./port-handlers.js";
import { resume } from "./resume-handler.js";
import * as sw from "./switch-handlers.js";
import * as table from "./table-handlers.js";

export const HANDLERS: Handlers = {
  error: connection.error,
  echo_request: connection.echoRequest,
  echo_reply: connection.echoReply,
  barrier_request: connection.barrier,
  role_request: connection.role,
  get_async_request: connection.getAsync,
  set_async: connection.setAsync,
  flow_mod_table_id: connection.flowModTableId,
  set_flow_format: connection.setFlowFormat,
  set_packet_in_format: connection.setPacketInFormat,
  set_controller_id: connection.setControllerId,
  flow_age: connection.flowAge,
  features_request: sw.features,
  get_config_request: sw.getConfig,
  set_config: sw.setConfig,
  desc_request: sw.description,
  port_desc_request: port.portDesc,
  port_stats_request: port.portStats,
  port_mod: port.portMod,
  queue_stats_request: port.queueStats,
  queue_get_config_request: port.queueConfig,
  flow_mod: flow.flowMod,
  flow_stats_request: flow.flowStats,
  aggregate_request: flow.aggregate,
  table_stats_request: table.tableStats,
  table_mod: table.tableMod,
  table_desc_request: table.tableDesc,
  table_features_request: table.tableFeatures,
  packet_out: packetOut,
  nx_resume: resume,
  group_mod: group.groupMod,
  group_stats_request: group.groupStats,
  group_desc_request: group.groupDesc,
  group_features_request: group.groupFeatures,
  meter_mod: meter.meterMod,
  meter_stats_request: meter.meterStats,
  meter_config_request: meter.meterConfig,
  meter_features_request: meter.meterFeatures,
  flow_monitor_request: monitor.flowMonitor,
  flow_monitor_cancel: monitor.flowMonitorCancel,
  tlv_table_mod: extension.tlvTableMod,
  tlv_table_request: extension.tlvTable,
  ct_flush: extension.ctFlush,
  ct_flush_zone: extension.ctFlushZone,
  ipfix_bridge_request: extension.ipfix,
  ipfix_flow_request: extension.ipfix,
  bundle_control: bundle.bundleControl,
  bundle_add: bundle.bundleAdd,
};

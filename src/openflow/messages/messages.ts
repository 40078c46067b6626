// SPDX-License-Identifier: Apache-2.0
/**
 * All OpenFlow messages: one line per message in the type and in the table.
 */
import * as async from "./async-config.js";
import * as barrier from "./barrier.js";
import * as bundle from "./bundle.js";
import * as ct from "./ct-flush.js";
import * as echo from "./echo.js";
import * as error from "./error.js";
import * as features from "./features.js";
import * as flowMod from "./flow-mod.js";
import * as monitor from "./flow-monitor.js";
import * as flowRemoved from "./flow-removed.js";
import * as flowStats from "./flow-stats.js";
import * as updates from "./flow-updates.js";
import { type Decoded, MessageSet } from "./frame.js";
import * as groups from "./groups.js";
import * as hello from "./hello.js";
import * as ipfix from "./ipfix-stats.js";
import * as meters from "./meters.js";
import * as nicira from "./nicira-settings.js";
import * as packetIn2 from "./nx-packet-in2.js";
import * as packetIn from "./packet-in.js";
import * as packetOut from "./packet-out.js";
import * as port from "./port-desc.js";
import * as portStats from "./port-stats.js";
import * as queueConfig from "./queue-config.js";
import * as forward from "./request-forward.js";
import * as role from "./role.js";
import * as switchConfig from "./switch-config.js";
import * as switchDesc from "./switch-desc.js";
import * as tableFeatures from "./table-features.js";
import * as tableMod from "./table-mod.js";
import * as tableStats from "./table-stats.js";
import * as tlv from "./tlv-table.js";

export type OfMessage =
  | hello.Hello
  | error.ErrorMessage
  | echo.EchoRequest
  | echo.EchoReply
  | features.FeaturesRequest
  | features.FeaturesReply
  | switchConfig.GetConfigRequest
  | switchConfig.GetConfigReply
  | switchConfig.SetConfig
  | packetIn.PacketIn
  | packetIn.NxPacketIn
  | packetIn2.NxPacketIn2
  | packetIn2.NxResume
  | flowRemoved.FlowRemoved
  | port.PortStatus
  | packetOut.PacketOutMessage
  | flowMod.FlowMod
  | groups.GroupMod
  | port.PortMod
  | tableMod.TableMod
  | tableMod.TableStatus
  | meters.MeterMod
  | barrier.BarrierRequest
  | barrier.BarrierReply
  | queueConfig.QueueGetConfigRequest
  | queueConfig.QueueGetConfigReply
  | role.RoleRequest
  | role.RoleReply
  | role.RoleStatus
  | async.GetAsyncRequest
  | async.GetAsyncReply
  | async.SetAsync
  | bundle.BundleControl
  | bundle.BundleAdd
  | nicira.FlowModTableId
  | nicira.SetFlowFormat
  | nicira.SetPacketInFormat
  | nicira.SetControllerId
  | nicira.FlowAge
  | switchDesc.DescRequest
  | switchDesc.DescReply
  | flowStats.FlowStatsRequest
  | flowStats.FlowStatsReply
  | flowStats.AggregateRequest
  | flowStats.AggregateReply
  | tableStats.TableStatsRequest
  | tableStats.TableStatsReply
  | portStats.PortStatsRequest
  | portStats.PortStatsReply
  | portStats.QueueStatsRequest
  | portStats.QueueStatsReply
  | port.PortDescRequest
  | port.PortDescReply
  | groups.GroupStatsRequest
  | groups.GroupStatsReply
  | groups.GroupDescRequest
  | groups.GroupDescReply
  | groups.GroupFeaturesRequest
  | groups.GroupFeaturesReply
  | meters.MeterStatsRequest
  | meters.MeterStatsReply
  | meters.MeterConfigRequest
  | meters.MeterConfigReply
  | meters.MeterFeaturesRequest
  | meters.MeterFeaturesReply
  | tableFeatures.TableFeaturesRequest
  | tableFeatures.TableFeaturesReply
  | tableMod.TableDescRequest
  | tableMod.TableDescReply
  | monitor.FlowMonitorRequest
  | updates.FlowMonitorReply
  | monitor.FlowMonitorCancel
  | monitor.FlowMonitorPaused
  | monitor.FlowMonitorResumed
  | forward.RequestForward
  | tlv.TlvTableMod
  | tlv.TlvTableRequest
  | tlv.TlvTableReply
  | ct.CtFlush
  | ct.CtFlushZone
  | ipfix.IpfixBridgeRequest
  | ipfix.IpfixBridgeReply
  | ipfix.IpfixFlowRequest
  | ipfix.IpfixFlowReply;

export type OfMessageType = OfMessage["type"];

const CODECS = [
  hello.helloCodec,
  error.errorCodec,
  echo.echoRequestCodec,
  echo.echoReplyCodec,
  features.featuresRequestCodec,
  features.featuresReplyCodec,
  switchConfig.getConfigRequestCodec,
  switchConfig.getConfigReplyCodec,
  switchConfig.setConfigCodec,
  packetIn.packetInCodec,
  packetIn.nxPacketInCodec,
  packetIn2.nxPacketIn2Codec,
  packetIn2.nxResumeCodec,
  flowRemoved.flowRemovedCodec,
  port.portStatusCodec,
  packetOut.packetOutCodec,
  flowMod.flowModCodec,
  groups.groupModCodec,
  port.portModCodec,
  tableMod.tableModCodec,
  tableMod.tableStatusCodec,
  meters.meterModCodec,
  barrier.barrierRequestCodec,
  barrier.barrierReplyCodec,
  queueConfig.queueGetConfigRequestCodec,
  queueConfig.queueGetConfigReplyCodec,
  role.roleRequestCodec,
  role.roleReplyCodec,
  role.roleStatusCodec,
  async.getAsyncRequestCodec,
  async.getAsyncReplyCodec,
  async.setAsyncCodec,
  bundle.bundleControlCodec,
  bundle.bundleAddCodec,
  nicira.flowModTableIdCodec,
  nicira.setFlowFormatCodec,
  nicira.setPacketInFormatCodec,
  nicira.setControllerIdCodec,
  nicira.flowAgeCodec,
  switchDesc.descRequestCodec,
  switchDesc.descReplyCodec,
  flowStats.flowStatsRequestCodec,
  flowStats.flowStatsReplyCodec,
  flowStats.aggregateRequestCodec,
  flowStats.aggregateReplyCodec,
  tableStats.tableStatsRequestCodec,
  tableStats.tableStatsReplyCodec,
  portStats.portStatsRequestCodec,
  portStats.portStatsReplyCodec,
  portStats.queueStatsRequestCodec,
  portStats.queueStatsReplyCodec,
  port.portDescRequestCodec,
  port.portDescReplyCodec,
  groups.groupStatsRequestCodec,
  groups.groupStatsReplyCodec,
  groups.groupDescRequestCodec,
  groups.groupDescReplyCodec,
  groups.groupFeaturesRequestCodec,
  groups.groupFeaturesReplyCodec,
  meters.meterStatsRequestCodec,
  meters.meterStatsReplyCodec,
  meters.meterConfigRequestCodec,
  meters.meterConfigReplyCodec,
  meters.meterFeaturesRequestCodec,
  meters.meterFeaturesReplyCodec,
  tableFeatures.tableFeaturesRequestCodec,
  tableFeatures.tableFeaturesReplyCodec,
  tableMod.tableDescRequestCodec,
  tableMod.tableDescReplyCodec,
  monitor.flowMonitorRequestCodec,
  updates.flowMonitorReplyCodec,
  monitor.flowMonitorCancelCodec,
  monitor.flowMonitorPausedCodec,
  monitor.flowMonitorResumedCodec,
  forward.requestForwardCodec,
  tlv.tlvTableModCodec,
  tlv.tlvTableRequestCodec,
  tlv.tlvTableReplyCodec,
  ct.ctFlushCodec,
  ct.ctFlushZoneCodec,
  ipfix.ipfixBridgeRequestCodec,
  ipfix.ipfixBridgeReplyCodec,
  ipfix.ipfixFlowRequestCodec,
  ipfix.ipfixFlowReplyCodec,
];

const ALL = new MessageSet<OfMessage>(CODECS);

/** Decodes one whole message (header included). Throws OfpError for anything wrong with it. */
export function decodeMessage(
  bytes: Uint8Array,
  options: { flowModTableId?: boolean } = {},
): Decoded<OfMessage> {
  return ALL.decode(bytes, options);
}

/** Encodes a message: one buffer, or several for a multipart reply of more than 64 KB. Throws
 * OfpError where `version` cannot say it. */
export function encodeMessage(message: OfMessage, version: number, xid: number): Uint8Array[] {
  return ALL.encode(message, version, xid);
}

/** `OFPT_FLOW_MOD`, `OFPST_FLOW request` …; undefined for what is unknown. */
export function messageName(bytes: Uint8Array): string | undefined {
  return ALL.nameOf(bytes);
}

/** Where every message lives on the wire. */
export function messageWires(): ReturnType<typeof ALL.wires> {
  return ALL.wires();
}

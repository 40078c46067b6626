// SPDX-License-Identifier: Apache-2.0
/** Whole OpenFlow messages in text, in the words of the stock tools. */
import { OfpError } from "../../../openflow/errors.js";
import { HEADER_BYTES, readHeader } from "../../../openflow/messages/frame.js";
import {
  decodeMessage,
  messageName,
  type OfMessage,
  type OfMessageType,
} from "../../../openflow/messages/messages.js";
import { formatMeterFeatures } from "../../../openflow/meter-text.js";
import { versionSuffix } from "../versions.js";
import {
  aggregateReplyText,
  flowFilterText,
  flowModText,
  flowRemovedText,
  flowStatsReplyText,
} from "./flows.js";
import {
  groupDescText,
  groupFeaturesText,
  groupModText,
  groupRequestText,
  groupStatsText,
} from "./groups.js";
import { hexDump } from "./hex-dump.js";
import { meterConfigText, meterModText, meterRequestText, meterStatsText } from "./meters.js";
import type { PrintOptions } from "./options.js";
import { packetInText, packetOutText } from "./packets.js";
import {
  portListText,
  portModText,
  portStatsReplyText,
  portStatsRequestText,
  portStatusText,
  queueConfigReplyText,
  queueConfigRequestText,
  queueStatsReplyText,
  queueStatsRequestText,
} from "./ports.js";
import { asyncText, echoText, helloText } from "./session.js";
import { configText, descText, featuresText, roleText } from "./switch.js";
import { tableFeaturesText, tableModText, tableStatsText } from "./tables.js";

type Of<T extends OfMessageType> = Extract<OfMessage, { type: T }>;
type Printer<T extends OfMessageType> = (
  message: Of<T>,
  options: PrintOptions,
  version: number,
) => string;

/** What follows the header, by type of message; the others have nothing to say. */
const PRINTERS: { readonly [T in OfMessageType]?: Printer<T> } = {
  hello: helloText,
  echo_request: echoText,
  echo_reply: echoText,
  error: errorText,
  features_reply: (message, _options, version) => featuresText(message, version),
  get_config_reply: configText,
  set_config: configText,
  desc_reply: descText,
  role_request: roleText,
  role_reply: roleText,
  packet_in: packetInText,
  nx_packet_in: packetInText,
  nx_packet_in2: packetInText,
  packet_out: packetOutText,
  flow_mod: flowModText,
  flow_removed: flowRemovedText,
  flow_stats_request: flowFilterText,
  flow_stats_reply: flowStatsReplyText,
  aggregate_request: flowFilterText,
  aggregate_reply: aggregateReplyText,
  port_status: portStatusText,
  port_mod: portModText,
  port_desc_reply: (message) => portListText(message.ports),
  port_stats_request: portStatsRequestText,
  port_stats_reply: portStatsReplyText,
  queue_stats_request: queueStatsRequestText,
  queue_stats_reply: queueStatsReplyText,
  queue_get_config_request: queueConfigRequestText,
  queue_get_config_reply: queueConfigReplyText,
  group_mod: groupModText,
  group_stats_request: groupRequestText,
  group_stats_reply: groupStatsText,
  group_desc_request: groupRequestText,
  group_desc_reply: groupDescText,
  group_features_reply: groupFeaturesText,
  meter_mod: meterModText,
  meter_stats_request: meterRequestText,
  meter_stats_reply: meterStatsText,
  meter_config_request: meterRequestText,
  meter_config_reply: meterConfigText,
  meter_features_reply: formatMeterFeatures,
  table_mod: tableModText,
  table_stats_reply: (message, _options, version) => tableStatsText(message, version),
  table_features_reply: tableFeaturesText,
  get_async_reply: asyncText,
  set_async: asyncText,
  flow_mod_table_id: ({ enable }) => ` ${enable ? "enable" : "disable"}`,
  set_flow_format: ({ format }) => ` format=${format === 0 ? "openflow10" : "nxm"}`,
  set_packet_in_format: ({ format }) =>
    ` format=${["standard", "nxt_packet_in", "nxt_packet_in2"][format] ?? format}`,
  set_controller_id: ({ controllerId }) => ` id=${controllerId}`,
};

function errorText({ code, wire, data }: Of<"error">, options: PrintOptions): string {
  const numbers = `type ${wire?.type ?? 0}, code ${wire?.code ?? 0}`;
  const name = code ?? `(unknown error: ${numbers})`;
  if (name.startsWith("OFPHFC_")) return ` ${name}\n${Buffer.from(data).toString()}\n`;
  return ` ${name}\n${printMessage(data, { ...options, verbosity: 1 })}`;
}

function bodyText(message: OfMessage, options: PrintOptions, version: number): string {
  const printer = PRINTERS[message.type] as Printer<OfMessageType> | undefined;
  return printer?.(message, options, version) ?? "";
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** Text of one message, which ends with a newline. Bytes that are no message are dumped. */
export function printMessage(bytes: Uint8Array, options: PrintOptions): string {
  if (bytes.length < HEADER_BYTES) {
    return `OpenFlow packet too short (only ${bytes.length} bytes):\n${hexDump(bytes)}`;
  }
  const { version, xid, length } = readHeader(bytes);
  const name = messageName(bytes);
  if (name === undefined) {
    return `***decode error***\n${hexDump(bytes)}`;
  }
  const head = `${name}${versionSuffix(version)} (xid=0x${xid.toString(16)}):`;
  if (length > bytes.length) {
    const note = `(***truncated to ${bytes.length} bytes from ${length}***)`;
    return `${head}\n${note}\n${hexDump(bytes)}`;
  }
  if (length < bytes.length) {
    const note = `(***only uses ${length} bytes out of ${bytes.length}***)`;
    return `${head}\n${note}\n${hexDump(bytes)}`;
  }
  try {
    const { message } = decodeMessage(bytes, { flowModTableId: true });
    const dump = options.verbosity >= 5 ? hexDump(bytes) : "";
    return withNewline(head + bodyText(message, options, version)) + dump;
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    return `${head} ***decode error: ${error.code}***\n${hexDump(bytes)}`;
  }
}

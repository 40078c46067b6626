// SPDX-License-Identifier: Apache-2.0
/** Packets that pass between switch and controller, in text. */
import { formatMatch } from "../../../openflow/match-text.js";
import type { NxPacketIn2 } from "../../../openflow/messages/nx-packet-in2.js";
import type { NxPacketIn, PacketIn } from "../../../openflow/messages/packet-in.js";
import type { PacketOutMessage } from "../../../openflow/messages/packet-out.js";
import { NO_BUFFER } from "../../../openflow/messages/port-number.js";
import { formatPort } from "../../../openflow/text/ports.js";
import { actionsText } from "./actions.js";
import { hexDump } from "./hex-dump.js";
import type { PrintOptions } from "./options.js";
import { packetText } from "./packet-text.js";

const REASONS = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"];
const NO_COOKIE = 0xffffffffffffffffn;

function packetBody(data: Uint8Array, verbosity: number): string {
  const summary = verbosity > 0 ? packetText(data) : "";
  return summary + (verbosity > 2 ? hexDump(data, false) : "");
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(".");
}

export function packetInText(
  message: PacketIn | NxPacketIn | NxPacketIn2,
  { verbosity, ports }: PrintOptions,
): string {
  const { data, totalLength, bufferId, reason, cookie, tableId } = message;
  const table = tableId === 0 ? "" : ` table_id=${tableId}`;
  const cookieText = cookie === NO_COOKIE ? "" : ` cookie=0x${cookie.toString(16)}`;
  const metadata = formatMatch(message.metadata, undefined, ports);
  const lengths = totalLength === data.length ? "" : " (***total_len != data_len***)";
  const buffer =
    bufferId === NO_BUFFER
      ? ` (unbuffered)${lengths}`
      : ` buffer=0x${bufferId.toString(16).padStart(8, "0")}`;
  const userdata =
    message.type === "nx_packet_in2" && message.userdata
      ? ` userdata=${hexBytes(message.userdata)}\n`
      : "";
  return (
    `${table}${cookiePart(message, cookieText)} total_len=${totalLength} ${metadata} ` +
    `(via ${REASONS[reason] ?? reason}) data_len=${data.length}${buffer}\n` +
    userdata +
    packetBody(data, verbosity)
  );
}

/** The standard message of OpenFlow 1.0 has no cookie. */
function cookiePart(message: { type: string; cookie: bigint }, text: string): string {
  return message.type === "packet_in" && message.cookie === 0n ? "" : text;
}

export function packetOutText(
  message: PacketOutMessage,
  { verbosity, ports }: PrintOptions,
): string {
  const { inPort, actions, bufferId, data } = message;
  const head = ` in_port=${formatPort(inPort, ports)} actions=${actionsText(actions, ports)}`;
  if (bufferId !== NO_BUFFER) {
    return `${head} buffer=0x${bufferId.toString(16).padStart(8, "0")}\n`;
  }
  const packet = verbosity > 0 && data.length > 0 ? `\n${packetBody(data, verbosity)}` : "\n";
  return `${head} data_len=${data.length}${packet}`;
}

// SPDX-License-Identifier: Apache-2.0
/** Messages about the connection itself, in text. */
import type { GetAsyncReply, SetAsync } from "../../../openflow/messages/async-config.js";
import type { EchoReply, EchoRequest } from "../../../openflow/messages/echo.js";
import type { Hello } from "../../../openflow/messages/hello.js";
import { hexDump } from "./hex-dump.js";
import type { PrintOptions } from "./options.js";

export function helloText({ versions }: Hello): string {
  const list = versions.map((version) => `0x${version.toString(16).padStart(2, "0")}`);
  return `\n version bitmap: ${list.join(", ")}\n`;
}

export function echoText({ data }: EchoRequest | EchoReply, { verbosity }: PrintOptions): string {
  return ` ${data.length} bytes of payload\n${verbosity > 1 ? hexDump(data) : ""}`;
}

const REASONS = {
  packetIn: ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"],
  portStatus: ["add", "delete", "modify"],
  flowRemoved: ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"],
};

function reasons(mask: number, names: readonly string[]): string {
  const known = names.map((name, bit) => (mask & (1 << bit) ? ` ${name}` : "")).join("");
  return known === "" ? " (off)" : known;
}

export function asyncText(message: GetAsyncReply | SetAsync): string {
  return ["primary", "secondary"]
    .map((role, i) => {
      const line = (label: string, mask: number, names: readonly string[]): string =>
        `${label.padStart(16)}:${reasons(mask, names)}\n`;
      return (
        `\n ${role}:\n` +
        line("PACKET_IN", message.packetIn[i]!, REASONS.packetIn) +
        line("PORT_STATUS", message.portStatus[i]!, REASONS.portStatus) +
        line("FLOW_REMOVED", message.flowRemoved[i]!, REASONS.flowRemoved)
      );
    })
    .join("");
}

// SPDX-License-Identifier: Apache-2.0
/** Messages about the connection itself, in text. */
import {
  ASYNC_KINDS,
  type GetAsyncReply,
  type SetAsync,
} from "../../../openflow/messages/async-config.js";
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
  roleStatus: ["primary_request", "configuration_changed", "experimenter_data_changed"],
  tableStatus: ["", "", "", "vacancy_down", "vacancy_up"],
  requestForward: ["group_mod_request", "meter_mod_request"],
};

const LABELS = {
  packetIn: "PACKET_IN",
  portStatus: "PORT_STATUS",
  flowRemoved: "FLOW_REMOVED",
  roleStatus: "ROLE_STATUS",
  tableStatus: "TABLE_STATUS",
  requestForward: "REQUESTFORWARD",
};

function reasons(mask: number, names: readonly string[]): string {
  const known = names.map((name, bit) => (mask & (1 << bit) ? ` ${name}` : "")).join("");
  return known === "" ? " (off)" : known;
}

export function asyncText(message: GetAsyncReply | SetAsync): string {
  return ["primary", "secondary"]
    .map((role, i) => {
      const lines = ASYNC_KINDS.map((kind) => {
        const mask = message.masks[kind]?.[i] ?? 0;
        return `${LABELS[kind].padStart(16)}:${reasons(mask, REASONS[kind])}\n`;
      });
      return `\n ${role}:\n${lines.join("")}`;
    })
    .join("");
}

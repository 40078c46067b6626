// SPDX-License-Identifier: Apache-2.0
/** Controller rows and OpenFlow settings of a Bridge row, as an Ofproto takes them. */
import { RateLimit, vlog } from "../lib/log.js";
import {
  type ControllerConfig,
  type ControllerStatus,
  type FailMode,
  OFP_VERSION,
} from "../ofproto/ofproto-types.js";
import type { Row, RowValues } from "../ovsdb/schema/database.js";
import { configInteger } from "./config-values.js";

const log = vlog("bridge");
const limit = new RateLimit(1, 5);

const VERSIONS: Readonly<Record<string, number>> = {
  OpenFlow10: OFP_VERSION.OF10,
  OpenFlow11: OFP_VERSION.OF11,
  OpenFlow12: OFP_VERSION.OF12,
  OpenFlow13: OFP_VERSION.OF13,
  OpenFlow14: OFP_VERSION.OF14,
  OpenFlow15: OFP_VERSION.OF15,
};

/** Wire numbers of `Bridge.protocols`. */
export function protocolVersions(row: Row<"Bridge">): number[] {
  return row.protocols.map((name) => VERSIONS[name]!).sort((a, b) => a - b);
}

export function failMode(row: Row<"Bridge">): FailMode {
  return row.fail_mode === "secure" ? "secure" : "standalone";
}

/** In-band control, and with it the local addresses of a row, is refused: a controller is reached
 * over the machine's own network. */
function refuseInBand(row: Row<"Controller">): void {
  if (row.connection_mode !== "in-band") return;
  log.warn(`${row.target}: in-band control is not supported, connecting out of band`, limit);
}

function controllerConfig(row: Row<"Controller">): ControllerConfig {
  return {
    target: row.target,
    maxBackoffMs: row.max_backoff ?? 8000,
    inactivityProbeMs: row.inactivity_probe ?? 5000,
    ...(row.controller_rate_limit === undefined ? {} : { rateLimit: row.controller_rate_limit }),
    ...(row.controller_burst_limit === undefined ? {} : { burstLimit: row.controller_burst_limit }),
    type: row.type ?? "primary",
    enableAsyncMessages: row.enable_async_messages ?? true,
    ...(row.controller_queue_size === undefined ? {} : { maxQueued: row.controller_queue_size }),
    dscp: configInteger(row.other_config, "dscp", 48, 0, 63),
  };
}

/** One entry per target, in order of target. */
export function controllerConfigs(row: Row<"Bridge">): ControllerConfig[] {
  for (const each of row.controller) refuseInBand(each);
  const byTarget = new Map(row.controller.map((each) => [each.target, controllerConfig(each)]));
  return [...byTarget.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

/** What a Controller row's status columns are to say. */
export function controllerColumns(status: ControllerStatus | undefined): RowValues<"Controller"> {
  if (!status) return { is_connected: false, role: undefined, status: new Map() };
  const text = new Map<string, string>();
  if (status.lastError !== undefined) text.set("last_error", status.lastError);
  text.set("state", status.state);
  if (status.secSinceConnect !== undefined) {
    text.set("sec_since_connect", String(status.secSinceConnect));
  }
  if (status.secSinceDisconnect !== undefined) {
    text.set("sec_since_disconnect", String(status.secSinceDisconnect));
  }
  return { is_connected: status.isConnected, role: status.role, status: text };
}

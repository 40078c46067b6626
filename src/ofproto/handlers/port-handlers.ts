// SPDX-License-Identifier: Apache-2.0
/** Messages about ports and queues. */
import { OfpError } from "../../openflow/errors.js";
import { V10, V14 } from "../../openflow/messages/codec.js";
import { PORT_REASON } from "../../openflow/messages/port-desc.js";
import { QUEUE_ALL } from "../../openflow/messages/port-number.js";
import type { PortStatsEntry, QueueStatsEntry } from "../../openflow/messages/port-stats.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import type { Ofproto } from "../ofproto.js";
import type { OfPort, PortStats, QueueStats } from "../ofproto-port.js";
import type { Handler } from "./handler.js";

/** The last number of an ordinary port. */
const PORT_MAX = 0xfeff;

/** A port without a device to ask. */
const NO_STATS: PortStats = {
  ...{ rxPackets: null, txPackets: null, rxBytes: null, txBytes: null },
  ...{ rxDropped: null, txDropped: null, rxErrors: null, txErrors: null },
  ...{ rxFrameErr: null, rxOverErr: null, rxCrcErr: null, collisions: null },
};

export const portDesc: Handler<"port_desc_request"> = (request, message) => {
  const { ports } = request.ofproto;
  const one = message.port === undefined ? undefined : ports.get(message.port);
  const all = message.port === undefined ? [...ports.values()] : [];
  request.reply({ type: "port_desc_reply", ports: one ? [one] : all });
};

function portStatsEntry(ofproto: Ofproto, port: OfPort): PortStatsEntry {
  const stats = ofproto.hooks.portStats?.(port) ?? NO_STATS;
  return { port: port.ofpPort, ...stats, durationMs: ofproto.portAgeMs(port.ofpPort) };
}

/** An unknown port has no statistics: an empty reply, as from the stock switch. */
export const portStats: Handler<"port_stats_request"> = (request, message) => {
  const { ofproto } = request;
  const all = [...ofproto.ports.values()];
  const ports = all.filter((p) => message.port === OFPP.NONE || p.ofpPort === message.port);
  const entries = ports.map((port) => portStatsEntry(ofproto, port));
  request.reply({ type: "port_stats_reply", ports: entries });
};

export const portMod: Handler<"port_mod"> = ({ ofproto, connection }, message) => {
  const port = ofproto.ports.get(message.port);
  if (!port) throw new OfpError("OFPPMFC_BAD_PORT");
  if (!port.hwAddr.every((byte, i) => byte === message.hwAddr[i])) {
    throw new OfpError("OFPPMFC_BAD_HW_ADDR");
  }
  const oldConfig = port.config;
  port.config = (oldConfig & ~message.mask) | (message.config & message.mask);
  if (port.config === oldConfig) return;
  ofproto.hooks.onPortConfig?.(port, oldConfig);
  ofproto.sendPortStatus(port, PORT_REASON.MODIFY, connection);
};

/** Ports that a request is about. Throws OFPQOFC_BAD_PORT for one that does not exist. */
function portsOf(ofproto: Ofproto, ofpPort: number): readonly OfPort[] {
  if (ofpPort === OFPP.NONE) return [...ofproto.ports.values()];
  const port = ofproto.ports.get(ofpPort);
  if (!port) throw new OfpError("OFPQOFC_BAD_PORT");
  return [port];
}

function queueStatsEntry(queue: QueueStats): QueueStatsEntry {
  const { queueId, txBytes, txPackets, txErrors } = queue;
  return {
    ...{ port: queue.ofpPort, queueId, txBytes, txPackets, txErrors },
    durationMs: queue.ageMs,
  };
}

export const queueStats: Handler<"queue_stats_request"> = (request, message) => {
  const { ofproto } = request;
  const queues = portsOf(ofproto, message.port).flatMap((port) => [
    ...(ofproto.hooks.queueStats?.(port) ?? []),
  ]);
  const wanted = queues.filter(
    ({ queueId }) => message.queueId === QUEUE_ALL || queueId === message.queueId,
  );
  if (wanted.length === 0 && message.queueId !== QUEUE_ALL) throw new OfpError("OFPQOFC_BAD_QUEUE");
  request.reply({ type: "queue_stats_reply", queues: wanted.map(queueStatsEntry) });
};

export const queueConfig: Handler<"queue_get_config_request"> = (request, message) => {
  const { ofproto, connection } = request;
  // Before OpenFlow 1.4 only ordinary ports can be asked for.
  const isReserved = message.port > PORT_MAX && message.port !== OFPP.NONE;
  const isAny = message.port === OFPP.NONE && connection.version === V10;
  if (isAny || (isReserved && connection.version < V14)) throw new OfpError("OFPQOFC_BAD_PORT");
  const queues = portsOf(ofproto, message.port)
    .flatMap((port) => [...(ofproto.hooks.queueStats?.(port) ?? [])])
    .filter(({ queueId }) => message.queueId === QUEUE_ALL || queueId === message.queueId);
  if (queues.length === 0 && message.queueId !== QUEUE_ALL) throw new OfpError("OFPQOFC_BAD_QUEUE");
  request.reply({
    type: "queue_get_config_reply",
    port: message.port,
    queues: queues.map(({ ofpPort, queueId }) => ({ port: ofpPort, queueId })),
  });
};

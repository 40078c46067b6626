// SPDX-License-Identifier: Apache-2.0
/** Ports, their counters and their queues in text. */
import type { PortDesc, PortMod, PortStatus } from "../../../openflow/messages/port-desc.js";
import { QUEUE_ALL } from "../../../openflow/messages/port-number.js";
import type {
  PortStatsEntry,
  PortStatsReply,
  PortStatsRequest,
  QueueStatsReply,
  QueueStatsRequest,
} from "../../../openflow/messages/port-stats.js";
import type {
  QueueGetConfigReply,
  QueueGetConfigRequest,
} from "../../../openflow/messages/queue-config.js";
import { formatMac } from "../../../openflow/text/addresses.js";
import { formatPort } from "../../../openflow/text/ports.js";
import { durationText } from "./duration.js";
import type { PrintOptions } from "./options.js";

const FEATURES = [
  "10MB-HD",
  "10MB-FD",
  "100MB-HD",
  "100MB-FD",
  "1GB-HD",
  "1GB-FD",
  "10GB-FD",
  "40GB-FD",
  "100GB-FD",
  "1TB-FD",
  "OTHER",
  "COPPER",
  "FIBER",
  "AUTO_NEG",
  "AUTO_PAUSE",
  "AUTO_PAUSE_ASYM",
];
const CONFIG = [
  "PORT_DOWN",
  "NO_STP",
  "NO_RECV",
  "NO_RECV_STP",
  "NO_FLOOD",
  "NO_FWD",
  "NO_PACKET_IN",
];
const STATE = ["LINK_DOWN", "BLOCKED", "LIVE"];
const STP_STATES = ["", "STP_LEARN", "STP_FORWARD", "STP_BLOCK"];
const REASONS = ["ADD", "DEL", "MOD"];

/** The names of the bits that are set, `0` for none, hexadecimal for bits without a name. */
export function bitNames(bits: number, names: readonly string[]): string {
  if (bits === 0) return "0";
  const known = names.filter((_, bit) => bits & (1 << bit));
  const rest = names.reduce((left, _, bit) => left & ~(1 << bit), bits) >>> 0;
  return [...known, ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join(" ");
}

function stateNames(state: number): string {
  const stp = STP_STATES[(state >> 8) & 3]!;
  const plain = state & ~0x300;
  if (stp === "") return bitNames(plain, STATE);
  return plain === 0 ? stp : `${bitNames(plain, STATE)} ${stp}`;
}

/** A port with its settings, one line each. */
export function portDescText(port: PortDesc): string {
  const line = (label: string, value: string): string => `     ${label.padEnd(12)}${value}\n`;
  const features = (label: string, bits: number): string =>
    bits === 0 ? "" : line(label, bitNames(bits, FEATURES));
  return (
    ` ${formatPort(port.ofpPort)}(${port.name}): addr:${formatMac(port.hwAddr)}\n` +
    line("config:", bitNames(port.config, CONFIG)) +
    line("state:", stateNames(port.state)) +
    features("current:", port.curr) +
    features("advertised:", port.advertised) +
    features("supported:", port.supported) +
    features("peer:", port.peer) +
    `     speed: ${Math.floor(port.currSpeed / 1000)} Mbps now, ` +
    `${Math.floor(port.maxSpeed / 1000)} Mbps max\n`
  );
}

/** Ports in order of their numbers, as the stock tools print them. */
export function portListText(ports: readonly PortDesc[]): string {
  const sorted = [...ports].sort((a, b) => a.ofpPort - b.ofpPort);
  return `\n${sorted.map(portDescText).join("")}`;
}

export function portStatusText({ reason, port }: PortStatus): string {
  return ` ${REASONS[reason] ?? `${reason}`}:${portDescText(port)}`;
}

export function portModText(message: PortMod, { ports }: PrintOptions): string {
  const advertise = message.advertise === 0 ? "UNCHANGED" : bitNames(message.advertise, FEATURES);
  return (
    ` port: ${formatPort(message.port, ports)}: addr:${formatMac(message.hwAddr)}\n` +
    `     config: ${bitNames(message.config & message.mask, CONFIG)}\n` +
    `     mask:   ${bitNames(message.mask, CONFIG)}\n` +
    `     advertise: ${advertise}\n`
  );
}

/** `name=value` pairs; unknown values show as `?`. */
function counters(...pairs: readonly (readonly [string, number | null])[]): string {
  return pairs.map(([name, value]) => `${name}=${value ?? "?"}`).join(", ");
}

function portStatsText(entry: PortStatsEntry, { ports }: PrintOptions): string {
  const rx = counters(
    ["pkts", entry.rxPackets],
    ["bytes", entry.rxBytes],
    ["drop", entry.rxDropped],
    ["errs", entry.rxErrors],
    ["frame", entry.rxFrameErr],
    ["over", entry.rxOverErr],
    ["crc", entry.rxCrcErr],
  );
  const tx = counters(
    ["pkts", entry.txPackets],
    ["bytes", entry.txBytes],
    ["drop", entry.txDropped],
    ["errs", entry.txErrors],
    ["coll", entry.collisions],
  );
  const duration =
    entry.durationMs === null ? "" : `           duration=${durationText(entry.durationMs)}\n`;
  const indent = entry.port < 10 ? " " : "";
  const port = `  port ${indent}${formatPort(entry.port, ports)}`;
  return `${port}: rx ${rx}\n           tx ${tx}\n${duration}`;
}

export function portStatsRequestText({ port }: PortStatsRequest, { ports }: PrintOptions): string {
  return ` port_no=${formatPort(port, ports)}`;
}

export function portStatsReplyText(reply: PortStatsReply, options: PrintOptions): string {
  const { ports } = reply;
  return ` ${ports.length} ports\n${ports.map((each) => portStatsText(each, options)).join("")}`;
}

function queueName(queue: number): string {
  return queue === QUEUE_ALL ? "ALL" : `${queue}`;
}

export function queueStatsRequestText(
  { port, queueId }: QueueStatsRequest,
  { ports }: PrintOptions,
): string {
  return ` port=${formatPort(port, ports)} queue=${queueName(queueId)}`;
}

export function queueStatsReplyText({ queues }: QueueStatsReply, { ports }: PrintOptions): string {
  const lines = queues.map((queue) => {
    const values = counters(
      ["bytes", queue.txBytes],
      ["pkts", queue.txPackets],
      ["errors", queue.txErrors],
    );
    const duration = queue.durationMs === null ? "?" : durationText(queue.durationMs);
    const port = formatPort(queue.port, ports);
    return `  port ${port} queue ${queueName(queue.queueId)}: ${values}, duration=${duration}\n`;
  });
  return ` ${queues.length} queues\n${lines.join("")}`;
}

export function queueConfigRequestText(
  { port }: QueueGetConfigRequest,
  { ports }: PrintOptions,
): string {
  return ` port=${formatPort(port, ports)}`;
}

/** Tenths of a percent as a percentage; more than 1000 means that no limit is set. */
function rateText(name: string, rate: number | undefined): string {
  if (rate === undefined) return "";
  if (rate > 1000) return ` ${name}:(disabled)`;
  return ` ${name}:${Math.floor(rate / 10)}.${rate % 10}%`;
}

export function queueConfigReplyText(
  { port, queues }: QueueGetConfigReply,
  { ports }: PrintOptions,
): string {
  const lines = [...queues]
    .sort((a, b) => a.queueId - b.queueId)
    .map(({ queueId, minRate, maxRate }) => {
      const rates = rateText("min_rate", minRate) + rateText("max_rate", maxRate);
      return `queue ${queueId}:${rates}\n`;
    });
  return ` port=${formatPort(port, ports)}\n${lines.join("")}`;
}

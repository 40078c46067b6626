// SPDX-License-Identifier: Apache-2.0
/** How dumps describe a datapath port. */
import type { PmdInfo, PortInfo, PortStatistics } from "../dpif/dpif.js";

/** `dpdk: mtu=1500, …` or `tap`. */
export function portTypeText(type: string, config: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = pairs.map(([key, value]) => `${key}=${value}`).join(", ");
  return text === "" ? type : `${type}: ${text}`;
}

/** A port's line in `dpctl/show`; kernel devices have no type. */
export function dpctlPortLine(
  port: Pick<PortInfo, "portNo" | "name" | "displayType" | "config">,
): string {
  const type = ` (${portTypeText(port.displayType, port.config)})`;
  return `  port ${port.portNo}: ${port.name}${port.displayType === "system" ? "" : type}\n`;
}

const UNITS = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
] as const;

function humanSize(bytes: number): string {
  const unit = UNITS.find(([, size]) => bytes >= size);
  return unit ? ` (${(bytes / unit[1]).toFixed(1)} ${unit[0]})` : "";
}

/** The counters under a port's line of `dpctl/show -s`. */
export function dpctlStatistics(stats: PortStatistics): string {
  // The stock daemon's own text, missing line feed and all, where a device keeps no counters.
  if (stats.rx_packets === undefined) return ", could not retrieve stats (Protocol error)";
  const value = (name: string): string => String(stats[name] ?? "?");
  // Kernel devices keep these two, which have no name in the database.
  const kernel = stats.rx_frame_err === undefined ? "?" : "0";
  const [rx, tx] = [stats.rx_bytes ?? 0, stats.tx_bytes ?? 0];
  return [
    `    RX packets:${value("rx_packets")} errors:${value("rx_errors")} ` +
      `dropped:${value("rx_dropped")} overruns:${value("rx_over_err")} ` +
      `frame:${value("rx_frame_err")}\n`,
    `    TX packets:${value("tx_packets")} errors:${value("tx_errors")} ` +
      `dropped:${value("tx_dropped")} aborted:${kernel} carrier:${kernel}\n`,
    `    collisions:${value("collisions")}\n`,
    `    RX bytes:${rx}${humanSize(rx)}  TX bytes:${tx}${humanSize(tx)}\n`,
  ].join("");
}

export interface LookupSums {
  readonly hit: number;
  readonly missed: number;
  readonly lost: number;
}

/** Lookups of all threads: passes that found a flow, that went to the control thread, that were
 * lost on the way there. */
export function lookupSums(pmds: readonly PmdInfo[]): LookupSums {
  const sums = { hit: 0, missed: 0, lost: 0 };
  for (const { counters: c } of pmds) {
    sums.hit += c.phwolHits + c.simpleMatchHits + c.emcHits + c.smcHits + c.megaflowHits;
    sums.missed += c.upcallsSucceeded;
    sums.lost += c.upcallsFailed;
  }
  return sums;
}

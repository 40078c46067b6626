// SPDX-License-Identifier: Apache-2.0
/** What a device is, as OpenFlow and the Interface table describe it. */
import type { PortInfo, PortStatistics } from "../dpif/dpif.js";
import {
  type OfPort,
  PORT_CONFIG,
  PORT_FEATURE,
  PORT_STATE,
  type PortStats,
} from "../ofproto/ofproto-port.js";
import type { CustomCounter } from "../openflow/messages/port-stats.js";
import type { SizeCounters } from "../openflow/messages/port-stats-properties.js";
import type { RowValues } from "../ovsdb/schema/database.js";
import { formatMac } from "./config-values.js";

const FULL_DUPLEX: readonly (readonly [bps: number, feature: number])[] = [
  [10e6, PORT_FEATURE["10MB_FD"]],
  [100e6, PORT_FEATURE["100MB_FD"]],
  [1e9, PORT_FEATURE["1GB_FD"]],
  [10e9, PORT_FEATURE["10GB_FD"]],
  [40e9, PORT_FEATURE["40GB_FD"]],
  [100e9, PORT_FEATURE["100GB_FD"]],
  [1e12, PORT_FEATURE["1TB_FD"]],
];

const HALF_DUPLEX: readonly (readonly [bps: number, feature: number])[] = [
  [10e6, PORT_FEATURE["10MB_HD"]],
  [100e6, PORT_FEATURE["100MB_HD"]],
  [1e9, PORT_FEATURE["1GB_HD"]],
];

function currentFeatures(info: PortInfo): number {
  if (info.linkSpeed === 0) return 0;
  const table = info.fullDuplex ? FULL_DUPLEX : HALF_DUPLEX;
  const speed = table.find(([bps]) => bps === info.linkSpeed)?.[1] ?? PORT_FEATURE.OTHER;
  return info.type === "dpdk" ? speed : speed | PORT_FEATURE.COPPER;
}

/** The parts of an OpenFlow port that the device decides. `config` is what it was: only the bit
 * for "down" is the device's. */
export function ofPortAttributes(info: PortInfo, config: number): Omit<OfPort, "ofpPort" | "name"> {
  const curr = currentFeatures(info);
  const kbps = Math.min(info.linkSpeed / 1000, 0xffffffff);
  return {
    hwAddr: info.mac,
    config: (config & ~PORT_CONFIG.DOWN) | (info.adminUp ? 0 : PORT_CONFIG.DOWN),
    state: info.linkUp ? PORT_STATE.LIVE : PORT_STATE.LINK_DOWN,
    ...{ curr, advertised: 0, supported: 0, peer: 0 },
    ...{ currSpeed: kbps, maxSpeed: 0 },
  };
}

/** A patch port: there is no device, it is always up. */
export function patchPortAttributes(mac: Uint8Array): Omit<OfPort, "ofpPort" | "name"> {
  return {
    hwAddr: mac,
    config: 0,
    state: PORT_STATE.LIVE,
    ...{ curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
  };
}

/** OpenFlow's counters of a device; null is what it does not keep. */
export function ofPortStats(stats: PortStatistics): PortStats {
  const value = (name: string): number | null => stats[name] ?? null;
  return {
    rxPackets: value("rx_packets"),
    txPackets: value("tx_packets"),
    rxBytes: value("rx_bytes"),
    txBytes: value("tx_bytes"),
    rxDropped: value("rx_dropped"),
    txDropped: value("tx_dropped"),
    rxErrors: value("rx_errors"),
    txErrors: value("tx_errors"),
    rxFrameErr: value("rx_frame_err"),
    rxOverErr: value("rx_over_err"),
    rxCrcErr: value("rx_crc_err"),
    collisions: value("collisions"),
    ...extraStats(stats),
  };
}

/** Names of `Interface.statistics` that are RFC 2819's counters. */
const SIZE_NAMES: Readonly<Record<string, keyof SizeCounters>> = {
  rx_1_to_64_packets: "rx1To64",
  rx_65_to_127_packets: "rx65To127",
  rx_128_to_255_packets: "rx128To255",
  rx_256_to_511_packets: "rx256To511",
  rx_512_to_1023_packets: "rx512To1023",
  rx_1024_to_1522_packets: "rx1024To1522",
  rx_1523_to_max_packets: "rx1523ToMax",
  tx_1_to_64_packets: "tx1To64",
  tx_65_to_127_packets: "tx65To127",
  tx_128_to_255_packets: "tx128To255",
  tx_256_to_511_packets: "tx256To511",
  tx_512_to_1023_packets: "tx512To1023",
  tx_1024_to_1522_packets: "tx1024To1522",
  tx_1523_to_max_packets: "tx1523ToMax",
  tx_multicast_packets: "txMulticast",
  rx_broadcast_packets: "rxBroadcast",
  tx_broadcast_packets: "txBroadcast",
  rx_undersized_errors: "rxUndersized",
  rx_oversize_errors: "rxOversize",
  rx_fragmented_errors: "rxFragmented",
  rx_jabber_errors: "rxJabber",
};

/** Counters that every interface may have, but OpenFlow has no place for. */
const UNSAID = /^(rx_multicast_packets|[rt]x_\w*_errors?)$/;
/** Those that have one. */
const BASIC = /^([rt]x_(packets|bytes|dropped|errors)|rx_(frame|over|crc)_err|collisions)$/;

/** What OpenFlow 1.4+ has room for: counters by size, and those of the device's own. */
function extraStats(stats: PortStatistics): Pick<PortStats, "sizes" | "custom"> {
  const sizes: SizeCounters = {};
  const custom: CustomCounter[] = [];
  for (const [name, value] of Object.entries(stats)) {
    const size = SIZE_NAMES[name];
    if (size) sizes[size] = value;
    else if (!BASIC.test(name) && !UNSAID.test(name)) custom.push({ name, value });
  }
  return { sizes, custom };
}

/** Columns of an Interface row that describe its device now. */
export function interfaceStatusColumns(info: PortInfo): RowValues<"Interface"> {
  const hasFeatures = info.linkSpeed > 0;
  return {
    admin_state: info.adminUp ? "up" : "down",
    link_state: info.linkUp ? "up" : "down",
    link_resets: info.linkResets,
    link_speed: hasFeatures ? info.linkSpeed : undefined,
    duplex: hasFeatures ? (info.fullDuplex ? "full" : "half") : undefined,
    mac_in_use: formatMac(info.mac),
    mtu: info.mtu,
    ifindex: info.ifindex,
    status: info.status,
  };
}

export function patchStatusColumns(mac: Uint8Array): RowValues<"Interface"> {
  return {
    admin_state: "up",
    link_state: "up",
    link_resets: 0,
    ...{ link_speed: undefined, duplex: undefined, mtu: undefined },
    mac_in_use: formatMac(mac),
    ifindex: 0,
    status: {},
  };
}

/** A row whose interface does not exist, as after a failed attempt. */
export const NO_STATUS_COLUMNS: RowValues<"Interface"> = {
  ...{ admin_state: undefined, link_state: undefined, link_resets: undefined },
  ...{ link_speed: undefined, duplex: undefined, mac_in_use: undefined, mtu: undefined },
  ...{ ifindex: undefined, status: {}, statistics: {}, lacp_current: undefined },
};

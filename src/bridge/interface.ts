// SPDX-License-Identifier: Apache-2.0
import type { PortConfig } from "../dpif/dpif.js";
import { NO_DP_PORT, type XPort } from "../ofproto/ports.js";
import type { Row } from "../ovsdb/schema/database.js";
import { isMulticastMac, isZeroMac, parseMac, toRecord } from "./config-values.js";

/** An interface as the database wants it. */
export interface WantedInterface {
  readonly name: string;
  /** The netdev's type: "internal" for the local port, "system" for "". */
  readonly type: string;
  /** The Port row that it is of; undefined for a local port that the database does not have. */
  readonly port: Row<"Port"> | undefined;
  readonly row: Row<"Interface"> | undefined;
}

/** An interface that exists: on the datapath, or as one end of a patch. */
export interface ActiveInterface {
  readonly name: string;
  readonly type: string;
  readonly ofpPort: number;
  readonly xport: XPort;
  wanted: WantedInterface;
  /** What was applied last, to see what changed. */
  applied: string;
  /** Of a patch port; others have their device's. */
  readonly patchMac: Uint8Array | undefined;
}

/** Why an interface does not exist, or does not work: the text for `Interface.error`. */
export interface InterfaceFailure {
  readonly wanted: WantedInterface;
  readonly error: string;
}

export function isPatch(wanted: WantedInterface): boolean {
  return wanted.type === "patch";
}

/** Whether the interface has a device on the datapath. */
export function hasDevice(active: ActiveInterface): boolean {
  return active.xport.dpPort !== NO_DP_PORT;
}

/** What a bridge's rows ask for, by interface name. The local port is there even if the database
 * has none. */
export function wantedInterfaces(bridge: Row<"Bridge">): Map<string, WantedInterface> {
  const wanted = new Map<string, WantedInterface>();
  for (const port of bridge.ports) {
    for (const row of port.interfaces) {
      const isLocal = row.name === bridge.name;
      const type = isLocal ? "internal" : row.type === "" ? "system" : row.type;
      wanted.set(row.name, { name: row.name, type, port, row });
    }
  }
  if (!wanted.has(bridge.name)) {
    wanted.set(bridge.name, {
      ...{ name: bridge.name, type: "internal", port: undefined, row: undefined },
    });
  }
  return wanted;
}

/** The device's configuration. `localMac` is the bridge's own address, for its local port. */
export function portConfig(
  wanted: WantedInterface,
  localMac: Uint8Array | undefined,
  bridgeName: string,
): PortConfig {
  const { row } = wanted;
  const ownMac = wanted.name === bridgeName ? undefined : usableMac(row?.mac);
  const mac = wanted.name === bridgeName ? localMac : ownMac;
  return {
    name: wanted.name,
    type: wanted.type,
    options: row ? toRecord(row.options) : {},
    otherConfig: row ? toRecord(row.other_config) : {},
    ...(row?.mtu_request === undefined ? {} : { mtuRequest: row.mtu_request }),
    ...(mac ? { mac } : {}),
  };
}

function usableMac(text: string | undefined): Uint8Array | undefined {
  const mac = parseMac(text);
  return mac && !isMulticastMac(mac) && !isZeroMac(mac) ? mac : undefined;
}

/** Equal texts mean equal configurations. */
export function configText(config: PortConfig): string {
  return JSON.stringify({ ...config, mac: config.mac ? [...config.mac] : null });
}

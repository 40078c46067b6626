// SPDX-License-Identifier: Apache-2.0
/** Writes what the switch has become into the database. */
import type { Transaction } from "../ovsdb/client-api.js";
import type { OpenVSwitchTables, Row, RowValues } from "../ovsdb/schema/database.js";
import { type Bridge, OFPORT_LOCAL } from "./bridge.js";
import { controllerColumns } from "./controllers.js";
import type { Datapath } from "./datapath.js";
import { type ActiveInterface, hasDevice } from "./interface.js";
import {
  interfaceStatusColumns,
  NO_STATUS_COLUMNS,
  patchStatusColumns,
} from "./port-attributes.js";

export type OvsTransaction = Transaction<OpenVSwitchTables>;

/** What keeps an interface that exists from working, if anything does. */
function problemOf(
  bridge: Bridge,
  active: ActiveInterface,
  datapath: Datapath,
  patchErrors: ReadonlyMap<string, string>,
): string | undefined {
  const failed = bridge.failures.get(active.name)?.error;
  if (failed !== undefined) return failed;
  if (!hasDevice(active)) return patchErrors.get(active.name);
  return datapath.dpif.port(active.xport.dpPort)?.problem;
}

/** Number, error and state of every interface, identity of the bridge, state of its controllers. */
export function writeBridgeStatus(
  txn: OvsTransaction,
  bridge: Bridge,
  datapath: Datapath,
  patchErrors: ReadonlyMap<string, string>,
): void {
  for (const active of bridge.interfaces.values()) {
    const { row } = active.wanted;
    if (!row || row._deleted) continue;
    const info = hasDevice(active) ? datapath.dpif.port(active.xport.dpPort) : undefined;
    txn.update(row, {
      ofport: active.name === bridge.name ? OFPORT_LOCAL : active.ofpPort,
      error: problemOf(bridge, active, datapath, patchErrors),
      ...(info ? interfaceStatusColumns(info) : patchStatusColumns(active.patchMac!)),
    });
  }
  for (const { wanted, error } of bridge.failures.values()) {
    const { row } = wanted;
    if (!row || row._deleted || bridge.interfaces.has(wanted.name)) continue;
    txn.update(row, { ...NO_STATUS_COLUMNS, ofport: -1, error });
  }
  if (bridge.row._deleted) return;
  txn.update(bridge.row, { datapath_id: bridge.datapathId, datapath_version: "<built-in>" });
  writeControllers(txn, bridge);
}

function writeControllers(txn: OvsTransaction, bridge: Bridge): void {
  const status = new Map(bridge.ofproto.controllerStatus().map((each) => [each.target, each]));
  for (const row of bridge.row.controller) {
    if (!row._deleted) txn.update(row, controllerColumns(status.get(row.target)));
  }
}

/** `Interface.statistics` of all ports of a bridge. */
export function writeStatistics(txn: OvsTransaction, bridge: Bridge, datapath: Datapath): void {
  for (const active of bridge.interfaces.values()) {
    const { row } = active.wanted;
    if (!row || row._deleted) continue;
    txn.update(row, { statistics: statisticsOf(active, datapath) });
  }
}

function statisticsOf(active: ActiveInterface, { dpif }: Datapath): Record<string, number> {
  if (hasDevice(active)) return { ...dpif.portStatistics(active.xport.dpPort) };
  const { rxBytes, rxPackets, txBytes, txPackets } = active.xport;
  return { rx_bytes: rxBytes, rx_packets: rxPackets, tx_bytes: txBytes, tx_packets: txPackets };
}

/** Only columns of a row that is still there. */
export function writeRoot(
  txn: OvsTransaction,
  row: Row<"Open_vSwitch">,
  values: RowValues<"Open_vSwitch">,
): void {
  if (!row._deleted) txn.update(row, values);
}

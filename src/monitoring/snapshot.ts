// SPDX-License-Identifier: Apache-2.0
/** The switch at one moment, as metrics need it: read once per scrape. */

import type { PerfShow } from "../../pmd/stats/perf-show.js";
import type { StallState } from "../../pmd/stats/stalls.js";
import { USAGE_SECONDS_MAX } from "../../pmd/stats/usage-history.js";
import type { Bridge } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Datapath } from "../bridge/datapath.js";
import { type ActiveInterface, hasDevice } from "../bridge/interface.js";
import type { Dpif, PmdInfo, PortInfo, PortStatistics } from "../dpif/dpif.js";
import type { Row } from "../ovsdb/schema/database.js";
import type { SlowpathStats } from "../slowpath/slowpath.js";
import { countEvents } from "./event-counts.js";
import { memoryUsage } from "./memory-usage.js";
import { pmdThreadSwitches, type ThreadSwitches } from "./thread-switches.js";

export interface BridgeSnapshot {
  readonly name: string;
  readonly datapathType: string;
  readonly ports: number;
  readonly interfaces: number;
  /** OpenFlow rules. */
  readonly flows: number;
}

export interface InterfaceSnapshot {
  readonly name: string;
  readonly bridge: string;
  readonly port: string;
  readonly type: string;
  readonly ofport: number;
  /** Undefined: the local port of a bridge that has no rows for it. */
  readonly row: Row<"Interface"> | undefined;
  /** Undefined: a patch port, or it does not exist (then `error` says why). */
  readonly info: PortInfo | undefined;
  readonly error: string | undefined;
  readonly statistics: PortStatistics;
}

/** A PMD thread, and what it measures. */
export interface PmdSnapshot {
  readonly info: PmdInfo;
  readonly perf: PerfShow | undefined;
  readonly switches: ThreadSwitches | undefined;
  readonly stalls: StallState | undefined;
}

export interface DatapathSnapshot {
  readonly type: string;
  readonly name: string;
  readonly flows: number;
  readonly hit: number;
  readonly missed: number;
  readonly lost: number;
  readonly ports: number;
  /** Tables that lookups went through, and how many there are now. */
  readonly masksHit: number;
  readonly masks: number;
}

export interface Snapshot {
  readonly root: Row<"Open_vSwitch"> | undefined;
  readonly bridges: readonly BridgeSnapshot[];
  readonly interfaces: readonly InterfaceSnapshot[];
  /** None before there is a bridge, one afterwards. */
  readonly datapaths: readonly DatapathSnapshot[];
  readonly slowpath: SlowpathStats | undefined;
  /** In order of core. */
  readonly pmds: readonly PmdSnapshot[];
  /** All threads of the packet's path, the main one last. */
  readonly threads: readonly PmdInfo[];
  readonly memory: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
}

function interfaceOf(active: ActiveInterface, bridge: string, dpif: Dpif): InterfaceSnapshot {
  const { name, type, ofpPort: ofport, wanted, xport } = active;
  const { rxPackets, rxBytes, txPackets, txBytes } = xport;
  const common = { name, type, bridge, port: wanted.port?.name ?? name, ofport, row: wanted.row };
  if (hasDevice(active)) {
    const statistics = dpif.portStatistics(xport.dpPort);
    const info = dpif.port(xport.dpPort);
    return { ...common, info, error: info?.problem, statistics };
  }
  const statistics = { rx_packets: rxPackets, rx_bytes: rxBytes };
  return {
    ...{ ...common, info: undefined, error: undefined },
    statistics: { ...statistics, tx_packets: txPackets, tx_bytes: txBytes },
  };
}

/** Interfaces that the database has and the switch has not. */
function failedOf({ name: bridge, failures, interfaces }: Bridge): InterfaceSnapshot[] {
  return [...failures.values()]
    .filter(({ wanted }) => !interfaces.has(wanted.name))
    .map(({ error, wanted: { name, type, port, row } }) => ({
      ...{ name, type, bridge, port: port?.name ?? name, ofport: -1, row },
      ...{ info: undefined, error, statistics: {} },
    }));
}

function pmdsOf(dpif: Dpif, threads: readonly PmdInfo[]): PmdSnapshot[] {
  const lengths = { histograms: true, iterations: 0, milliseconds: 0 };
  const perf = new Map(dpif.pmdControl.perf(lengths).map((each) => [each.coreId, each]));
  const stalls = new Map(dpif.pmdControl.stalls().map((each) => [each.coreId, each]));
  const switches = pmdThreadSwitches();
  return threads
    .filter(({ coreId }) => coreId >= 0)
    .map((info) => ({
      ...{ info, perf: perf.get(info.coreId), switches: switches.get(info.coreId) },
      stalls: stalls.get(info.coreId),
    }));
}

function datapathOf({ xdatapath, dpif, slowpath }: Datapath): DatapathSnapshot {
  const sums = { hit: 0, missed: 0, lost: 0, masksHit: 0, masks: 0 };
  for (const { counters: c, masks } of dpif.pmds()) {
    sums.hit += c.phwolHits + c.simpleMatchHits + c.emcHits + c.smcHits + c.megaflowHits;
    sums.missed += c.upcallsSucceeded;
    sums.lost += c.upcallsFailed;
    sums.masksHit += c.subtableLookups;
    sums.masks += masks;
  }
  const { type, name } = xdatapath;
  return { type, name, flows: slowpath.stats().flows, ports: dpif.ports().length, ...sums };
}

/** Reads everything. @param pause called after every port, so that many do not hold up misses. */
export async function takeSnapshot(
  manager: BridgeManager,
  pause: () => Promise<void> | undefined,
): Promise<Snapshot> {
  const { datapath, client } = manager;
  const interfaces: InterfaceSnapshot[] = [];
  const bridges: BridgeSnapshot[] = [];
  for (const bridge of datapath ? [...manager.bridges.values()] : []) {
    for (const active of [...bridge.interfaces.values()]) {
      interfaces.push(interfaceOf(active, bridge.name, datapath!.dpif));
      await pause();
    }
    interfaces.push(...failedOf(bridge));
    const { name, row, ofproto } = bridge;
    bridges.push({
      ...{ name, datapathType: row.datapath_type, ports: row.ports.length },
      ...{ interfaces: bridge.interfaces.size, flows: ofproto.flows.count },
    });
  }
  const slowpath = datapath?.slowpath.stats();
  const threads = datapath?.dpif.pmds(USAGE_SECONDS_MAX) ?? [];
  return {
    ...{ root: client.table("Open_vSwitch").first(), bridges, interfaces, slowpath, threads },
    pmds: datapath ? pmdsOf(datapath.dpif, threads) : [],
    datapaths: datapath ? [datapathOf(datapath)] : [],
    ...{ memory: memoryUsage(manager), events: countEvents(manager) },
  };
}

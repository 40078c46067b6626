// SPDX-License-Identifier: Apache-2.0
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { openVSwitchDatabase } from "../ovsdb/schema/database.js";

/** `handlers:1 ports:4 …`: how much of what the switch holds, in order of name. */
export function memoryUsage({ bridges, datapath, client }: BridgeManager): Map<string, number> {
  const usage = new Map<string, number>();
  let cells = 0;
  for (const table of ["Open_vSwitch", "Bridge", "Port", "Interface", "Controller"] as const) {
    const columns = Object.keys(openVSwitchDatabase.tables[table].columns);
    cells += client.table(table).size * columns.length;
  }
  if (datapath) usage.set("handlers", 1);
  usage.set("idl-cells-Open_vSwitch", cells);
  if (datapath) {
    let ports = 0;
    let rules = 0;
    for (const { ofproto, interfaces } of bridges.values()) {
      ports += interfaces.size;
      for (const { classifier } of ofproto.flows.tables) rules += classifier.size;
    }
    usage.set("ports", ports).set("revalidators", 1).set("rules", rules);
    const { flows } = datapath.slowpath.stats();
    if (flows > 0) usage.set("udpif keys", flows);
  }
  return usage;
}

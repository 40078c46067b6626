// SPDX-License-Identifier: Apache-2.0
import type { CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { mapOf, writeEmpty, writeMap, writeSet } from "./row-values.js";
import type { Row } from "./transaction.js";

/** Tables whose rows go altogether. */
const EMPTIED = [
  "Mirror",
  "Controller",
  "Manager",
  "NetFlow",
  "SSL",
  "sFlow",
  "IPFIX",
  "Flow_Sample_Collector_Set",
];
const BRIDGE_COLUMNS = [
  "controller",
  "fail_mode",
  "mirrors",
  "netflow",
  "sflow",
  "ipfix",
  "flood_vlans",
];
const POLICING = ["ingress_policing_rate", "ingress_policing_burst"];

function prepare(interest: Interest): void {
  interest.add("Open_vSwitch", "manager_options", "ssl");
  interest.add("Bridge", ...BRIDGE_COLUMNS, "other_config");
  interest.add("Port", "other_config");
  interest.add("Interface", ...POLICING);
  for (const table of EMPTIED) interest.add(table);
}

function resetBridge(bridge: Row): void {
  for (const column of BRIDGE_COLUMNS) writeEmpty(bridge, column);
  const hwaddr = mapOf(bridge, "other_config").get("hwaddr");
  writeMap(bridge, "other_config", new Map(hwaddr === undefined ? [] : [["hwaddr", hwaddr]]));
}

function reset({ txn, root }: CommandContext): void {
  writeEmpty(root, "manager_options");
  writeEmpty(root, "ssl");
  for (const bridge of txn.rows("Bridge")) resetBridge(bridge);
  for (const port of txn.rows("Port")) writeEmpty(port, "other_config");
  for (const row of txn.rows("Interface")) for (const column of POLICING) writeSet(row, column, 0);
  for (const table of EMPTIED) for (const row of txn.rows(table)) row.delete();
}

export const EMERGENCY_RESET: CommandSyntax = {
  name: "emer-reset",
  minArgs: 0,
  maxArgs: 0,
  usage: "",
  options: [],
  prepare: (_line, interest) => prepare(interest),
  run: (context) => {
    reset(context);
    context.invalidateView();
  },
};

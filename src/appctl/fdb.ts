// SPDX-License-Identifier: Apache-2.0
/** Commands about learned addresses, ovs-vswitchd(8) "BRIDGE COMMANDS". */
import type { Bridge } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { macText } from "../ofproto/mac-learning.js";
import { OFPP } from "../openflow/ofp-actions.js";
import { bridgeNamed } from "./bridges.js";
import type { Command } from "./command.js";

function show({ xbridge }: Bridge): string {
  const lines = [...xbridge.macLearning].map(({ vlan, mac, port, isStatic, ageSeconds }) => {
    const number = port.ofpPort === OFPP.LOCAL ? "LOCAL" : String(port.ofpPort);
    const age = isStatic ? "static" : String(ageSeconds).padStart(3);
    return `${number.padStart(5)}  ${String(vlan).padStart(4)}  ${macText(mac)}  ${age}\n`;
  });
  return ` port  VLAN  MAC                Age\n${lines.join("")}`;
}

function statsShow({ name, xbridge: { macLearning } }: Bridge): string {
  const { learned, expired, evicted, moved } = macLearning.stats;
  const statics = [...macLearning].filter(({ isStatic }) => isStatic).length;
  return (
    `Statistics for bridge "${name}":\n` +
    `  Current/maximum MAC entries in the table: ${macLearning.size}/${macLearning.max}\n` +
    `  Current static MAC entries in the table : ${statics}\n` +
    `  Total number of learned MAC entries     : ${learned}\n` +
    `  Total number of expired MAC entries     : ${expired}\n` +
    `  Total number of evicted MAC entries     : ${evicted}\n` +
    `  Total number of port moved MAC entries  : ${moved}\n`
  );
}

/** The bridge that is named, or all. */
function chosen(manager: BridgeManager, [name]: readonly string[]): Bridge[] {
  return name === undefined ? [...manager.bridges.values()] : [bridgeNamed(manager, name)];
}

export function fdbCommands(manager: BridgeManager): Command[] {
  return [
    {
      name: "fdb/show",
      usage: "bridge",
      minArgs: 1,
      maxArgs: 1,
      run: ([name]) => show(bridgeNamed(manager, name!)),
    },
    {
      name: "fdb/flush",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: (args) => {
        for (const { xbridge } of chosen(manager, args)) xbridge.macLearning.flush();
        manager.datapath?.slowpath.changed();
        return "table successfully flushed";
      },
    },
    {
      name: "fdb/stats-show",
      usage: "bridge",
      minArgs: 1,
      maxArgs: 1,
      run: ([name]) => statsShow(bridgeNamed(manager, name!)),
    },
    {
      name: "fdb/stats-clear",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: (args) => {
        for (const { xbridge } of chosen(manager, args)) {
          Object.assign(xbridge.macLearning.stats, {
            learned: 0,
            expired: 0,
            evicted: 0,
            moved: 0,
          });
        }
        return "statistics successfully cleared";
      },
    },
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** Commands about the OpenFlow switches, ovs-vswitchd(8) "OPENFLOW PROTOCOL COMMANDS". */

import type { Bridge } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { systemClock } from "../lib/clock.js";
import { type TraceResult, traceCommand, tracePacketOutCommand } from "../ofproto/trace.js";
import { formatActions } from "../openflow/actions-text.js";
import { formatMatch } from "../openflow/match-text.js";
import { bridgeNamed, sortedBridges } from "./bridges.js";
import { ANY_NUMBER, type Command, CommandError } from "./command.js";

function textOf(result: TraceResult): string {
  if ("error" in result) throw new CommandError(result.error);
  return result.text;
}

/** All flows, those of the switch itself included. */
function dumpFlows(bridge: Bridge, manager: BridgeManager): string {
  manager.datapath?.slowpath.syncStats();
  const lines: string[] = [];
  for (const rule of bridge.ofproto.flows.all()) {
    const table = rule.tableId === 0 ? "" : `table_id=${rule.tableId}, `;
    const seconds = Math.floor((systemClock.now() - rule.createdMs) / 1000);
    const counts = `n_packets=${rule.packets}, n_bytes=${rule.bytes}`;
    const match = formatMatch(rule.match, rule.priority);
    const actions = formatActions(rule.actions);
    lines.push(`${table}duration=${seconds}s, ${counts}, ${match},actions=${actions}\n`);
  }
  return lines.join("");
}

export function ofprotoCommands(manager: BridgeManager): Command[] {
  const datapaths = () => (manager.datapath ? [manager.datapath.xdatapath] : []);
  const flow = "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]";
  return [
    {
      name: "ofproto/list",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () =>
        sortedBridges(manager)
          .map(({ name }) => `${name}\n`)
          .join(""),
    },
    {
      name: "ofproto/trace",
      usage: flow,
      minArgs: 1,
      maxArgs: ANY_NUMBER,
      run: (args) => textOf(traceCommand(datapaths(), args)),
    },
    {
      name: "ofproto/trace-packet-out",
      usage: `[-consistent] ${flow} actions`,
      minArgs: 2,
      maxArgs: ANY_NUMBER,
      run: (args) => textOf(tracePacketOutCommand(datapaths(), args)),
    },
    {
      name: "bridge/dump-flows",
      usage: "[--offload-stats] bridge",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => dumpFlows(bridgeNamed(manager, args.at(-1)!, "Unknown bridge"), manager),
    },
    {
      name: "bridge/reconnect",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        const chosen =
          name === undefined
            ? manager.bridges.values()
            : [bridgeNamed(manager, name, "Unknown bridge")];
        for (const { ofproto } of chosen) {
          for (const connection of ofproto.connections.connections()) connection.close();
        }
        return "";
      },
    },
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** Commands about the OpenFlow switches, ovs-vswitchd(8) "OPENFLOW PROTOCOL COMMANDS". */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { type TraceResult, traceCommand, tracePacketOutCommand } from "../ofproto/trace.js";
import { bridgeNamed, sortedBridges } from "./bridges.js";
import { ANY_NUMBER, type Command, CommandError } from "./command.js";

function textOf(result: TraceResult): string {
  if ("error" in result) throw new CommandError(result.error);
  return result.text;
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

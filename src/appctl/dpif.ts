// SPDX-License-Identifier: Apache-2.0
/** Commands about the datapath as the bridges see it, ovs-vswitchd(8) "DATAPATH COMMANDS". */
import { type Bridge, OFPORT_LOCAL } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { Datapath } from "../bridge/datapath.js";
import { type ActiveInterface, hasDevice } from "../bridge/interface.js";
import { systemClock } from "../lib/clock.js";
import { OFPP } from "../openflow/ofp-actions.js";
import { bridgeNamed, sortedBridges } from "./bridges.js";
import { ANY_NUMBER, type Command, CommandError } from "./command.js";
import { flowInPort, formatMegaflow } from "./flow-dump.js";
import { lookupSums, portTypeText } from "./port-text.js";

function interfaceLine(active: ActiveInterface, { dpif }: Datapath): string {
  const { name, ofpPort, xport, wanted } = active;
  const number = ofpPort === OFPP.LOCAL ? OFPORT_LOCAL : ofpPort;
  if (!hasDevice(active)) {
    const peer = wanted.row?.options.get("peer");
    return `    ${name} ${number}/none: (${portTypeText("patch", peer ? { peer } : {})})\n`;
  }
  const info = dpif.port(xport.dpPort);
  const type = info ? portTypeText(info.displayType, info.config) : active.type;
  return `    ${name} ${number}/${xport.dpPort}: (${type})\n`;
}

function show(manager: BridgeManager): string {
  const { datapath } = manager;
  if (!datapath || manager.bridges.size === 0) return "";
  const { hit, missed } = lookupSums(datapath.dpif.pmds());
  const out = [`${Datapath.NAME}: hit:${hit} missed:${missed}\n`];
  for (const bridge of sortedBridges(manager)) {
    out.push(`  ${bridge.name}:\n`);
    const interfaces = [...bridge.interfaces.values()];
    interfaces.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const active of interfaces) out.push(interfaceLine(active, datapath));
  }
  return out.join("");
}

function dumpFlows(manager: BridgeManager, args: readonly string[]): string {
  const bridge = bridgeNamed(manager, args.at(-1)!);
  const flags = args.slice(0, -1);
  const verbose = flags.includes("-m");
  const names = flags.includes("--names") || (verbose && !flags.includes("--no-names"));
  const datapath = manager.datapath!;
  datapath.slowpath.syncStats();
  const options = { verbose, names, ofDpctl: false, nowMs: systemClock.now() };
  const out: string[] = [];
  for (const flow of datapath.slowpath.dumpFlows()) {
    if (!isOf(bridge, flowInPort(flow), datapath)) continue;
    out.push(`${formatMegaflow(flow, datapath, options)}\n`);
  }
  return out.join("");
}

function isOf(bridge: Bridge, dpPort: number, { xdatapath }: Datapath): boolean {
  return xdatapath.portsByDpPort.get(dpPort)?.bridge === bridge.xbridge;
}

export function dpifCommands(manager: BridgeManager): Command[] {
  return [
    { name: "dpif/show", usage: "", minArgs: 0, maxArgs: 0, run: () => show(manager) },
    {
      name: "dpif/dump-dps",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () =>
        sortedBridges(manager)
          .map(({ name }) => `netdev@${name}\n`)
          .join(""),
    },
    {
      name: "dpif/dump-flows",
      usage: "[-m] [--names | --no-names] bridge",
      minArgs: 1,
      maxArgs: ANY_NUMBER,
      run: (args) => dumpFlows(manager, args),
    },
  ];
}

/** Commands about the slow path. */
export function upcallCommands(manager: BridgeManager): Command[] {
  return [
    { name: "upcall/show", usage: "", minArgs: 0, maxArgs: 0, run: () => upcallShow(manager) },
    {
      name: "revalidator/purge",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: async () => {
        await manager.datapath?.slowpath.purge();
        return "";
      },
    },
    {
      name: "revalidator/wait",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: async () => {
        await manager.datapath?.slowpath.settled();
        return "";
      },
    },
    {
      name: "upcall/set-flow-limit",
      usage: "flow-limit-number",
      minArgs: 1,
      maxArgs: 1,
      run: ([text]) => setFlowLimit(manager, text!),
    },
  ];
}

function upcallShow({ datapath }: BridgeManager): string {
  if (!datapath) return "";
  const { flows, flowsMax, flowLimit, sweepMs } = datapath.slowpath.stats();
  return (
    `${Datapath.NAME}:\n` +
    `  flows         : (current ${flows}) (avg ${datapath.flowsAverage}) (max ${flowsMax}) ` +
    `(limit ${flowLimit})\n` +
    `  dump duration : ${Math.max(1, Math.round(sweepMs))}ms\n` +
    "  ufid enabled : true\n\n" +
    `  1: (keys ${flows})\n`
  );
}

function setFlowLimit({ datapath }: BridgeManager, text: string): string {
  if (!/^\d+$/.test(text)) throw new CommandError(`invalid flow limit (${text})`);
  if (!datapath) return "";
  datapath.slowpath.settings.flowLimit = Number(text);
  return `set flow_limit to ${Number(text)}\n`;
}

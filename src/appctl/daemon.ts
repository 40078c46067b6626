// SPDX-License-Identifier: Apache-2.0
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { programVersion } from "../daemon/usage.js";
import { openVSwitchDatabase } from "../ovsdb/schema/database.js";
import { type Command, CommandError } from "./command.js";

/** What commands may ask of the process. */
export interface DaemonControl {
  /** Stops the switch in order. `cleanup`: leave nothing of it on the host. */
  exit(cleanup: boolean): void;
}

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
      for (const _ of ofproto.flows.all()) rules++;
    }
    usage.set("ports", ports).set("revalidators", 1).set("rules", rules);
    const { flows } = datapath.slowpath.stats();
    if (flows > 0) usage.set("udpif keys", flows);
  }
  return usage;
}

function blockFor(text: string): string {
  const ms = Number(text);
  if (!Number.isInteger(ms) || ms < 0 || ms > 60_000) {
    throw new CommandError(`${text}: not a number of milliseconds from 0 to 60000`);
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return "";
}

/** Commands about the process as a whole. */
export function daemonCommands(manager: BridgeManager, control: DaemonControl): Command[] {
  return [
    { name: "version", usage: "", minArgs: 0, maxArgs: 0, run: () => `${programVersion()}\n` },
    {
      name: "exit",
      usage: "[--cleanup]",
      minArgs: 0,
      maxArgs: 1,
      run: ([flag]) => {
        // The reply leaves before the switch does.
        setImmediate(() => control.exit(flag === "--cleanup"));
        return "";
      },
    },
    {
      name: "memory/show",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => `${[...memoryUsage(manager)].map(([k, v]) => `${k}:${v}`).join(" ")}\n`,
    },
    {
      // Hidden: stops the control thread, to prove that packets do not need it.
      name: "debug/block-control",
      usage: null,
      minArgs: 1,
      maxArgs: 1,
      run: ([ms]) => blockFor(ms!),
    },
  ];
}

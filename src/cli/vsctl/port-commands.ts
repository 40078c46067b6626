// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { writeReferences, writeSet } from "./row-values.js";
import { printSorted } from "./scalars.js";
import { escapeArguments } from "./shell-words.js";
import { watchSwitch } from "./switch-columns.js";
import type { PortView } from "./switch-view.js";
import { assignColumn } from "./write-commands.js";

const prepare = (_line: CommandLine, interest: Interest): void => watchSwitch(interest);

/** The command as it was given, for messages about `--may-exist`. */
export function describeCommand({ options, syntax, args }: CommandLine): string {
  return escapeArguments([...options.keys(), syntax.name, ...args]);
}

/** Removes a port and its interfaces from the bridge's row and from the database. */
export function deletePort(context: CommandContext, port: PortView): void {
  const { row } = port.bridge;
  writeSet(row, "ports", ...row.read("ports").keys.filter((uuid) => uuid !== port.row.uuid));
  for (const { row: member } of port.interfaces) member.delete();
  port.row.delete();
  context.invalidateView();
}

interface NewPort {
  readonly bridge: string;
  readonly name: string;
  readonly interfaces: readonly string[];
  readonly settings: readonly string[];
}

/** Whether the port exists as it should; throws CliError when it exists differently. */
function existsAsWanted(context: CommandContext, wanted: NewPort, line: CommandLine): boolean {
  const port = context.view.findPort(wanted.name);
  if (port === undefined) return false;
  if (port.bridge.name !== wanted.bridge) {
    throw new CliError(
      `"${describeCommand(line)}" but ${wanted.name} is actually attached to bridge ` +
        port.bridge.name,
    );
  }
  const have = port.interfaces.map((member) => member.name).sort();
  if (have.join("\n") !== [...wanted.interfaces].sort().join("\n")) {
    throw new CliError(
      `"${describeCommand(line)}" but ${wanted.name} actually has interface(s) ${have.join(", ")}`,
    );
  }
  return true;
}

/** Inserts an interface that is to be checked after the switch has tried to open it. */
export function insertInterface(context: CommandContext, name: string) {
  const row = context.txn.insert("Interface");
  writeSet(row, "name", name);
  context.newInterfaces.push(row);
  return row;
}

function addPort(context: CommandContext, wanted: NewPort, line: CommandLine): void {
  const { txn, view } = context;
  if (line.options.has("--may-exist") && existsAsWanted(context, wanted, line)) return;
  view.checkNameFree(wanted.name, `cannot create a port named ${wanted.name}`);
  for (const name of wanted.interfaces) {
    view.checkNameFree(name, `cannot create an interface named ${name}`);
  }
  const bridge = view.bridge(wanted.bridge);
  const members = wanted.interfaces.map((name) => insertInterface(context, name));
  const port = txn.insert("Port");
  writeSet(port, "name", wanted.name);
  writeReferences(port, "interfaces", members);
  writeSet(port, "bond_fake_iface", line.options.has("--fake-iface"));
  if (bridge.parent !== undefined) writeSet(port, "tag", bridge.vlan);
  for (const setting of wanted.settings) assignColumn(context, port, setting);
  writeSet(bridge.row, "ports", ...bridge.row.read("ports").keys, port.uuid);
  context.invalidateView();
}

function addBond(context: CommandContext, line: CommandLine): void {
  const [bridge, name, ...rest] = line.args;
  const firstSetting = rest.findIndex((arg) => arg.includes("="));
  const count = firstSetting < 0 ? rest.length : firstSetting;
  if (count < 2) {
    throw new CliError(`add-bond requires at least 2 interfaces, but only ${count} were specified`);
  }
  const interfaces = rest.slice(0, count);
  const wanted = { bridge: bridge!, name: name!, interfaces, settings: rest.slice(count) };
  addPort(context, wanted, line);
}

/** The port to delete: by its name or, with --with-iface, by that of an interface. */
function portToDelete(context: CommandContext, line: CommandLine): PortView | undefined {
  const { view } = context;
  const target = line.args.at(-1)!;
  const mustExist = !line.options.has("--if-exists");
  if (view.findBridge(target) !== undefined) {
    if (!mustExist) return undefined;
    throw new CliError(
      `cannot delete port ${target} because it is the local port for bridge ${target} ` +
        "(deleting this port requires deleting the entire bridge)",
    );
  }
  if (!line.options.has("--with-iface")) {
    return mustExist ? view.port(target) : view.findPort(target);
  }
  const port = view.findPort(target) ?? view.findInterface(target)?.port;
  if (port === undefined && mustExist) {
    throw new CliError(`no port or interface named ${target}`);
  }
  return port;
}

function delPort(context: CommandContext, line: CommandLine): void {
  const port = portToDelete(context, line);
  if (port === undefined) return;
  if (line.args.length === 2) {
    const [bridgeName, target] = line.args;
    const bridge = context.view.bridge(bridgeName!);
    if (port.bridge !== bridge) {
      const hint =
        port.bridge.parent === bridge
          ? ` (although its child bridge ${port.bridge.name} does)`
          : "";
      throw new CliError(`bridge ${bridgeName} does not have a port ${target}${hint}`);
    }
  }
  deletePort(context, port);
}

function listPorts(context: CommandContext, { args }: CommandLine): void {
  const bridge = context.view.bridge(args[0]!);
  bridge.row.verify("ports");
  printSorted(
    context,
    bridge.ports.map((port) => port.name).filter((name) => name !== bridge.name),
  );
}

function listInterfaces(context: CommandContext, { args }: CommandLine): void {
  const bridge = context.view.bridge(args[0]!);
  context.view.verifyPorts();
  const names = bridge.ports.flatMap((port) => port.interfaces.map((member) => member.name));
  printSorted(
    context,
    names.filter((name) => name !== bridge.name),
  );
}

export const PORT_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "list-ports",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: listPorts,
  },
  {
    name: "add-port",
    minArgs: 2,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "BRIDGE NEW-PORT [COLUMN[:KEY]=VALUE]...",
    options: ["--may-exist"],
    prepare,
    run: (context, line) => {
      const [bridge, name, ...settings] = line.args;
      const wanted = { bridge: bridge!, name: name!, interfaces: [name!], settings };
      addPort(context, wanted, line);
    },
  },
  {
    name: "add-bond",
    minArgs: 4,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "BRIDGE BOND IFACE... [COLUMN[:KEY]=VALUE]...",
    options: ["--may-exist", "--fake-iface"],
    prepare,
    run: addBond,
  },
  {
    name: "del-port",
    minArgs: 1,
    maxArgs: 2,
    usage: "[BRIDGE] PORT|IFACE",
    options: ["--if-exists", "--with-iface"],
    prepare,
    run: delPort,
  },
  {
    name: "port-to-br",
    minArgs: 1,
    maxArgs: 1,
    usage: "PORT",
    options: [],
    prepare,
    run: (context, { args }) => context.print(context.view.port(args[0]!).bridge.name),
  },
  {
    name: "list-ifaces",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: listInterfaces,
  },
  {
    name: "iface-to-br",
    minArgs: 1,
    maxArgs: 1,
    usage: "IFACE",
    options: [],
    prepare,
    run: (context, { args }) => context.print(context.view.interface(args[0]!).port.bridge.name),
  },
];

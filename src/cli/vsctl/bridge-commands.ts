// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { deletePort } from "./port-commands.js";
import { mapOf, referencesOf, writeMap, writeReferences, writeSet } from "./row-values.js";
import { leadingInteger, printSorted } from "./scalars.js";
import { watchSwitch } from "./switch-columns.js";
import type { BridgeView } from "./switch-view.js";
import type { Row } from "./transaction.js";

const prepare = (_line: CommandLine, interest: Interest): void => watchSwitch(interest);

interface AddBridge {
  readonly name: string;
  readonly parent: string | undefined;
  readonly vlan: number;
}

function parseAddBridge({ args, syntax }: CommandLine): AddBridge {
  const [name, parent, vlanText] = args;
  if (parent === undefined) return { name: name!, parent: undefined, vlan: 0 };
  if (vlanText === undefined) {
    throw new CliError(`'${syntax.name}' command takes exactly 1 or 3 arguments`);
  }
  const vlan = leadingInteger(vlanText);
  if (vlan < 0 || vlan > 4095) {
    throw new CliError(`${syntax.name}: vlan must be between 0 and 4095`);
  }
  return { name: name!, parent, vlan };
}

/** Throws unless the bridge that exists is what `--may-exist add-br` asked for. */
function checkExisting(bridge: BridgeView, { name, parent, vlan }: AddBridge): void {
  if (parent === undefined) {
    if (bridge.parent === undefined) return;
    throw new CliError(
      `"--may-exist add-br ${name}" but ${name} is a VLAN bridge for VLAN ${bridge.vlan}`,
    );
  }
  const command = `"--may-exist add-br ${name} ${parent} ${vlan}" but ${name}`;
  if (bridge.parent === undefined) throw new CliError(`${command} is not a VLAN bridge`);
  if (bridge.parent.name !== parent) {
    throw new CliError(`${command} has the wrong parent ${bridge.parent.name}`);
  }
  if (bridge.vlan !== vlan) {
    throw new CliError(`${command} is a VLAN bridge for the wrong VLAN ${bridge.vlan}`);
  }
}

function insertLocalPort(context: CommandContext, name: string): Row {
  const { txn } = context;
  const local = txn.insert("Interface");
  writeSet(local, "name", name);
  writeSet(local, "type", "internal");
  context.newInterfaces.push(local);
  const port = txn.insert("Port");
  writeSet(port, "name", name);
  writeReferences(port, "interfaces", [local]);
  return port;
}

function addRealBridge(context: CommandContext, name: string): void {
  const { txn, root } = context;
  const port = insertLocalPort(context, name);
  const bridge = txn.insert("Bridge");
  writeSet(bridge, "name", name);
  writeReferences(bridge, "ports", [port]);
  writeSet(root, "bridges", ...root.read("bridges").keys, bridge.uuid);
}

function addFakeBridge(context: CommandContext, name: string, parentName: string, vlan: number) {
  const parent = context.view.findBridge(parentName);
  if (parent === undefined) throw new CliError(`parent bridge ${parentName} does not exist`);
  if (parent.parent !== undefined) {
    throw new CliError("cannot create bridge with fake bridge as parent");
  }
  const conflict = parent.children.get(vlan);
  if (conflict !== undefined) {
    throw new CliError(
      `bridge ${parentName} already has a child VLAN bridge ${conflict.name} on VLAN ${vlan}`,
    );
  }
  const port = insertLocalPort(context, name);
  writeSet(port, "fake_bridge", true);
  writeSet(port, "tag", vlan);
  writeSet(parent.row, "ports", ...parent.row.read("ports").keys, port.uuid);
}

function addBridge(context: CommandContext, line: CommandLine): void {
  const wanted = parseAddBridge(line);
  const { name, parent, vlan } = wanted;
  if (line.options.has("--may-exist")) {
    const existing = context.view.findBridge(name);
    if (existing !== undefined) {
      checkExisting(existing, wanted);
      return;
    }
  }
  context.view.checkNameFree(name, `cannot create a bridge named ${name}`);
  if (parent === undefined) addRealBridge(context, name);
  else addFakeBridge(context, name, parent, vlan);
  context.invalidateView();
}

function deleteBridge(context: CommandContext, bridge: BridgeView): void {
  for (const child of bridge.children.values()) deleteBridge(context, child);
  for (const port of bridge.ports) deletePort(context, port);
  if (bridge.parent !== undefined) return;
  const { txn, root } = context;
  for (const set of txn.rows("Flow_Sample_Collector_Set")) {
    if (referencesOf(txn, set, "bridge", "Bridge").includes(bridge.row)) set.delete();
  }
  bridge.row.delete();
  writeSet(root, "bridges", ...root.read("bridges").keys.filter((u) => u !== bridge.row.uuid));
}

/** The row that holds a bridge's external ids, and what their keys start with there. */
function externalIdsOf(context: CommandContext, name: string): { row: Row; prefix: string } {
  const bridge = context.view.bridge(name);
  if (bridge.parent === undefined) return { row: bridge.row, prefix: "" };
  return { row: context.view.ports.get(name)!.row, prefix: "fake-bridge-" };
}

function setExternalId(context: CommandContext, { args }: CommandLine): void {
  const [name, key, value] = args;
  const { row, prefix } = externalIdsOf(context, name!);
  const ids = mapOf(row, "external_ids");
  if (value === undefined) ids.delete(prefix + key);
  else ids.set(prefix + key, value);
  row.verify("external_ids");
  writeMap(row, "external_ids", ids);
}

function getExternalId(context: CommandContext, { args }: CommandLine): void {
  const [name, key] = args;
  const { row, prefix } = externalIdsOf(context, name!);
  row.verify("external_ids");
  const ids = mapOf(row, "external_ids");
  if (key !== undefined) {
    const value = ids.get(prefix + key);
    if (value !== undefined) context.print(value);
    return;
  }
  for (const [id, value] of ids) {
    if (id.startsWith(prefix)) context.print(`${id.slice(prefix.length)}=${value}`);
  }
}

function prepareExternalIds(line: CommandLine, interest: Interest): void {
  prepare(line, interest);
  interest.add("Bridge", "external_ids");
  interest.add("Port", "external_ids");
}

function listBridges(context: CommandContext, { options }: CommandLine): void {
  const both = options.has("--real") === options.has("--fake");
  const wantFake = options.has("--fake");
  const names = [...context.view.bridges.values()]
    .filter((bridge) => both || (bridge.parent !== undefined) === wantFake)
    .map((bridge) => bridge.name);
  printSorted(context, names);
}

export const BRIDGE_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "add-br",
    minArgs: 1,
    maxArgs: 3,
    usage: "NEW-BRIDGE [PARENT] [NEW-VLAN]",
    options: ["--may-exist"],
    prepare,
    run: addBridge,
  },
  {
    name: "del-br",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: ["--if-exists"],
    prepare: (line, interest) => {
      prepare(line, interest);
      interest.add("Flow_Sample_Collector_Set", "bridge");
    },
    run: (context, { args, options }) => {
      const { view } = context;
      const bridge = options.has("--if-exists") ? view.findBridge(args[0]!) : view.bridge(args[0]!);
      if (bridge === undefined) return;
      deleteBridge(context, bridge);
      context.invalidateView();
    },
  },
  {
    name: "list-br",
    minArgs: 0,
    maxArgs: 0,
    usage: "",
    options: ["--real", "--fake"],
    prepare,
    run: listBridges,
  },
  {
    name: "br-exists",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: (context, { args }) => {
      if (context.view.findBridge(args[0]!) === undefined) throw new CliError("", 2);
    },
  },
  {
    name: "br-to-vlan",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: (context, { args }) => context.print(`${context.view.bridge(args[0]!).vlan}`),
  },
  {
    name: "br-to-parent",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: (context, { args }) => {
      const bridge = context.view.bridge(args[0]!);
      context.print((bridge.parent ?? bridge).name);
    },
  },
  {
    name: "br-set-external-id",
    minArgs: 2,
    maxArgs: 3,
    usage: "BRIDGE KEY [VALUE]",
    options: [],
    prepare: prepareExternalIds,
    run: setExternalId,
  },
  {
    name: "br-get-external-id",
    minArgs: 1,
    maxArgs: 2,
    usage: "BRIDGE [KEY]",
    options: [],
    prepare: prepareExternalIds,
    run: getExternalId,
  },
];

// SPDX-License-Identifier: Apache-2.0
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { describeCommand, insertInterface } from "./port-commands.js";
import { writeSet } from "./row-values.js";
import { watchSwitch } from "./switch-columns.js";

const prepare = (_line: CommandLine, interest: Interest): void => watchSwitch(interest);

function addBondInterface(context: CommandContext, line: CommandLine): void {
  const [bondName, name] = line.args as [string, string];
  const { view } = context;
  const bond = view.port(bondName);
  if (line.options.has("--may-exist")) {
    const existing = view.findInterface(name);
    if (existing !== undefined) {
      if (existing.port === bond) return;
      throw new CliError(
        `"${describeCommand(line)}" but ${name} is actually attached ` +
          `to port ${existing.port.name}`,
      );
    }
  }
  view.checkNameFree(name, `cannot create an interface named ${name}`);
  const member = insertInterface(context, name);
  writeSet(bond.row, "interfaces", ...bond.row.read("interfaces").keys, member.uuid);
  context.invalidateView();
}

function deleteBondInterface(context: CommandContext, line: CommandLine): void {
  const { view } = context;
  const name = line.args.at(-1)!;
  const member = line.options.has("--if-exists") ? view.findInterface(name) : view.interface(name);
  if (member === undefined) return;
  const { port, row } = member;
  if (line.args.length > 1 && view.port(line.args[0]!) !== port) {
    throw new CliError(`port ${line.args[0]} does not have an interface ${name}`);
  }
  if (port.interfaces.length === 1) {
    throw new CliError(`cannot delete last interface from port ${port.name}`);
  }
  const kept = port.row.read("interfaces").keys.filter((uuid) => uuid !== row.uuid);
  writeSet(port.row, "interfaces", ...kept);
  row.delete();
  context.invalidateView();
}

export const BOND_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "add-bond-iface",
    minArgs: 2,
    maxArgs: 2,
    usage: "BOND IFACE",
    options: ["--may-exist"],
    prepare,
    run: addBondInterface,
  },
  {
    name: "del-bond-iface",
    minArgs: 1,
    maxArgs: 2,
    usage: "[BOND] IFACE",
    options: ["--if-exists"],
    prepare,
    run: deleteBondInterface,
  },
];

// SPDX-License-Identifier: Apache-2.0
/** Who controls the bridges (OpenFlow) and who manages the database (OVSDB). */
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { referencesOf, textOf, writeEmpty, writeReferences, writeSet } from "./row-values.js";
import { leadingInteger, printSorted } from "./scalars.js";
import { watchSwitch } from "./switch-columns.js";
import type { Row } from "./transaction.js";

const METHOD = /^(unix|tcp|ssl|punix|ptcp|pssl|fd):/;

function prepareBridge(_line: CommandLine, interest: Interest): void {
  watchSwitch(interest);
  interest.add("Controller", "target");
}

function prepareManager(_line: CommandLine, interest: Interest): void {
  interest.add("Open_vSwitch", "manager_options");
  interest.add("Manager", "target");
}

/** The rows behind a column of targets; all of it must stay as it is until the commit. */
function targetsOf(context: CommandContext, owner: Row, column: string, table: string): Row[] {
  owner.verify(column);
  const rows = referencesOf(context.txn, owner, column, table);
  for (const row of rows) row.verify("target");
  return rows;
}

function removeTargets(context: CommandContext, owner: Row, column: string, table: string): void {
  const rows = targetsOf(context, owner, column, table);
  if (rows.length === 0) return;
  for (const row of rows) row.delete();
  writeEmpty(owner, column);
}

function setTargets(
  context: CommandContext,
  owner: Row,
  column: string,
  table: string,
  { options }: CommandLine,
  targets: readonly string[],
): void {
  removeTargets(context, owner, column, table);
  const probe = options.get("--inactivity-probe");
  const rows = targets.map((target) => {
    if (!METHOD.test(target)) context.warn(`target type "${target}" is possibly erroneous`);
    const row = context.txn.insert(table);
    writeSet(row, "target", target);
    if (probe != null) writeSet(row, "inactivity_probe", leadingInteger(probe));
    return row;
  });
  writeReferences(owner, column, rows);
}

function setFailMode(context: CommandContext, { args }: CommandLine): void {
  const bridge = context.view.realBridge(args[0]!);
  const mode = args[1]!;
  if (mode !== "standalone" && mode !== "secure") {
    throw new CliError('fail-mode must be "standalone" or "secure"');
  }
  writeSet(bridge.row, "fail_mode", mode);
}

const CONTROLLERS: readonly CommandSyntax[] = [
  {
    name: "get-controller",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare: prepareBridge,
    run: (context, { args }) => {
      const { row } = context.view.bridge(args[0]!);
      const rows = targetsOf(context, row, "controller", "Controller");
      printSorted(
        context,
        rows.map((each) => textOf(each, "target")!),
      );
    },
  },
  {
    name: "del-controller",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare: prepareBridge,
    run: (context, { args }) => {
      removeTargets(context, context.view.realBridge(args[0]!).row, "controller", "Controller");
    },
  },
  {
    name: "set-controller",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "BRIDGE TARGET...",
    options: ["--inactivity-probe="],
    prepare: prepareBridge,
    run: (context, line) => {
      const [name, ...targets] = line.args;
      const { row } = context.view.realBridge(name!);
      setTargets(context, row, "controller", "Controller", line, targets);
    },
  },
];

const FAIL_MODES: readonly CommandSyntax[] = [
  {
    name: "get-fail-mode",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare: prepareBridge,
    run: (context, { args }) => {
      const { row } = context.view.bridge(args[0]!);
      row.verify("fail_mode");
      const mode = textOf(row, "fail_mode");
      if (mode) context.print(mode);
    },
  },
  {
    name: "del-fail-mode",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare: prepareBridge,
    run: (context, { args }) => writeEmpty(context.view.realBridge(args[0]!).row, "fail_mode"),
  },
  {
    name: "set-fail-mode",
    minArgs: 2,
    maxArgs: 2,
    usage: "BRIDGE MODE",
    options: [],
    prepare: prepareBridge,
    run: setFailMode,
  },
];

const MANAGERS: readonly CommandSyntax[] = [
  {
    name: "get-manager",
    minArgs: 0,
    maxArgs: 0,
    usage: "",
    options: [],
    prepare: prepareManager,
    run: (context) => {
      const rows = targetsOf(context, context.root, "manager_options", "Manager");
      printSorted(context, [...new Set(rows.map((row) => textOf(row, "target")!))]);
    },
  },
  {
    name: "del-manager",
    minArgs: 0,
    maxArgs: 0,
    usage: "",
    options: [],
    prepare: prepareManager,
    run: (context) => {
      removeTargets(context, context.root, "manager_options", "Manager");
      // Even without managers this counts as a change of the configuration.
      writeEmpty(context.root, "manager_options");
    },
  },
  {
    name: "set-manager",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    usage: "TARGET...",
    options: ["--inactivity-probe="],
    prepare: prepareManager,
    run: (context, line) =>
      setTargets(context, context.root, "manager_options", "Manager", line, line.args),
  },
];

export const CONTROLLER_COMMANDS: readonly CommandSyntax[] = [
  ...CONTROLLERS,
  ...FAIL_MODES,
  ...MANAGERS,
];

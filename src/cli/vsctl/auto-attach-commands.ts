// SPDX-License-Identifier: Apache-2.0
import type { Atom } from "../../ovsdb/atom.js";
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { referencesOf, writeMap, writeReferences } from "./row-values.js";
import { watchSwitch } from "./switch-columns.js";
import type { Row } from "./transaction.js";

function prepare(_line: CommandLine, interest: Interest): void {
  watchSwitch(interest);
  interest.add("Bridge", "auto_attach");
  interest.add("AutoAttach", "mappings");
}

function parseNumber(text: string): number {
  const value = Number.parseInt(text, 10);
  if (Number.isNaN(value)) throw new CliError(`Invalid argument ${text}`);
  return value;
}

function mappingsOf(row: Row): [Atom, Atom][] {
  const { keys, values } = row.read("mappings");
  return keys.map((isid, i) => [isid, values![i]!]);
}

function autoAttachOf(context: CommandContext, name: string): { bridge: Row; row?: Row } {
  const bridge = context.view.bridge(name).row;
  const row = referencesOf(context.txn, bridge, "auto_attach", "AutoAttach")[0];
  return row === undefined ? { bridge } : { bridge, row };
}

function addMapping(context: CommandContext, { args }: CommandLine): void {
  const isid = parseNumber(args[1]!);
  const vlan = parseNumber(args[2]!);
  const found = autoAttachOf(context, args[0]!);
  const row = found.row ?? context.txn.insert("AutoAttach");
  if (found.row === undefined) writeReferences(found.bridge, "auto_attach", [row]);
  writeMap(row, "mappings", new Map([...mappingsOf(row), [isid, vlan]]));
}

function deleteMapping(context: CommandContext, { args }: CommandLine): void {
  const isid = parseNumber(args[1]!);
  const vlan = parseNumber(args[2]!);
  const { row } = autoAttachOf(context, args[0]!);
  if (row === undefined) return;
  const mappings = mappingsOf(row);
  if (!mappings.some(([key, value]) => key === isid && value === vlan)) return;
  // Like the stock tool: everything that shares the I-SID or the VLAN goes.
  const kept = mappings.filter(([key, value]) => key !== isid && value !== vlan);
  writeMap(row, "mappings", new Map(kept));
}

function getMappings(context: CommandContext, { args }: CommandLine): void {
  const { bridge, row } = autoAttachOf(context, args[0]!);
  bridge.verify("auto_attach");
  if (row === undefined) return;
  row.verify("mappings");
  for (const [isid, vlan] of mappingsOf(row)) context.print(`${isid} ${vlan}`);
}

export const AUTO_ATTACH_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "add-aa-mapping",
    minArgs: 3,
    maxArgs: 3,
    usage: "BRIDGE ARG ARG",
    options: [],
    prepare,
    run: addMapping,
  },
  {
    name: "del-aa-mapping",
    minArgs: 3,
    maxArgs: 3,
    usage: "BRIDGE ARG ARG",
    options: [],
    prepare,
    run: deleteMapping,
  },
  {
    name: "get-aa-mapping",
    minArgs: 1,
    maxArgs: 1,
    usage: "BRIDGE",
    options: [],
    prepare,
    run: getMappings,
  },
];

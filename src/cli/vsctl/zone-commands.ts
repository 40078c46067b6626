// SPDX-License-Identifier: Apache-2.0
/** Conntrack zones with their timeout policies, and what a datapath can do. */
import type { Atom } from "../../ovsdb/atom.js";
import { CliError } from "../invocation.js";
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import { mapOf, referencesOf, writeMap, writeReferences } from "./row-values.js";
import { leadingInteger, sortText } from "./scalars.js";
import type { Row } from "./transaction.js";

function prepare(_line: CommandLine, interest: Interest): void {
  interest.add("Open_vSwitch", "datapaths");
  interest.add("Datapath", "ct_zones");
  interest.add("CT_Zone", "timeout_policy");
  interest.add("CT_Timeout_Policy", "timeouts");
}

function prepareCapabilities(_line: CommandLine, interest: Interest): void {
  interest.add("Open_vSwitch", "datapaths");
  interest.add("Datapath", "capabilities");
}

function findDatapath({ txn, root }: CommandContext, name: string): Row | undefined {
  const { keys, values } = root.read("datapaths");
  const at = keys.indexOf(name);
  return at < 0 ? undefined : txn.row("Datapath", values![at] as string);
}

function requireDatapath(context: CommandContext, name: string): Row {
  const datapath = findDatapath(context, name);
  if (datapath === undefined) throw new CliError(`datapath ${name} does not exist`);
  return datapath;
}

/** The number in `zone=NUMBER`. */
function parseZone(argument: string): number {
  const digits = /^zone=\s*([-+]?\d+)/.exec(argument)?.[1];
  if (digits === undefined) throw new CliError(`${argument}: argument is not of the form zone=ID`);
  return Number(digits);
}

function zonesOf(datapath: Row): [Atom, Atom][] {
  const { keys, values } = datapath.read("ct_zones");
  return keys.map((zone, i) => [zone, values![i]!]);
}

function insertPolicy({ txn }: CommandContext, settings: readonly string[]): Row {
  const policy = txn.insert("CT_Timeout_Policy");
  const timeouts = new Map<Atom, Atom>();
  for (const setting of settings) {
    const [key, value = ""] = setting.split("=");
    // Of several values for a key the first one counts, and what is no number counts as 0.
    if (!timeouts.has(key!)) timeouts.set(key!, leadingInteger(value));
  }
  writeMap(policy, "timeouts", timeouts);
  return policy;
}

function addZone(context: CommandContext, { args, options }: CommandLine): void {
  const [name, zoneArgument, ...settings] = args;
  const datapath = requireDatapath(context, name!);
  const zone = parseZone(zoneArgument!);
  const zones = zonesOf(datapath);
  const existing = zones.find(([id]) => id === zone)?.[1];
  if (existing !== undefined && !options.has("--may-exist")) {
    throw new CliError(`zone id ${zone} already exists`);
  }
  const { txn } = context;
  const found = existing === undefined ? undefined : txn.row("CT_Zone", existing as string);
  const row = found ?? txn.insert("CT_Zone");
  writeReferences(row, "timeout_policy", [insertPolicy(context, settings)]);
  if (found !== undefined) return;
  writeMap(datapath, "ct_zones", new Map([...zones, [zone, row.uuid]]));
}

function deleteZone(context: CommandContext, { args, options }: CommandLine): void {
  const datapath = requireDatapath(context, args[0]!);
  const zone = parseZone(args[1]!);
  const zones = zonesOf(datapath);
  if (!zones.some(([id]) => id === zone)) {
    if (options.has("--if-exists")) return;
    throw new CliError(`zone id ${zone} does not exist`);
  }
  writeMap(datapath, "ct_zones", new Map(zones.filter(([id]) => id !== zone)));
}

function listZones(context: CommandContext, { args }: CommandLine): void {
  const datapath = findDatapath(context, args[0]!);
  if (datapath === undefined) throw new CliError(`datapath: ${args[0]} record not found`);
  for (const [zone, uuid] of zonesOf(datapath)) {
    const row = context.txn.row("CT_Zone", uuid as string);
    const policy = row && referencesOf(context.txn, row, "timeout_policy", "CT_Timeout_Policy")[0];
    const timeouts = policy ? mapOf(policy, "timeouts") : undefined;
    const text =
      timeouts === undefined
        ? "No timeout policy"
        : [...timeouts].map(([key, value]) => `${key}=${value}`).join(" ");
    context.print(`Zone:${zone}, Timeout Policies: ${text}`.trimEnd());
  }
}

function listCapabilities(context: CommandContext, { args }: CommandLine): void {
  const datapath = findDatapath(context, args[0]!);
  if (datapath === undefined) throw new CliError(`datapath "${args[0]}" record not found`);
  const capabilities = mapOf(datapath, "capabilities");
  const words = sortText([...capabilities.keys()]).map((key) => `${key}=${capabilities.get(key)}`);
  context.print(words.join(" "));
}

export const ZONE_COMMANDS: readonly CommandSyntax[] = [
  {
    name: "add-zone-tp",
    minArgs: 3,
    maxArgs: 18,
    usage: "",
    options: ["--may-exist"],
    prepare,
    run: addZone,
  },
  {
    name: "del-zone-tp",
    minArgs: 2,
    maxArgs: 2,
    usage: "",
    options: ["--if-exists"],
    prepare,
    run: deleteZone,
  },
  {
    name: "list-zone-tp",
    minArgs: 1,
    maxArgs: 1,
    usage: "",
    options: [],
    prepare,
    run: listZones,
  },
  {
    name: "list-dp-cap",
    minArgs: 1,
    maxArgs: 1,
    usage: "",
    options: [],
    prepare: prepareCapabilities,
    run: listCapabilities,
  },
];

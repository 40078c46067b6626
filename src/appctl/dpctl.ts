// SPDX-License-Identifier: Apache-2.0
/** The commands of ovs-dpctl(8) that the switch's own datapath answers. */

import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { Datapath } from "../bridge/datapath.js";
import { PROGRAM } from "../daemon/options.js";
import type { PmdInfo, PortInfo } from "../dpif/dpif.js";
import { systemClock } from "../lib/clock.js";
import { parseExactFlow } from "../ofproto/trace-flow.js";
import { FLOW_FIELDS, Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { type Megaflow, megaflowUfid } from "../slowpath/megaflow.js";
import { ANY_NUMBER, type Command, CommandError } from "./command.js";
import { type FlowDumpOptions, formatMegaflow } from "./flow-dump.js";
import { dpctlPortLine, dpctlStatistics, lookupSums } from "./port-text.js";

function fail(text: string): never {
  throw new CommandError(`${PROGRAM}: ${text}`);
}

/** Splits options (any argument that starts with a dash) from operands. */
function splitOptions(
  args: readonly string[],
  known: readonly string[],
): { options: Set<string>; operands: string[] } {
  const options = new Set<string>();
  const operands: string[] = [];
  for (const arg of args) {
    if (!arg.startsWith("-") || arg === "-") operands.push(arg);
    else if (known.includes(arg)) options.add(arg);
    else throw new CommandError(`Unrecognized option ${arg}`);
  }
  return { options, operands };
}

/** `netdev@ovs-netdev`; the type alone may be left out only where it is "system". */
function findDatapath({ datapath }: BridgeManager, name: string): Datapath | undefined {
  return name === Datapath.NAME ? datapath : undefined;
}

function openError(name: string): string {
  const at = name.indexOf("@");
  const type = at < 0 ? "system" : name.slice(0, at);
  const isKnown = type === "system" || type === "netdev";
  return isKnown ? "No such device" : "Address family not supported by protocol";
}

/** The port that is the datapath itself, which the packet's path does not know. */
const SELF: Pick<PortInfo, "portNo" | "name" | "displayType" | "config"> = {
  ...{ portNo: 0, name: "ovs-netdev", displayType: "tap", config: {} },
};
const NO_PACKETS = {
  ...{ rx_packets: 0, rx_errors: 0, rx_dropped: 0, rx_over_err: 0, rx_frame_err: 0, rx_bytes: 0 },
  ...{ tx_packets: 0, tx_errors: 0, tx_dropped: 0, tx_bytes: 0, collisions: 0 },
};

function showText({ dpif, slowpath }: Datapath, withStats: boolean): string {
  const { hit, missed, lost } = lookupSums(dpif.pmds());
  const out = [
    `${Datapath.NAME}:\n`,
    `  lookups: hit:${hit} missed:${missed} lost:${lost}\n`,
    `  flows: ${slowpath.stats().flows}\n`,
  ];
  const ports = dpif.ports();
  if (ports[0]?.portNo !== 0) {
    out.push(dpctlPortLine(SELF as PortInfo), withStats ? dpctlStatistics(NO_PACKETS) : "");
  }
  for (const port of ports) {
    out.push(dpctlPortLine(port));
    if (withStats) out.push(dpctlStatistics(dpif.portStatistics(port.portNo)));
  }
  return out.join("");
}

function show(manager: BridgeManager, args: readonly string[]): string {
  const { options, operands } = splitOptions(args, ["-s", "--statistics"]);
  const withStats = options.size > 0;
  if (operands.length === 0) return manager.datapath ? showText(manager.datapath, withStats) : "";
  return operands
    .map((name) => {
      const datapath = findDatapath(manager, name);
      if (!datapath) fail(`opening datapath ${name} failed (${openError(name)})`);
      return showText(datapath, withStats);
    })
    .join("");
}

interface DumpArguments extends FlowDumpOptions {
  readonly filter: Match | undefined;
  readonly types: readonly string[];
  /** Core of `pmd=`; -1 is the main thread. */
  readonly core: number | undefined;
}

const TYPES = ["ovs", "tc", "dpdk", "offloaded", "non-offloaded", "partially-offloaded"];

function dumpArguments(args: readonly string[], datapath: Datapath): DumpArguments {
  const known = ["-m", "--more", "--names", "--no-names"];
  const { options, operands } = splitOptions(args, known);
  const verbose = options.has("-m") || options.has("--more");
  const named = (prefix: string): string | undefined =>
    operands.find((operand) => operand.startsWith(prefix))?.slice(prefix.length);
  const pmd = named("pmd=");
  if (pmd !== undefined && !/^-?\d+$/.test(pmd)) fail("Invalid pmd id");
  const types = named("type=")?.split(/[\s,]+/) ?? [];
  const badType = types.find((type) => !TYPES.includes(type));
  if (badType !== undefined) fail(`Failed to parse type (${badType}) (Invalid argument)`);
  return {
    verbose,
    names: options.has("--names") || (verbose && !options.has("--no-names")),
    ofDpctl: true,
    nowMs: systemClock.now(),
    filter: filterOf(named("filter="), datapath),
    types,
    core: pmd === undefined ? undefined : Number(pmd),
  };
}

/** `filter=` is an OpenFlow match whose `in_port` is a datapath port. */
function filterOf(text: string | undefined, { names }: Datapath): Match | undefined {
  if (text === undefined) return undefined;
  const mask = new Flow();
  const ports = {
    numberOf: (name: string) => names.numberOf(name),
    nameOf: (port: number) => names.nameOf(port),
  };
  const flow = parseExactFlow(text, ports, mask);
  if ("error" in flow) fail(`Failed to parse filter (${flow.error})`);
  for (const each of [flow, mask]) {
    const at = FLOW_FIELDS.in_port.offset;
    each.view.setUint32(KEY_FIELDS.in_port.offset, each.view.getUint32(at));
  }
  return { flow, mask };
}

/** Whether the flow's packets could be those of the filter. */
function passes(
  flow: Readonly<Megaflow>,
  { filter, types, core }: DumpArguments,
  pmd: PmdInfo,
): boolean {
  if (core !== undefined && core !== pmd.coreId) return false;
  // Nothing is offloaded here.
  if (types.length > 0 && !types.some((type) => type === "ovs" || type === "non-offloaded")) {
    return false;
  }
  if (!filter) return true;
  for (let i = 0; i < flow.key.length; i++) {
    const wanted = filter.mask.bytes[i]!;
    if ((flow.mask[i]! & wanted) !== wanted) return false;
    if ((flow.key[i]! ^ filter.flow.bytes[i]!) & wanted) return false;
  }
  return true;
}

function dumpFlows(manager: BridgeManager, args: readonly string[]): string {
  const name = args.find((arg) => !arg.startsWith("-") && !arg.includes("="));
  const datapath = name === undefined ? manager.datapath : findDatapath(manager, name);
  if (name !== undefined && !datapath) fail("datapath not found (Invalid argument)");
  if (!datapath) return "";
  const options = dumpArguments(args, datapath);
  datapath.slowpath.syncStats();
  const pmds = new Map(datapath.dpif.pmds().map((pmd) => [pmd.pmd, pmd]));
  const byCore = new Map<number, string[]>();
  for (const flow of datapath.slowpath.dumpFlows()) {
    const pmd = pmds.get(flow.pmd);
    if (!pmd || !passes(flow, options, pmd)) continue;
    const lines = byCore.get(pmd.coreId) ?? [];
    lines.push(`${formatMegaflow(flow, datapath, options)}\n`);
    byCore.set(pmd.coreId, lines);
  }
  const cores = [...byCore.keys()].sort((a, b) => a - b);
  return cores.map((core) => title(core, options) + byCore.get(core)!.join("")).join("");
}

/** A dump of one thread needs no title, as in the stock daemon. */
function title(core: number, options: DumpArguments): string {
  if (options.core !== undefined) return "";
  return core < 0
    ? "flow-dump from the main thread:\n"
    : `flow-dump from pmd on cpu core: ${core}\n`;
}

function getFlow(manager: BridgeManager, args: readonly string[]): string {
  const { datapath } = manager;
  const ufid = args.at(-1)!.trim().toLowerCase();
  if (!/^ufid:[0-9a-f-]{36}$/.test(ufid)) fail(`parsing flow key (Invalid argument)`);
  if (!datapath) fail("datapath not found (Invalid argument)");
  datapath.slowpath.syncStats();
  const options = { verbose: true, names: false, ofDpctl: true, nowMs: systemClock.now() };
  for (const flow of datapath.slowpath.dumpFlows()) {
    if (`ufid:${megaflowUfid(flow)}` !== ufid) continue;
    return `${formatMegaflow(flow, datapath, options)}\n`;
  }
  return fail("getting flow (No such file or directory)");
}

export function dpctlCommands(manager: BridgeManager): Command[] {
  return [
    {
      name: "dpctl/show",
      usage: "[-s] [dp...]",
      minArgs: 0,
      maxArgs: ANY_NUMBER,
      run: (args) => show(manager, args),
    },
    {
      name: "dpctl/dump-dps",
      usage: "",
      minArgs: 0,
      maxArgs: ANY_NUMBER,
      run: () => (manager.datapath ? `${Datapath.NAME}\n` : ""),
    },
    {
      name: "dpctl/dump-flows",
      usage: "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]",
      minArgs: 0,
      maxArgs: ANY_NUMBER,
      run: (args) => dumpFlows(manager, args),
    },
    {
      name: "dpctl/get-flow",
      usage: "[dp] ufid",
      minArgs: 1,
      maxArgs: ANY_NUMBER,
      run: (args) => getFlow(manager, args),
    },
  ];
}

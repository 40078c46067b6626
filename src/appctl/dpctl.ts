// SPDX-License-Identifier: Apache-2.0
/** The commands of ovs-dpctl(8) that the switch's own datapath answers. */

import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Datapath } from "../bridge/datapath.js";
import { PROGRAM } from "../daemon/options.js";
import type { PmdInfo, PortInfo, PortStatistics } from "../dpif/dpif.js";
import { systemClock } from "../lib/clock.js";
import { parseExactFlow } from "../ofproto/trace-flow.js";
import { FLOW_FIELDS, Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { type Megaflow, megaflowUfid } from "../slowpath/megaflow.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { type FlowDumpOptions, formatMegaflow } from "./flow-dump.js";
import { MEGAFLOW, megaflowJson } from "./flow-json.js";
import { dpctlPortLine, dpctlStatistics, type LookupSums, lookupSums } from "./port-text.js";
import { integer, list, object, optional, real, table, text, type ValueOf } from "./schema.js";

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
  return name === datapath?.name ? datapath : undefined;
}

function openError(name: string): string {
  const at = name.indexOf("@");
  const type = at < 0 ? "system" : name.slice(0, at);
  const isKnown = type === "system" || type === "netdev";
  return isKnown ? "No such device" : "Address family not supported by protocol";
}

/** The port that is the datapath itself, which the packet's path does not know. */
function self({ ownPort: name, type }: Datapath): ShownPort {
  return { portNo: 0, name, displayType: type === "dummy" ? "dummy-internal" : "tap", config: {} };
}

const NO_PACKETS = {
  ...{ rx_packets: 0, rx_errors: 0, rx_dropped: 0, rx_over_err: 0, rx_frame_err: 0, rx_bytes: 0 },
  ...{ tx_packets: 0, tx_errors: 0, tx_dropped: 0, tx_bytes: 0, collisions: 0 },
};

type ShownPort = Pick<PortInfo, "portNo" | "name" | "displayType" | "config">;

interface DatapathView {
  readonly name: string;
  readonly lookups: LookupSums;
  readonly flows: number;
  readonly ports: readonly { port: ShownPort; statistics: PortStatistics | undefined }[];
}

function view(datapath: Datapath, withStats: boolean): DatapathView {
  const { name, dpif, slowpath } = datapath;
  const ports = dpif.ports().map((port) => {
    return { port, statistics: withStats ? dpif.portStatistics(port.portNo) : undefined };
  });
  const own = { port: self(datapath), statistics: withStats ? NO_PACKETS : undefined };
  return {
    name,
    lookups: lookupSums(dpif.pmds()),
    flows: slowpath.stats().flows,
    ports: ports[0]?.port.portNo === 0 ? ports : [own, ...ports],
  };
}

function showText({ name, lookups, flows, ports }: DatapathView): string {
  const { hit, missed, lost } = lookups;
  const out = [
    `${name}:\n`,
    `  lookups: hit:${hit} missed:${missed} lost:${lost}\n`,
    `  flows: ${flows}\n`,
  ];
  for (const { port, statistics } of ports) {
    out.push(dpctlPortLine(port), statistics ? dpctlStatistics(statistics) : "");
  }
  return out.join("");
}

const SHOW = table(
  object({
    lookups: object({ hit: integer(), missed: integer(), lost: integer() }),
    flows: integer(),
    ports: table(
      object({
        port_no: integer(),
        type: text(),
        config: table(text()),
        statistics: optional(table(real(), "with -s; as in Interface.statistics")),
      }),
      "by name",
    ),
  }),
  "datapaths by name",
);

function showJson(datapaths: readonly DatapathView[]): ValueOf<typeof SHOW> {
  const views = datapaths.map((datapath) => {
    const { lookups, flows, ports } = datapath;
    const each = ports.map(({ port, statistics }) => {
      const { portNo, name, displayType: type, config } = port;
      return [name, { port_no: portNo, type, config: { ...config }, statistics }] as const;
    });
    return [datapath.name, { lookups, flows, ports: Object.fromEntries(each) }] as const;
  });
  return Object.fromEntries(views);
}

function show(manager: BridgeManager, args: readonly string[]): DatapathView[] {
  const { options, operands } = splitOptions(args, ["-s", "--statistics"]);
  const withStats = options.size > 0;
  if (operands.length === 0) return manager.datapath ? [view(manager.datapath, withStats)] : [];
  return operands.map((name) => {
    const datapath = findDatapath(manager, name);
    if (!datapath) fail(`opening datapath ${name} failed (${openError(name)})`);
    return view(datapath, withStats);
  });
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

/** Flows to show, by thread in order of core. */
interface FlowDump {
  readonly datapath: Datapath;
  readonly options: DumpArguments;
  readonly byCore: readonly (readonly [core: number, flows: readonly Readonly<Megaflow>[]])[];
}

function dumpFlows(manager: BridgeManager, args: readonly string[]): FlowDump | undefined {
  const name = args.find((arg) => !arg.startsWith("-") && !arg.includes("="));
  const datapath = name === undefined ? manager.datapath : findDatapath(manager, name);
  if (name !== undefined && !datapath) fail("datapath not found (Invalid argument)");
  if (!datapath) return undefined;
  const options = dumpArguments(args, datapath);
  datapath.slowpath.syncStats();
  const pmds = new Map(datapath.dpif.pmds().map((pmd) => [pmd.pmd, pmd]));
  const byCore = new Map<number, Readonly<Megaflow>[]>();
  for (const flow of datapath.slowpath.dumpFlows()) {
    const pmd = pmds.get(flow.pmd);
    if (!pmd || !passes(flow, options, pmd)) continue;
    const flows = byCore.get(pmd.coreId) ?? [];
    flows.push(flow);
    byCore.set(pmd.coreId, flows);
  }
  return { datapath, options, byCore: [...byCore].sort(([a], [b]) => a - b) };
}

function dumpText(dump: FlowDump | undefined): string {
  if (!dump) return "";
  const { datapath, options, byCore } = dump;
  const lines = (flows: readonly Readonly<Megaflow>[]): string =>
    flows.map((flow) => `${formatMegaflow(flow, datapath, options)}\n`).join("");
  return byCore.map(([core, flows]) => title(core, options) + lines(flows)).join("");
}

function dumpJson(dump: FlowDump | undefined): ValueOf<typeof MEGAFLOW>[] {
  if (!dump) return [];
  const { datapath, options, byCore } = dump;
  return byCore.flatMap(([coreId, flows]) =>
    flows.map((flow) => megaflowJson(flow, datapath, { ...options, coreId })),
  );
}

/** A dump of one thread needs no title, as in the stock daemon. */
function title(core: number, options: DumpArguments): string {
  if (options.core !== undefined) return "";
  return core < 0
    ? "flow-dump from the main thread:\n"
    : `flow-dump from pmd on cpu core: ${core}\n`;
}

interface FoundFlow {
  readonly datapath: Datapath;
  readonly flow: Readonly<Megaflow>;
}

const GET_OPTIONS = { verbose: true, names: false, ofDpctl: true } as const;

function getFlow(manager: BridgeManager, args: readonly string[]): FoundFlow {
  const { datapath } = manager;
  const ufid = args.at(-1)!.trim().toLowerCase();
  if (!/^ufid:[0-9a-f-]{36}$/.test(ufid)) fail(`parsing flow key (Invalid argument)`);
  if (!datapath) fail("datapath not found (Invalid argument)");
  datapath.slowpath.syncStats();
  for (const flow of datapath.slowpath.dumpFlows()) {
    if (`ufid:${megaflowUfid(flow)}` === ufid) return { datapath, flow };
  }
  return fail("getting flow (No such file or directory)");
}

function getFlowText({ datapath, flow }: FoundFlow): string {
  const options = { ...GET_OPTIONS, nowMs: systemClock.now() };
  return `${formatMegaflow(flow, datapath, options)}\n`;
}

function getFlowJson({ datapath, flow }: FoundFlow): ValueOf<typeof MEGAFLOW> {
  const coreId = datapath.dpif.pmds().find(({ pmd }) => pmd === flow.pmd)?.coreId ?? -1;
  return megaflowJson(flow, datapath, { ...GET_OPTIONS, nowMs: systemClock.now(), coreId });
}

/** The datapath of that name, or the only one, for commands about its caches. */
function cacheOwner(manager: BridgeManager, name: string | undefined): Datapath | undefined {
  if (name === undefined) return manager.datapath;
  const datapath = findDatapath(manager, name);
  return datapath ?? fail(`Opening datapath ${name} failed (${openError(name)})`);
}

/** Caches whose size could be set: as in the stock switch, this kind of datapath has none. */
function cacheCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpctl/cache-get-size", usage: "[dp]", minArgs: 0, maxArgs: 1 },
      schema: table(table(integer(), "sizes by cache"), "datapaths by name"),
      read: (args) => cacheOwner(manager, splitOptions(args, []).operands[0]),
      text: (datapath) => (datapath ? `${datapath.name}:\n` : ""),
      json: (datapath) => (datapath ? { [datapath.name]: {} } : {}),
    }),
    {
      ...{ name: "dpctl/cache-set-size", usage: "dp cache <size>", minArgs: 3, maxArgs: 3 },
      run: ([name, , size]) => {
        if (!/^[ +-]*\d+$/.test(size!)) fail("size is malformed (Invalid argument)");
        cacheOwner(manager, name);
        return fail("Setting caches not supported (Operation not supported)");
      },
    },
  ];
}

export function dpctlCommands(manager: BridgeManager): Command[] {
  return [
    ...cacheCommands(manager),
    structured({
      ...{ name: "dpctl/show", usage: "[-s] [dp...]", minArgs: 0, maxArgs: ANY_NUMBER },
      schema: SHOW,
      read: (args) => show(manager, args),
      text: (datapaths) => datapaths.map(showText).join(""),
      json: showJson,
    }),
    structured({
      ...{ name: "dpctl/dump-dps", usage: "", minArgs: 0, maxArgs: ANY_NUMBER },
      schema: list(text("TYPE@NAME")),
      read: () => (manager.datapath ? [manager.datapath.name] : []),
      text: (names: string[]) => names.map((name) => `${name}\n`).join(""),
      json: (names) => names,
    }),
    structured({
      name: "dpctl/dump-flows",
      usage: "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]",
      minArgs: 0,
      maxArgs: ANY_NUMBER,
      schema: list(MEGAFLOW),
      read: (args) => dumpFlows(manager, args),
      text: dumpText,
      json: dumpJson,
    }),
    structured({
      ...{ name: "dpctl/get-flow", usage: "[dp] ufid", minArgs: 1, maxArgs: ANY_NUMBER },
      schema: MEGAFLOW,
      read: (args) => getFlow(manager, args),
      text: getFlowText,
      json: getFlowJson,
    }),
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** Commands about the datapath as the bridges see it, ovs-vswitchd(8) "DATAPATH COMMANDS". */
import { type Bridge, OFPORT_LOCAL } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Datapath } from "../bridge/datapath.js";
import { type ActiveInterface, hasDevice } from "../bridge/interface.js";
import { systemClock } from "../lib/clock.js";
import { OFPP } from "../openflow/ofp-actions.js";
import type { Megaflow } from "../slowpath/megaflow.js";
import { bridgeNamed, sortedBridges } from "./bridges.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { type FlowDumpOptions, flowInPort, formatMegaflow } from "./flow-dump.js";
import { MEGAFLOW, megaflowJson } from "./flow-json.js";
import { lookupSums, portTypeText } from "./port-text.js";
import { flag, integer, list, object, table, text, type ValueOf } from "./schema.js";

interface InterfaceView {
  readonly name: string;
  readonly ofport: number;
  /** Datapath port; patch ports have none. */
  readonly portNo: number | "none";
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
}

function viewOf(active: ActiveInterface, { dpif }: Datapath): InterfaceView {
  const { name, ofpPort, xport, wanted } = active;
  const ofport = ofpPort === OFPP.LOCAL ? OFPORT_LOCAL : ofpPort;
  if (!hasDevice(active)) {
    const peer = wanted.row?.options.get("peer");
    return { name, ofport, portNo: "none", type: "patch", config: peer ? { peer } : {} };
  }
  const info = dpif.port(xport.dpPort);
  const type = info?.displayType ?? active.type;
  return { name, ofport, portNo: xport.dpPort, type, config: info?.config ?? {} };
}

interface DatapathView {
  readonly name: string;
  readonly hit: number;
  readonly missed: number;
  readonly bridges: readonly { name: string; interfaces: readonly InterfaceView[] }[];
}

function view(manager: BridgeManager): DatapathView | undefined {
  const { datapath } = manager;
  if (!datapath || manager.bridges.size === 0) return undefined;
  const { hit, missed } = lookupSums(datapath.dpif.pmds());
  const bridges = sortedBridges(manager).map(({ name, interfaces }) => {
    const sorted = [...interfaces.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { name, interfaces: sorted.map((active) => viewOf(active, datapath)) };
  });
  return { name: datapath.name, hit, missed, bridges };
}

function showText(datapath: DatapathView | undefined): string {
  if (!datapath) return "";
  const { hit, missed, bridges } = datapath;
  const out = [`${datapath.name}: hit:${hit} missed:${missed}\n`];
  for (const { name, interfaces } of bridges) {
    out.push(`  ${name}:\n`);
    for (const each of interfaces) {
      const type = portTypeText(each.type, each.config);
      out.push(`    ${each.name} ${each.ofport}/${each.portNo}: (${type})\n`);
    }
  }
  return out.join("");
}

/** The shape of Open vSwitch 3.4, whose numbers are strings. */
const SHOW = table(
  object({
    stats: object({ hit: text("a number"), missed: text("a number") }),
    bridges: table(
      table(
        object({
          ofport: text("a number"),
          port_no: text('a number, or "none"'),
          type: text(),
          config: table(text()),
        }),
        "interfaces by name",
      ),
    ),
  }),
  "datapaths by name",
);

function showJson(datapath: DatapathView | undefined): ValueOf<typeof SHOW> {
  if (!datapath) return {};
  const { hit, missed, bridges } = datapath;
  const ports = (interfaces: readonly InterfaceView[]) =>
    interfaces.map(({ name, ofport, portNo, type, config }) => {
      return [name, { ofport: String(ofport), port_no: String(portNo), type, config }] as const;
    });
  return {
    [datapath.name]: {
      stats: { hit: String(hit), missed: String(missed) },
      bridges: Object.fromEntries(
        bridges.map((each) => [each.name, Object.fromEntries(ports(each.interfaces))]),
      ),
    },
  };
}

interface FlowDump {
  readonly datapath: Datapath;
  readonly flows: readonly Readonly<Megaflow>[];
  readonly options: FlowDumpOptions;
}

function dumpFlows(manager: BridgeManager, args: readonly string[]): FlowDump {
  const bridge = bridgeNamed(manager, args.at(-1)!);
  const flags = args.slice(0, -1);
  const verbose = flags.includes("-m");
  const names = flags.includes("--names") || (verbose && !flags.includes("--no-names"));
  const datapath = manager.datapath!;
  datapath.slowpath.syncStats();
  const options = { verbose, names, ofDpctl: false, nowMs: systemClock.now() };
  const flows = [...datapath.slowpath.dumpFlows()];
  return { datapath, flows: flows.filter((f) => isOf(bridge, flowInPort(f), datapath)), options };
}

function dumpText({ datapath, flows, options }: FlowDump): string {
  return flows.map((flow) => `${formatMegaflow(flow, datapath, options)}\n`).join("");
}

function dumpJson({ datapath, flows, options }: FlowDump): ValueOf<typeof MEGAFLOW>[] {
  const cores = new Map(datapath.dpif.pmds().map(({ pmd, coreId }) => [pmd, coreId]));
  return flows.map((flow) =>
    megaflowJson(flow, datapath, { ...options, coreId: cores.get(flow.pmd) ?? -1 }),
  );
}

function isOf(bridge: Bridge, dpPort: number, { xdatapath }: Datapath): boolean {
  return xdatapath.portsByDpPort.get(dpPort)?.bridge === bridge.xbridge;
}

export function dpifCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpif/show", usage: "", minArgs: 0, maxArgs: 0 },
      schema: SHOW,
      read: () => view(manager),
      text: showText,
      json: showJson,
    }),
    structured({
      ...{ name: "dpif/dump-dps", usage: "", minArgs: 0, maxArgs: 0 },
      schema: list(text("TYPE@BRIDGE")),
      read: () => sortedBridges(manager).map(({ name }) => `${manager.datapath?.type}@${name}`),
      text: (names) => names.map((name) => `${name}\n`).join(""),
      json: (names) => names,
    }),
    structured({
      name: "dpif/dump-flows",
      usage: "[-m] [--names | --no-names] bridge",
      minArgs: 1,
      maxArgs: ANY_NUMBER,
      schema: list(MEGAFLOW),
      read: (args) => dumpFlows(manager, args),
      text: dumpText,
      json: dumpJson,
    }),
  ];
}

/** Commands about the slow path. */
export function upcallCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "upcall/show", usage: "", minArgs: 0, maxArgs: 0 },
      schema: UPCALLS,
      read: () => upcalls(manager),
      text: upcallText,
      json: (datapaths) => datapaths,
    }),
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

const UPCALL = object({
  flows: object({ current: integer(), average: integer(), max: integer(), limit: integer() }),
  dump_duration_ms: integer("of the last pass over all flows"),
  ufid_enabled: flag(),
  keys: table(integer(), "flows by the number of the thread that looks after them"),
});
const UPCALLS = table(UPCALL, "datapaths by name");

function upcalls({ datapath }: BridgeManager): ValueOf<typeof UPCALLS> {
  if (!datapath) return {};
  const { flows, flowsMax, flowLimit, sweepMs } = datapath.slowpath.stats();
  const { flowsAverage: average } = datapath;
  const of = {
    flows: { current: flows, average, max: flowsMax, limit: flowLimit },
    dump_duration_ms: Math.max(1, Math.round(sweepMs)),
    ufid_enabled: true,
    keys: { "1": flows },
  };
  return { [datapath.name]: of };
}

function upcallText(datapaths: ValueOf<typeof UPCALLS>): string {
  return Object.entries(datapaths)
    .map(([name, of]) => upcallOf(name, of))
    .join("");
}

function upcallOf(name: string, of: ValueOf<typeof UPCALL>): string {
  const { current, average, max, limit } = of.flows;
  const keys = Object.entries(of.keys).map(([id, count]) => `  ${id}: (keys ${count})\n`);
  return (
    `${name}:\n` +
    `  flows         : (current ${current}) (avg ${average}) (max ${max}) (limit ${limit})\n` +
    `  dump duration : ${of.dump_duration_ms}ms\n` +
    `  ufid enabled : ${of.ufid_enabled}\n\n${keys.join("")}`
  );
}

function setFlowLimit({ datapath }: BridgeManager, text: string): string {
  if (!/^\d+$/.test(text)) throw new CommandError(`invalid flow limit (${text})`);
  if (!datapath) return "";
  datapath.slowpath.setFlowLimit(Number(text));
  return `set flow_limit to ${Number(text)}\n`;
}

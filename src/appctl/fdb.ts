// SPDX-License-Identifier: Apache-2.0
/** Commands about learned addresses, ovs-vswitchd(8) "BRIDGE COMMANDS". */
import { type Bridge, OFPORT_LOCAL } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { countEvents } from "../monitoring/event-counts.js";
import { macText } from "../ofproto/mac-learning.js";
import { OFPP } from "../openflow/ofp-actions.js";
import { bridgeNamed } from "./bridges.js";
import { type Command, structured } from "./command.js";
import { flag, integer, list, object, optional, table, text, type ValueOf } from "./schema.js";

const TABLE = table(
  list(
    object({
      port: integer("OpenFlow port; 65534: the local port"),
      vlan: integer(),
      mac: text(),
      age: optional(integer("seconds; absent: static")),
      static: optional(flag()),
    }),
  ),
  "learned addresses by bridge",
);

function showText({ xbridge }: Bridge): string {
  const lines = [...xbridge.macLearning].map(({ vlan, mac, port, isStatic, ageSeconds }) => {
    const number = port.ofpPort === OFPP.LOCAL ? "LOCAL" : String(port.ofpPort);
    const age = isStatic ? "static" : String(ageSeconds).padStart(3);
    return `${number.padStart(5)}  ${String(vlan).padStart(4)}  ${macText(mac)}  ${age}\n`;
  });
  return ` port  VLAN  MAC                Age\n${lines.join("")}`;
}

function showJson({ name, xbridge }: Bridge): ValueOf<typeof TABLE> {
  const entries = [...xbridge.macLearning].map((entry) => ({
    port: entry.port.ofpPort === OFPP.LOCAL ? OFPORT_LOCAL : entry.port.ofpPort,
    ...{ vlan: entry.vlan, mac: macText(entry.mac) },
    ...(entry.isStatic ? { static: true } : { age: entry.ageSeconds }),
  }));
  return { [name]: entries };
}

type LearningStats = Readonly<Bridge["xbridge"]["macLearning"]["stats"]>;

interface Statistics extends LearningStats {
  readonly bridge: string;
  readonly size: number;
  readonly max: number;
  readonly statics: number;
}

const STATISTICS = object({
  bridge: text(),
  entries: integer(),
  max_entries: integer(),
  static_entries: integer(),
  learned: integer("since the statistics were cleared"),
  expired: integer("since the statistics were cleared"),
  evicted: integer("since the statistics were cleared"),
  moved: integer("from one port to another, since the statistics were cleared"),
});

function statistics({ name, xbridge: { macLearning } }: Bridge): Statistics {
  const statics = [...macLearning].filter(({ isStatic }) => isStatic).length;
  const { size, max, stats } = macLearning;
  return { bridge: name, size, max, statics, ...stats };
}

function statisticsText(of: Statistics): string {
  return (
    `Statistics for bridge "${of.bridge}":\n` +
    `  Current/maximum MAC entries in the table: ${of.size}/${of.max}\n` +
    `  Current static MAC entries in the table : ${of.statics}\n` +
    `  Total number of learned MAC entries     : ${of.learned}\n` +
    `  Total number of expired MAC entries     : ${of.expired}\n` +
    `  Total number of evicted MAC entries     : ${of.evicted}\n` +
    `  Total number of port moved MAC entries  : ${of.moved}\n`
  );
}

function statisticsJson(of: Statistics): ValueOf<typeof STATISTICS> {
  const { bridge, learned, expired, evicted, moved } = of;
  const entries = { entries: of.size, max_entries: of.max, static_entries: of.statics };
  return { bridge, ...entries, learned, expired, evicted, moved };
}

/** The bridge that is named, or all. */
function chosen(manager: BridgeManager, [name]: readonly string[]): Bridge[] {
  return name === undefined ? [...manager.bridges.values()] : [bridgeNamed(manager, name)];
}

export function fdbCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "fdb/show", usage: "bridge", minArgs: 1, maxArgs: 1 },
      schema: TABLE,
      read: ([name]) => bridgeNamed(manager, name!),
      text: showText,
      json: showJson,
    }),
    {
      name: "fdb/flush",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: (args) => {
        for (const { xbridge } of chosen(manager, args)) xbridge.macLearning.flush();
        manager.datapath?.slowpath.changed();
        return "table successfully flushed";
      },
    },
    structured({
      ...{ name: "fdb/stats-show", usage: "bridge", minArgs: 1, maxArgs: 1 },
      schema: STATISTICS,
      read: ([name]) => statistics(bridgeNamed(manager, name!)),
      text: statisticsText,
      json: statisticsJson,
    }),
    {
      name: "fdb/stats-clear",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: (args) => {
        // Coverage goes on from here.
        countEvents(manager);
        for (const { xbridge } of chosen(manager, args)) {
          Object.assign(xbridge.macLearning.stats, {
            learned: 0,
            expired: 0,
            evicted: 0,
            moved: 0,
          });
        }
        return "statistics successfully cleared";
      },
    },
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** Commands about the OpenFlow switches, ovs-vswitchd(8) "OPENFLOW PROTOCOL COMMANDS". */

import type { Bridge } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { systemClock } from "../lib/clock.js";
import type { JsonObject } from "../lib/json.js";
import type { Rule } from "../ofproto/rule.js";
import { type TraceResult, traceCommand, tracePacketOutCommand } from "../ofproto/trace.js";
import { formatActions } from "../openflow/actions-text.js";
import { DEFAULT_PRIORITY, formatMatch } from "../openflow/match-text.js";
import { bridgeNamed, sortedBridges } from "./bridges.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { ACTIONS, actionList, FIELDS, openflowFields } from "./flow-json.js";
import { integer, list, object, type Schema, text, type ValueOf } from "./schema.js";

type Trace = Extract<TraceResult, { text: string }>;

function traceOf(result: TraceResult): Trace {
  if ("error" in result) throw new CommandError(result.error);
  return result;
}

const STEPS: JsonObject = { type: "array", items: { $ref: "#/$defs/trace-step" } };
const STEP: JsonObject = {
  type: "object",
  properties: { kind: { type: "string" }, text: { type: "string" }, children: STEPS },
  required: ["kind", "text", "children"],
  additionalProperties: false,
};
/** The story of a packet: a tree of bridges, tables, rules and actions. */
const TRACE: Schema<Record<string, unknown>> = {
  json: {
    type: "object",
    properties: {
      flow: FIELDS.json,
      steps: STEPS,
      final_flow: { ...FIELDS.json, description: "absent: unchanged" },
      megaflow: FIELDS.json,
      datapath_actions: ACTIONS.json,
      error: { type: "string", description: "why translation failed" },
      slow_path: { ...list(text()).json, description: "why the slow path handles the flow" },
    },
    required: ["flow", "steps", "megaflow", "datapath_actions", "slow_path"],
    additionalProperties: false,
  },
  defs: { "trace-step": STEP },
};

function traceJson({ story }: Trace): Record<string, unknown> {
  return {
    flow: openflowFields(story.flow),
    steps: story.steps,
    final_flow: story.finalFlow === undefined ? undefined : openflowFields(story.finalFlow),
    megaflow: openflowFields(story.megaflow),
    datapath_actions: actionList(story.datapathActions),
    error: story.error,
    slow_path: story.slow,
  };
}

function flowsOf(bridge: Bridge, manager: BridgeManager): Rule[] {
  manager.datapath?.slowpath.syncStats();
  return [...bridge.ofproto.flows.all()];
}

function ageSeconds(rule: Rule): number {
  return Math.floor((systemClock.now() - rule.createdMs) / 1000);
}

/** All flows, those of the switch itself included. */
function flowsText(rules: readonly Rule[]): string {
  const lines = rules.map((rule) => {
    const table = rule.tableId === 0 ? "" : `table_id=${rule.tableId}, `;
    const counts = `n_packets=${rule.packets}, n_bytes=${rule.bytes}`;
    const match = formatMatch(rule.match, rule.priority);
    const actions = formatActions(rule.actions);
    return `${table}duration=${ageSeconds(rule)}s, ${counts}, ${match},actions=${actions}\n`;
  });
  return lines.join("");
}

const FLOWS = list(
  object({
    table: integer(),
    priority: integer(),
    duration_s: integer(),
    packets: integer(),
    bytes: integer(),
    match: FIELDS,
    actions: ACTIONS,
  }),
);

function flowsJson(rules: readonly Rule[]): ValueOf<typeof FLOWS> {
  return rules.map((rule) => ({
    ...{ table: rule.tableId, priority: rule.priority, duration_s: ageSeconds(rule) },
    ...{ packets: rule.packets, bytes: rule.bytes },
    match: openflowFields(formatMatch(rule.match, DEFAULT_PRIORITY)),
    actions: actionList(formatActions(rule.actions)),
  }));
}

export function ofprotoCommands(manager: BridgeManager): Command[] {
  const datapaths = () => (manager.datapath ? [manager.datapath.xdatapath] : []);
  const flow = "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]";
  return [
    structured({
      ...{ name: "ofproto/list", usage: "", minArgs: 0, maxArgs: 0 },
      schema: list(text("bridge")),
      read: () => sortedBridges(manager).map(({ name }) => name),
      text: (names) => names.map((name) => `${name}\n`).join(""),
      json: (names) => names,
    }),
    structured({
      ...{ name: "ofproto/trace", usage: flow, minArgs: 1, maxArgs: ANY_NUMBER },
      schema: TRACE,
      read: (args) => traceOf(traceCommand(datapaths(), args)),
      text: (trace) => trace.text,
      json: traceJson,
    }),
    structured({
      name: "ofproto/trace-packet-out",
      usage: `[-consistent] ${flow} actions`,
      minArgs: 2,
      maxArgs: ANY_NUMBER,
      schema: TRACE,
      read: (args) => traceOf(tracePacketOutCommand(datapaths(), args)),
      text: (trace) => trace.text,
      json: traceJson,
    }),
    structured({
      name: "bridge/dump-flows",
      usage: "[--offload-stats] bridge",
      minArgs: 1,
      maxArgs: 2,
      schema: FLOWS,
      read: (args) => flowsOf(bridgeNamed(manager, args.at(-1)!, "Unknown bridge"), manager),
      text: flowsText,
      json: flowsJson,
    }),
    {
      name: "bridge/reconnect",
      usage: "[bridge]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        const chosen =
          name === undefined
            ? manager.bridges.values()
            : [bridgeNamed(manager, name, "Unknown bridge")];
        for (const { ofproto } of chosen) {
          for (const connection of ofproto.connections.connections()) connection.close();
        }
        return "";
      },
    },
  ];
}

// SPDX-License-Identifier: Apache-2.0
/** Our own commands behind `pollux rxq`: which core polls which queue, and what else could be. */
import { RXQ_ALGORITHMS, rxqKey } from "../../pmd/rxq/assign.js";
import type { RxqLayout } from "../../pmd/rxq/layout.js";
import { drawLayout, drawPlan } from "../../pmd/rxq/layout-text.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { type DpifFailure, isFailure } from "../dpif/dpif.js";
import type { PlanRequest, RxqPlan } from "../dpif/rxq-planner.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { parsePmdArguments } from "./dpif-netdev.js";
import {
  either,
  flag,
  integer,
  list,
  nothing,
  object,
  real,
  text,
  type ValueOf,
  word,
} from "./schema.js";

const PLAN_USAGE =
  "[assign=cycles|group|roundrobin] [isolate=true|false] [cores=MASK] [pin=PORT=QUEUE:CORE,...]...";

const LOAD = either(real("percent of a core"), nothing("not measured yet"));
const CORE = either(integer("core"), nothing("not polled"));
const RXQ = { port: text(), queue: integer() };
const LAYOUT = {
  cores: list(
    object({
      ...{ core: integer(), numa: integer() },
      isolated: flag("polls only what is pinned to it"),
      load: LOAD,
      rxqs: list(object({ ...RXQ, load: LOAD, pinned: flag(), cross_numa: flag() })),
    }),
  ),
  not_polled: list(object(RXQ)),
};
const SETTINGS = {
  assignment: word(RXQ_ALGORITHMS),
  isolate: flag("a core with a pinned queue polls nothing else"),
  measured_s: integer("seconds over which loads were measured"),
};
const LAYOUT_SCHEMA = object(LAYOUT);
const STATE = object({ ...SETTINGS, ...LAYOUT });
const VALUE = either(text(), nothing("not set"));
const PLAN = object({
  ...SETTINGS,
  before: LAYOUT_SCHEMA,
  after: LAYOUT_SCHEMA,
  moves: list(object({ ...RXQ, from: CORE, to: CORE, load: LOAD })),
  numas: list(
    object({
      ...{ numa: integer(), variance: integer("of the loads of open cores") },
      ...{ estimated_variance: integer(), improvement: integer("percent") },
    }),
  ),
  changes: list(
    object({
      ...{ table: word(["Open_vSwitch", "Interface"]), record: text() },
      ...{ key: text("of other_config"), before: VALUE, after: VALUE },
    }),
    "what must be configured for it",
  ),
  notes: list(text(), "warnings"),
});

function loadValue(load: number | undefined): number | null {
  return load === undefined ? null : Math.round(load * 100) / 100;
}

function layoutValue({ cores, unpolled }: RxqLayout): ValueOf<typeof LAYOUT_SCHEMA> {
  return {
    cores: cores.map(({ coreId, numaId, isolated, load, rxqs }) => ({
      ...{ core: coreId, numa: numaId, isolated, load: loadValue(load) },
      rxqs: rxqs.map(({ port, queue, load: part, pinned, crossNuma }) => ({
        ...{ port, queue, load: loadValue(part), pinned, cross_numa: crossNuma },
      })),
    })),
    not_polled: unpolled.map(({ port, queue }) => ({ port, queue })),
  };
}

function planText(plan: RxqPlan): string {
  const { layout, planned, moves, nodes, plannedSettings, seconds } = plan;
  const title = { algorithm: plannedSettings.algorithm, seconds };
  const notes = notesOf(plan).map((note) => `${note}\n`);
  return drawPlan(layout, planned, moves, nodes, title) + notes.join("");
}

function notesOf({ log }: RxqPlan): string[] {
  const said = log.filter(
    ({ level, text: line }) => level === "warn" || line.startsWith("There's no available"),
  );
  return said.map(({ text: line }) => line);
}

function planValue(plan: RxqPlan): ValueOf<typeof PLAN> {
  const { algorithm, isolate } = plan.plannedSettings;
  return {
    ...{ assignment: algorithm, isolate, measured_s: plan.seconds },
    ...{ before: layoutValue(plan.layout), after: layoutValue(plan.planned) },
    moves: plan.moves.map(({ port, queue, from, to, load }) => ({
      ...{ port, queue, from: from ?? null, to: to ?? null, load: loadValue(load) },
    })),
    numas: plan.nodes.map(({ numaId, currentVariance, estimatedVariance, improvement }) => ({
      ...{ numa: numaId, variance: currentVariance },
      ...{ estimated_variance: estimatedVariance, improvement },
    })),
    ...{ changes: plan.changes.map((change) => ({ ...change })), notes: notesOf(plan) },
  };
}

/** Throws CommandError for what cannot be read. */
function parsePlan(args: readonly string[]): PlanRequest {
  const pins = new Map<string, string>();
  let request: PlanRequest = { pins };
  for (const arg of args) {
    const [, key, value = ""] = /^(assign|isolate|cores|pin)=(.*)$/.exec(arg) ?? [];
    const algorithm = RXQ_ALGORITHMS.find((name) => name === value);
    const pin = /^(.+)=([^=]*)$/.exec(value);
    if (key === "assign" && algorithm) request = { ...request, algorithm };
    else if (key === "isolate" && /^(true|false)$/.test(value)) {
      request = { ...request, isolate: value === "true" };
    } else if (key === "cores") request = { ...request, mask: value };
    else if (key === "pin" && pin) pins.set(pin[1]!, pin[2]!);
    else throw new CommandError(`${arg}: not understood (usage: ${PLAN_USAGE})`);
  }
  return request;
}

function accepted<T extends object>(result: T | DpifFailure): T {
  if (isFailure(result)) throw new CommandError(result.error);
  return result;
}

/** `PORT/QUEUE=CORE`… */
function parsePlacement(args: readonly string[]): Map<string, number> {
  return new Map(
    args.map((arg) => {
      const [, port, queue, core] = /^(.+)\/(\d+)=(\d+)$/.exec(arg) ?? [];
      if (port === undefined) throw new CommandError(`${arg}: not PORT/QUEUE=CORE`);
      return [rxqKey({ port, queue: Number(queue) }), Number(core)] as const;
    }),
  );
}

export function rxqPlanCommands(manager: BridgeManager): Command[] {
  const control = () => parsePmdArguments(manager, []).dpif.pmdControl;
  return [
    structured({
      ...{ name: "dpif-netdev/pmd-rxq-layout", usage: "", minArgs: 0, maxArgs: 0, schema: STATE },
      read: () => control().rxqState(),
      text: ({ layout, settings: { algorithm }, seconds }) =>
        drawLayout(layout, { algorithm, seconds }),
      json: ({ layout, settings: { algorithm, isolate }, seconds }) => ({
        ...{ assignment: algorithm, isolate, measured_s: seconds },
        ...layoutValue(layout),
      }),
    }),
    structured({
      ...{ name: "dpif-netdev/pmd-rxq-plan", usage: PLAN_USAGE, minArgs: 0 },
      ...{ maxArgs: ANY_NUMBER, schema: PLAN },
      read: (args) => accepted(control().rxqPlan(parsePlan(args))),
      text: planText,
      json: planValue,
    }),
    {
      name: "dpif-netdev/pmd-rxq-place",
      usage: "PORT/QUEUE=CORE...",
      minArgs: 1,
      maxArgs: ANY_NUMBER,
      run: async (args) => {
        await control().rxqPlace(parsePlacement(args));
        return "";
      },
    },
  ];
}

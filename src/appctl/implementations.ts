// SPDX-License-Identifier: Apache-2.0
/**
 * Which implementation of a step is in use: the commands of the stock switch, with the names that
 * its scalar build has. Here every step has one implementation, compiled for several SIMD levels,
 * of which a PMD takes the best that its CPU has; a choice is remembered and shown, no more.
 */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { type Logger, vlog } from "../lib/log.js";
import { type Command, CommandError, structured } from "./command.js";
import { flag, integer, list, object, table } from "./schema.js";

const dpifLog = vlog("dpif_netdev");
const lookupLog = vlog("dpif_netdev_lookup");
const odpLog = vlog("odp_execute");

const DPIF = "dpif_scalar";
const PARSERS = ["autovalidator", "scalar", "study"] as const;
const ACTIONS = ["scalar", "autovalidator"] as const;
const LOOKUPS = ["autovalidator", "generic"] as const;
const STUDY_PACKETS = 128;
const U32_MAX = 0xffffffff;
const NO_EFFECT = "the packet's path has one implementation and keeps it";

type Parser = (typeof PARSERS)[number];
type ActionImpl = (typeof ACTIONS)[number];
type Lookup = (typeof LOOKUPS)[number];

/** Logs the refusal, as the stock switch does, and makes it. */
function refuse(text: string, log: Logger = dpifLog): CommandError {
  log.err(text);
  return new CommandError(text);
}

function known<T extends string>(names: readonly T[], name: string): T | undefined {
  return names.find((each) => each === name);
}

function cores({ datapath }: BridgeManager): number[] {
  const threads = datapath?.dpif.pmds() ?? [];
  return threads.map(({ coreId }) => coreId).filter((coreId) => coreId >= 0);
}

function coreList(ids: readonly number[]): string {
  return ids.length > 0 ? ids.join(",") : "none";
}

function dpifImplementations(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpif-netdev/dpif-impl-get", usage: "", minArgs: 0, maxArgs: 0 },
      schema: table(list(integer()), "cores by implementation"),
      read: () => cores(manager),
      text: (ids) => `Available DPIF implementations:\n  ${DPIF} (pmds: ${coreList(ids)})\n`,
      json: (ids) => ({ [DPIF]: ids }),
    }),
    {
      name: "dpif-netdev/dpif-impl-set",
      usage: "dpif_implementation_name",
      ...{ minArgs: 1, maxArgs: 1 },
      run: ([name]) => {
        const why = `Unknown DPIF implementation ${name}.`;
        if (name !== DPIF) throw refuse(`DPIF implementation not available: ${why}`);
        const text = `DPIF implementation set to ${name}.`;
        dpifLog.info(text);
        return `${text}\n`;
      },
    },
  ];
}

interface ParserChoice {
  readonly core: number | undefined;
  readonly parser: Parser;
  readonly studied: number;
}

/** `[-pmd core] name [packets]`; errors in the stock switch's words. */
function parserChoice(args: readonly string[], pmds: readonly number[]): ParserChoice {
  const rest = [...args];
  let core: number | undefined;
  if (rest[0] === "-pmd") {
    const id = rest[1];
    if (id === undefined) throw refuse("Error: -pmd option requires a thread id argument.");
    core = decimal(id);
    if (core === undefined || core === U32_MAX) {
      const why = `PMD thread passed is not valid: '${id}'. Pass a valid pmd thread ID.`;
      throw refuse(`Error: miniflow extract parser not changed, ${why}`);
    }
    rest.splice(0, 2);
  }
  const [name, ...more] = rest;
  if (name === undefined) {
    const hint = "Output of miniflow-parser-get shows implementation list.";
    throw refuse(`Error: no miniflow extract name provided. ${hint}`);
  }
  let studied = STUDY_PACKETS;
  for (const arg of more) {
    if (name !== "study") throw refuse(`Error: unknown argument ${arg}.`);
    const count = decimal(arg);
    if (!count) throw refuse(`Error: invalid study_pkt_cnt value: ${arg}.`);
    studied = count;
  }
  const parser = known(PARSERS, name);
  if (!parser) throw refuse(`Error: unknown miniflow extract implementation ${name}.`);
  if (core !== undefined && !pmds.includes(core)) {
    const why = `PMD thread ${core} not in use, pass a valid pmd thread ID.`;
    throw refuse(`Error: miniflow extract parser not changed, ${why}`);
  }
  return { core, parser, studied };
}

/** A number of 32 bits. */
function decimal(text: string): number | undefined {
  const value = Number(text);
  return /^\+?\d+$/.test(text) && value <= U32_MAX ? value : undefined;
}

function parserCommands(manager: BridgeManager): Command[] {
  let everywhere: Parser = "scalar";
  const byCore = new Map<number, Parser>();
  const users = (parser: Parser) =>
    cores(manager).filter((core) => (byCore.get(core) ?? everywhere) === parser);
  return [
    structured({
      ...{ name: "dpif-netdev/miniflow-parser-get", usage: "", minArgs: 0, maxArgs: 0 },
      schema: table(list(integer()), "cores by implementation"),
      read: () => PARSERS.map((parser) => [parser, users(parser)] as const),
      text: (parsers) => {
        const lines = parsers.map(
          ([name, ids]) => `  ${name} (available: True pmds: ${coreList(ids)})\n`,
        );
        return `Available MFEX implementations:\n${lines.join("")}`;
      },
      json: (parsers) => Object.fromEntries(parsers),
    }),
    {
      name: "dpif-netdev/miniflow-parser-set",
      usage: "[-pmd core] miniflow_implementation_name [study_pkt_cnt]",
      ...{ minArgs: 1, maxArgs: 5 },
      run: (args) => {
        const { core, parser, studied } = parserChoice(args, cores(manager));
        if (core === undefined) {
          everywhere = parser;
          byCore.clear();
        } else byCore.set(core, parser);
        const where = core === undefined ? "" : `, on pmd thread ${core}`;
        const study = parser === "study" ? `, studying ${studied} packets` : "";
        const text = `Miniflow extract implementation set to ${parser}${where}${study}.`;
        dpifLog.info(text);
        if (parser !== "scalar") dpifLog.info(`miniflow-parser-set: ${NO_EFFECT}`);
        return `${text}\n`;
      },
    },
  ];
}

/** C's atoi: the number at the start, or 0. */
function leadingNumber(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

function lookupCommands(manager: BridgeManager): Command[] {
  const priorities: Record<Lookup, number> = { autovalidator: 0, generic: 1 };
  // Whatever the priorities say, subtables are looked up in one way.
  const subtables = () =>
    (manager.datapath?.dpif.pmds() ?? []).reduce((sum, { masks }) => sum + masks, 0);
  const get = {
    ...{ minArgs: 0, maxArgs: 0 },
    schema: table(
      object({ use_count: integer("subtables"), priority: integer() }),
      "by implementation",
    ),
    read: () =>
      LOOKUPS.map((name) => {
        const use_count = name === "generic" ? subtables() : 0;
        return [name, { use_count, priority: priorities[name] }] as const;
      }),
    text: (all: readonly (readonly [string, { use_count: number; priority: number }])[]) => {
      const lines = all.map(
        ([name, each]) => `  ${name} (Use count: ${each.use_count}, Priority: ${each.priority})\n`,
      );
      return `Available dpcls implementations:\n${lines.join("")}`;
    },
    json: (all: readonly (readonly [string, { use_count: number; priority: number }])[]) =>
      Object.fromEntries(all),
  };
  return [
    structured({ name: "dpif-netdev/subtable-lookup-info-get", usage: "", ...get }),
    structured({ name: "dpif-netdev/subtable-lookup-prio-get", usage: null, ...get }),
    {
      name: "dpif-netdev/subtable-lookup-prio-set",
      usage: "[lookup_func] [prio]",
      ...{ minArgs: 2, maxArgs: 2 },
      run: ([name, text]) => {
        const priority = leadingNumber(text!);
        if (priority < 0 || priority > 255) {
          throw new CommandError("error converting priority, use integer in range 0-255");
        }
        const lookup = known(LOOKUPS, name!);
        if (!lookup) {
          lookupLog.warn(`Subtable function '${name}' not found, failed to set priority`);
          throw new CommandError("error, subtable lookup function not found");
        }
        priorities[lookup] = priority;
        lookupLog.info(`Subtable function '${lookup}' set priority to ${priority}`);
        const reply = "Lookup priority change affected 0 dpcls ports and 0 subtables.";
        dpifLog.info(reply);
        return `${reply}\n`;
      },
    },
  ];
}

function actionCommands(): Command[] {
  let active: ActionImpl = "scalar";
  return [
    structured({
      ...{ name: "odp-execute/action-impl-show", usage: "", minArgs: 0, maxArgs: 0 },
      schema: table(object({ active: flag() }), "by implementation"),
      read: () => ACTIONS.map((name) => [name, { active: name === active }] as const),
      text: (all) => {
        const yes = (is: boolean) => (is ? "Yes" : "No");
        const lines = all.map(
          ([name, it]) => `  ${name} (available: Yes, active: ${yes(it.active)})\n`,
        );
        return `Available Actions implementations:\n${lines.join("")}`;
      },
      json: (all) => Object.fromEntries(all),
    }),
    {
      ...{ name: "odp-execute/action-impl-set", usage: "name", minArgs: 1, maxArgs: 1 },
      run: ([name]) => {
        const wanted = known(ACTIONS, name!);
        if (!wanted) {
          odpLog.err(`Failed setting action implementation to ${name}`);
          throw new CommandError(`Error: unknown action implementation, ${name}, specified!`);
        }
        active = wanted;
        vlog("odp_execute_impl").info(`Action implementation set to ${wanted}`);
        if (wanted !== "scalar") odpLog.info(`action-impl-set: ${NO_EFFECT}`);
        return `Action implementation set to ${wanted}.\n`;
      },
    },
  ];
}

export function implementationCommands(manager: BridgeManager): Command[] {
  return [
    ...dpifImplementations(manager),
    ...parserCommands(manager),
    ...lookupCommands(manager),
    ...actionCommands(),
  ];
}

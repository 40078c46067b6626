// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { systemErrorText } from "../../lib/errors.js";
import { getField, isAllWild } from "../../openflow/field-access.js";
import { fieldByName, prereqsOk } from "../../openflow/fields.js";
import { FLOW_TEXT, parseFlow, parseFlowFile } from "../../openflow/flow-text.js";
import { FLOW_COMMAND, type FlowMod } from "../../openflow/messages/flow-mod.js";
import type { FlowStats } from "../../openflow/messages/flow-stats.js";
import { decodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { Connection } from "./connection.js";
import type { OfctlContext, SortCriterion } from "./context.js";
import { chooseForDump, chooseForFlows, forVersion, isNxm, withoutTableId } from "./flow-format.js";
import { flowText } from "./print/flows.js";

/** The content of `file`; `-` is standard input. */
export function readFlows(context: OfctlContext, file: string): string {
  if (file === "-") return context.invocation.readStdin();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`${file}: open failed (${systemErrorText(error)})`);
  }
}

/** Sends flow-mods one by one; the first error ends the program. */
async function sendFlows(
  context: OfctlContext,
  target: string,
  flows: readonly FlowMod[],
  usable: number,
): Promise<undefined> {
  await context.with(target, async (connection) => {
    const nx = isNxm(await chooseForFlows(context, connection, usable));
    for (const flow of flows) {
      const error = await connection.transactNoReply(
        forVersion({ ...flow, nx }, connection.version),
      );
      if (error !== undefined) await context.fail(target, error);
    }
  });
  return DONE;
}

async function modifyFlow(context: OfctlContext, args: readonly string[], command: number) {
  const [target, text = ""] = args;
  const names = await context.acceptedNames(target!);
  const { flow, usable } = parseFlow(text, command, names);
  return sendFlows(context, target!, [flow], usable);
}

async function modifyFromFile(context: OfctlContext, args: readonly string[], command: number) {
  const [target, file] = args;
  const content = readFlows(context, file!);
  const names = await context.acceptedNames(target!);
  const any = command === FLOW_COMMAND.ADD ? FLOW_TEXT.ANY_COMMAND : command;
  const { flows, usable } = parseFlowFile(file!, content, any, names);
  return sendFlows(context, target!, flows, usable);
}

/** The flow-mod commands take a flow; `FILE` of `-` after the bridge is a file of them. */
function flowCommand(command: (context: OfctlContext) => number) {
  return (context: OfctlContext, args: readonly string[]) =>
    args[1] === "-"
      ? modifyFromFile(context, args, command(context))
      : modifyFlow(context, args, command(context));
}

/** Asks for flows: the request, and whether the reply has ages. */
async function flowRequest(
  context: OfctlContext,
  connection: Connection,
  text: string,
  aggregate: boolean,
): Promise<OfMessage> {
  const names = text === "" ? {} : await context.acceptedNames(connection.target);
  const { flow, usable } = parseFlow(text, FLOW_TEXT.FILTER, names);
  const nx = isNxm(await chooseForDump(context, connection, withoutTableId(usable)));
  const { match, tableId, outPort, outGroup, cookie, cookieMask } = flow;
  const type = aggregate ? "aggregate_request" : "flow_stats_request";
  return { type, match, tableId, outPort, outGroup, cookie, cookieMask, nx };
}

async function withRequest<T>(
  context: OfctlContext,
  args: readonly string[],
  aggregate: boolean,
  work: (connection: Connection, request: OfMessage) => Promise<T>,
): Promise<T> {
  const [target, text = ""] = args;
  // Names come first: they are fetched on connections of their own.
  if (text !== "") await context.acceptedNames(target!);
  return context.with(target!, async (connection) =>
    work(connection, await flowRequest(context, connection, text, aggregate)),
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

function compareBy({ field: name, descending }: SortCriterion, a: FlowStats, b: FlowStats): number {
  const direction = descending ? -1 : 1;
  if (name === undefined) return direction * (a.priority - b.priority);
  const field = fieldByName(name)!;
  const has = ({ match }: FlowStats): boolean =>
    prereqsOk(field, match.flow) && !isAllWild(match.mask, field);
  // Flows that do not say anything about the field come last, whatever the direction.
  if (has(a) !== has(b)) return has(a) ? -1 : 1;
  return direction * compareBytes(getField(a.match.flow, field), getField(b.match.flow, field));
}

function sortFlows(flows: FlowStats[], criteria: readonly SortCriterion[]): void {
  flows.sort((a, b) => {
    for (const criterion of criteria) {
      const order = compareBy(criterion, a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** All flows of a reply; an error ends the program. */
export async function collectFlows(
  context: OfctlContext,
  connection: Connection,
  request: OfMessage,
): Promise<FlowStats[]> {
  const flows: FlowStats[] = [];
  for await (const bytes of connection.transactMultipart(request)) {
    const { message } = decodeMessage(bytes);
    if (message.type !== "flow_stats_reply") return context.fail(connection.target, bytes);
    flows.push(...message.flows);
  }
  return flows;
}

async function dumpFlows(context: OfctlContext, args: readonly string[]) {
  const { sort, stats } = context.options;
  return withRequest(context, args, false, async (connection, request) => {
    const target = connection.target;
    if (sort.length === 0 && stats && !context.showsNames) {
      for await (const bytes of connection.transactMultipart(request)) {
        await context.print(target, bytes);
      }
      return DONE;
    }
    const flows = await collectFlows(context, connection, request);
    sortFlows(flows, sort);
    const options = await context.printOptions(target);
    for (const flow of flows) {
      const ageless = { ...flow, idleAge: null, hardAge: null };
      context.invocation.stdout(` ${flowText(ageless, options, stats)}\n`);
    }
    return DONE;
  });
}

async function dumpAggregate(context: OfctlContext, args: readonly string[]) {
  return withRequest(context, args, true, async (connection, request) => {
    await context.print(connection.target, await connection.transact(request));
    return DONE;
  });
}

const add = () => FLOW_COMMAND.ADD;
const modify = ({ options }: OfctlContext) =>
  options.strict ? FLOW_COMMAND.MODIFY_STRICT : FLOW_COMMAND.MODIFY;
const remove = ({ options }: OfctlContext) =>
  options.strict ? FLOW_COMMAND.DELETE_STRICT : FLOW_COMMAND.DELETE;

export const FLOW_COMMANDS: readonly OfctlCommand[] = [
  { name: "dump-flows", minArgs: 1, maxArgs: 2, run: dumpFlows },
  { name: "dump-aggregate", minArgs: 1, maxArgs: 2, run: dumpAggregate },
  { name: "add-flow", minArgs: 2, maxArgs: 2, writes: true, run: flowCommand(add) },
  {
    name: "add-flows",
    minArgs: 2,
    maxArgs: 2,
    writes: true,
    run: (context, args) => modifyFromFile(context, args, FLOW_COMMAND.ADD),
  },
  { name: "mod-flows", minArgs: 2, maxArgs: 2, writes: true, run: flowCommand(modify) },
  { name: "del-flows", minArgs: 1, maxArgs: 2, writes: true, run: flowCommand(remove) },
];

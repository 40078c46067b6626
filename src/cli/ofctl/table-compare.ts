// SPDX-License-Identifier: Apache-2.0
/** `replace-flows` and `diff-flows`: whole flow tables, from switches or files, side by side. */
import { statSync } from "node:fs";
import { parseFlowFile } from "../../openflow/flow-text.js";
import { emptyMatch, type Match } from "../../openflow/match.js";
import { formatMatch } from "../../openflow/match-text.js";
import { FLOW_COMMAND, FLOW_FLAG, type FlowMod } from "../../openflow/messages/flow-mod.js";
import { anyFlow } from "../../openflow/messages/flow-stats.js";
import { GROUP_ANY, NO_BUFFER, TABLE_ALL } from "../../openflow/messages/port-number.js";
import { OFPP, type OfpAct } from "../../openflow/ofp-actions.js";
import { PROTOCOLS } from "../../openflow/protocols.js";
import type { PortNames } from "../../openflow/text/ports.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { Connection } from "./connection.js";
import type { OfctlContext } from "./context.js";
import { collectFlows, readFlows } from "./flow-commands.js";
import { chooseForDump, chooseForFlows, isNxm } from "./flow-format.js";
import { actionsText } from "./print/actions.js";

/** A flow apart from its place: two with the same place and settings are equal. */
interface Entry {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly importance: number;
  readonly flags: number;
  readonly actions: readonly OfpAct[];
}

/** Place (table, priority, match) → flow. */
type FlowTable = Map<string, Entry>;

const EXIT_DIFFERENT = 2;
/** Flags that say how to add a flow, not how it is. */
const TRANSIENT = FLOW_FLAG.CHECK_OVERLAP | FLOW_FLAG.RESET_COUNTS;

function placeOf({ tableId, priority, match }: Entry): string {
  const bytes = (words: Uint8Array): string => Buffer.from(words).toString("latin1");
  return `${tableId} ${priority} ${bytes(match.flow.bytes)}${bytes(match.mask.bytes)}`;
}

function settingsOf(entry: Entry): string {
  const { cookie, idleTimeout, hardTimeout, importance, actions } = entry;
  const text = actionsText(actions, undefined);
  return [cookie, idleTimeout, hardTimeout, importance, text].join(" ");
}

function makeTable(entries: Iterable<Entry>): FlowTable {
  const table: FlowTable = new Map();
  for (const entry of entries) table.set(placeOf(entry), entry);
  return table;
}

function entryOfFlowMod(flow: FlowMod): Entry {
  const tableId = flow.tableId === TABLE_ALL ? 0 : flow.tableId;
  return { ...flow, tableId, cookie: flow.newCookie, flags: flow.flags & ~TRANSIENT };
}

async function readFile(context: OfctlContext, file: string, target: string | undefined) {
  const content = readFlows(context, file);
  const names = target === undefined ? {} : await context.acceptedNames(target);
  const { flows, usable } = parseFlowFile(file, content, FLOW_COMMAND.ADD, names);
  return { table: makeTable(flows.map(entryOfFlowMod)), usable };
}

async function readSwitch(
  context: OfctlContext,
  connection: Connection,
  nx: boolean,
): Promise<FlowTable> {
  const request = { type: "flow_stats_request", ...anyFlow(emptyMatch()), nx } as const;
  return makeTable(await collectFlows(context, connection, request));
}

function flowModOf(entry: Entry, command: number): FlowMod {
  const isAdd = command === FLOW_COMMAND.ADD;
  return {
    ...entry,
    type: "flow_mod",
    command,
    cookie: 0n,
    cookieMask: 0n,
    newCookie: isAdd ? entry.cookie : 0n,
    modifyCookie: false,
    bufferId: NO_BUFFER,
    outPort: OFPP.NONE,
    outGroup: GROUP_ANY,
    actions: isAdd ? entry.actions : [],
  };
}

/** What makes `have` into `want`. */
function changes(have: FlowTable, want: FlowTable, readd: boolean): FlowMod[] {
  const removed = [...have].filter(([place]) => !want.has(place));
  const added = [...want].filter(([place, entry]) => {
    const old = have.get(place);
    return readd || old === undefined || settingsOf(old) !== settingsOf(entry);
  });
  return [
    ...removed.map(([, entry]) => flowModOf(entry, FLOW_COMMAND.DELETE_STRICT)),
    ...added.map(([, entry]) => flowModOf(entry, FLOW_COMMAND.ADD)),
  ];
}

async function replaceFlows(context: OfctlContext, [target, file]: readonly string[]) {
  const wanted = await readFile(context, file!, target!);
  const usable = wanted.usable & PROTOCOLS.TID;
  await context.with(target!, async (connection) => {
    const nx = isNxm(await chooseForFlows(context, connection, usable));
    const have = await readSwitch(context, connection, nx);
    const flows = changes(have, wanted.table, context.options.readd);
    const error = await connection.transactNoReply(...flows.map((flow) => ({ ...flow, nx })));
    if (error !== undefined) await context.fail(target!, error);
  });
  return DONE;
}

function lineOf(entry: Entry, sign: string, ports: PortNames | undefined): string {
  const table = entry.tableId === 0 ? "" : `table=${entry.tableId} `;
  const settings = [
    entry.cookie === 0n ? "" : ` cookie=0x${entry.cookie.toString(16)}`,
    entry.idleTimeout === 0 ? "" : ` idle_timeout=${entry.idleTimeout}`,
    entry.hardTimeout === 0 ? "" : ` hard_timeout=${entry.hardTimeout}`,
    entry.importance === 0 ? "" : ` importance=${entry.importance}`,
  ];
  const match = formatMatch(entry.match, entry.priority, ports);
  const actions = actionsText(entry.actions, ports);
  return `${sign}${table}${match}${settings.join("")} actions=${actions}\n`;
}

function isFile(name: string): boolean {
  return name === "-" || (statSync(name, { throwIfNoEntry: false })?.isFile() ?? false);
}

async function readSource(
  context: OfctlContext,
  name: string,
  target: string | undefined,
): Promise<FlowTable> {
  if (isFile(name)) return (await readFile(context, name, target)).table;
  return context.with(name, async (connection) => {
    const nx = isNxm(await chooseForDump(context, connection, PROTOCOLS.ANY));
    return readSwitch(context, connection, nx);
  });
}

async function diffFlows(context: OfctlContext, [first, second]: readonly string[]) {
  const target = [second!, first!].find((name) => !isFile(name));
  const a = await readSource(context, first!, target);
  const b = await readSource(context, second!, target);
  const ports =
    context.showsNames && target !== undefined ? await context.acceptedPorts(target) : undefined;
  const all = new Map([...a, ...b]);
  const places = [...all].sort(([, x], [, y]) => x.tableId - y.tableId || y.priority - x.priority);
  const lines = places.flatMap(([place]) => {
    const [left, right] = [a.get(place), b.get(place)];
    if (left && right && settingsOf(left) === settingsOf(right)) return [];
    return [left && lineOf(left, "-", ports), right && lineOf(right, "+", ports)];
  });
  context.invocation.stdout(lines.join(""));
  return lines.length > 0 ? EXIT_DIFFERENT : DONE;
}

export const TABLE_COMPARE_COMMANDS: readonly OfctlCommand[] = [
  { name: "replace-flows", minArgs: 2, maxArgs: 2, writes: true, run: replaceFlows },
  { name: "diff-flows", minArgs: 2, maxArgs: 2, run: diffFlows },
];

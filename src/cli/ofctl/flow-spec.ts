// SPDX-License-Identifier: Apache-2.0
/** Whole flows in text; ovs-ofctl(8) "Flow Syntax". */
import { OperatorError } from "../../lib/errors.js";
import { emptyMatch } from "../../openflow/match.js";
import { normalizeMatch } from "../../openflow/match-normalize.js";
import { DEFAULT_PRIORITY } from "../../openflow/match-text.js";
import {
  COOKIE_KEEP,
  FLOW_COMMAND,
  FLOW_FLAG,
  type FlowMod,
} from "../../openflow/messages/flow-mod.js";
import { GROUP_ANY, NO_BUFFER, TABLE_ALL } from "../../openflow/messages/port-number.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import { PROTOCOL, PROTOCOLS } from "../../openflow/protocols.js";
import { keyValues } from "../../openflow/text/key-value.js";
import { parseU16, parseU64, wholeInteger } from "../../openflow/text/numbers.js";
import { type PortNames, portFromText } from "../../openflow/text/ports.js";
import { CliError } from "../invocation.js";
import { parseFlowActions } from "./action-spec.js";
import {
  applyField,
  applyShorthand,
  applySubfield,
  type MatchDraft,
  restrictByEtherType,
} from "./match-spec.js";

/** Names that text may use for numbers. */
export interface FlowNames {
  readonly ports?: PortNames;
  readonly tables?: PortNames;
}

/** What a flow in text may say beside its match. */
type Part = "out" | "actions" | "timeout" | "priority" | "flags";

const PARTS: Readonly<Record<number, readonly Part[]>> = {
  [FLOW_COMMAND.ADD]: ["actions", "timeout", "priority", "flags"],
  [FLOW_COMMAND.MODIFY]: ["actions", "timeout", "priority", "flags"],
  [FLOW_COMMAND.MODIFY_STRICT]: ["actions", "timeout", "priority", "flags"],
  [FLOW_COMMAND.DELETE]: ["out"],
  [FLOW_COMMAND.DELETE_STRICT]: ["out", "priority"],
};

/** The command of a filter for `dump-flows` and its like. */
export const FILTER = -1;

export interface ParsedFlow {
  readonly flow: FlowMod;
  /** PROTOCOL bits of the formats that can carry it. */
  readonly usable: number;
}

type Draft = MatchDraft & { readonly flow: FlowMod; readonly parts: readonly Part[] };

const FLAGS: Readonly<Record<string, readonly [flag: number, usable: number]>> = {
  send_flow_rem: [FLOW_FLAG.SEND_FLOW_REM, PROTOCOLS.ANY],
  check_overlap: [FLOW_FLAG.CHECK_OVERLAP, PROTOCOLS.ANY],
  reset_counts: [FLOW_FLAG.RESET_COUNTS, PROTOCOLS.OF11_UP & ~PROTOCOL.OF11],
  no_packet_counts: [FLOW_FLAG.NO_PKT_COUNTS, PROTOCOLS.OF13_UP],
  no_byte_counts: [FLOW_FLAG.NO_BYT_COUNTS, PROTOCOLS.OF13_UP],
};
/** Words that mean nothing any more, and what `dump-flows` prints that is no part of a flow. */
const IGNORED_WORDS = ["no_readonly_table", "allow_hidden_fields"];
const IGNORED_VALUES = ["duration", "n_packets", "n_bytes", "idle_age", "hard_age"];

function newFlow(command: number): FlowMod {
  const isModify = command === FLOW_COMMAND.MODIFY || command === FLOW_COMMAND.MODIFY_STRICT;
  return {
    type: "flow_mod",
    command: command === FILTER ? FLOW_COMMAND.ADD : command,
    tableId: TABLE_ALL,
    priority: DEFAULT_PRIORITY,
    match: emptyMatch(),
    cookie: 0n,
    cookieMask: 0n,
    newCookie: isModify ? COOKIE_KEEP : 0n,
    modifyCookie: false,
    idleTimeout: 0,
    hardTimeout: 0,
    bufferId: NO_BUFFER,
    outPort: OFPP.NONE,
    outGroup: GROUP_ANY,
    flags: 0,
    importance: 0,
    actions: [],
  };
}

function parseCookie(draft: Draft, command: number, value: string): void {
  const slash = value.indexOf("/");
  const { flow } = draft;
  if (slash >= 0) {
    if (command === FLOW_COMMAND.ADD) {
      throw new CliError("flow additions cannot use a cookie mask");
    }
    flow.cookie = parseU64(value.slice(0, slash));
    flow.cookieMask = parseU64(value.slice(slash + 1));
    if (flow.cookieMask !== 0n) draft.usable &= PROTOCOLS.NXM_OF11_UP;
    return;
  }
  if (!draft.parts.includes("actions")) {
    throw new CliError(
      `cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=${value}/-1)`,
    );
  }
  flow.newCookie = parseU64(value);
  flow.modifyCookie = true;
}

/** A table's number or name; 255 is any. Throws CliError. */
export function parseTable(text: string, tables: PortNames | undefined): number {
  const number = wholeInteger(text, 0n, 255n, 10);
  const table = number === null ? tables?.numberOf(text.replace(/^"(.*)"$/, "$1")) : Number(number);
  if (table === undefined) throw new CliError(`unknown table "${text}"`);
  return table;
}

function parseOutGroup(text: string): number {
  if (text === "any") return GROUP_ANY;
  if (text === "all") return 0xfffffffc;
  const group = wholeInteger(text, 0n, 0xffffff00n);
  if (group === null) throw new CliError(`${text} is not a valid OpenFlow group`);
  return Number(group);
}

/** Settings with a value, by name, with the part of a flow that they belong to. */
const SETTINGS: Readonly<
  Record<string, readonly [Part, (draft: Draft, value: string, names: FlowNames) => void]>
> = {
  out_port: [
    "out",
    ({ flow }, value, { ports }) => {
      const port = portFromText(value, ports);
      if (port === null) throw new CliError(`${value} is not a valid OpenFlow port`);
      flow.outPort = port;
    },
  ],
  out_group: [
    "out",
    (draft, value) => {
      draft.usable &= PROTOCOLS.OF11_UP;
      draft.flow.outGroup = parseOutGroup(value);
    },
  ],
  priority: [
    "priority",
    ({ flow }, value) => {
      flow.priority = parseU16(value, "priority");
    },
  ],
  idle_timeout: [
    "timeout",
    ({ flow }, value) => {
      flow.idleTimeout = parseU16(value, "idle_timeout");
    },
  ],
  hard_timeout: [
    "timeout",
    ({ flow }, value) => {
      flow.hardTimeout = parseU16(value, "hard_timeout");
    },
  ],
  importance: [
    "timeout",
    ({ flow }, value) => {
      flow.importance = parseU16(value, "importance");
    },
  ],
};

function applyWord(draft: Draft, name: string): boolean {
  if (applyShorthand(draft, name)) return true;
  const flag = FLAGS[name];
  if (flag !== undefined && draft.parts.includes("flags")) {
    draft.flow.flags |= flag[0];
    draft.usable &= flag[1];
    return true;
  }
  return IGNORED_WORDS.includes(name);
}

function applySetting(
  draft: Draft,
  command: number,
  name: string,
  value: string,
  names: FlowNames,
): void {
  if (value === "") throw new CliError(`field ${name} missing value`);
  const setting = SETTINGS[name];
  if (name === "table") {
    draft.flow.tableId = parseTable(value, names.tables);
    if (draft.flow.tableId !== TABLE_ALL) draft.usable &= PROTOCOLS.TID;
  } else if (setting !== undefined && draft.parts.includes(setting[0])) {
    setting[1](draft, value, names);
  } else if (name === "cookie") parseCookie(draft, command, value);
  else if (!IGNORED_VALUES.includes(name)) throw new CliError(`unknown keyword ${name}`);
}

/** Splits `text` before its actions; undefined actions when there are none. */
function splitActions(text: string): { head: string; actions: string | undefined } {
  const at = /(^|[ \t\r\n,])actions?[ \t\r\n]*=/.exec(text);
  if (at === null) return { head: text, actions: undefined };
  const end = at.index + at[0].length;
  return { head: text.slice(0, at.index), actions: text.slice(end) };
}

function parseChecked(text: string, command: number, names: FlowNames): ParsedFlow {
  const parts = PARTS[command] ?? ["out"];
  const flow = newFlow(command);
  const draft: Draft = { flow, match: flow.match, parts, usable: PROTOCOLS.ANY };
  const split = parts.includes("actions") ? splitActions(text) : { head: text, actions: undefined };
  if (parts.includes("actions") && split.actions === undefined) {
    throw new CliError("must specify an action");
  }
  for (const { key, value } of keyValues(split.head)) {
    if (applyWord(draft, key) || applyField(draft, key, value, names.ports)) continue;
    if (key.includes("[")) applySubfield(draft, key, value);
    else applySetting(draft, command, key, value, names);
  }
  restrictByEtherType(draft);
  const isModify = command === FLOW_COMMAND.MODIFY || command === FLOW_COMMAND.MODIFY_STRICT;
  // A modify without a cookie mask may add the flow, which then needs a cookie.
  if (isModify && flow.cookieMask === 0n && flow.newCookie === COOKIE_KEEP) flow.newCookie = 0n;
  if (split.actions !== undefined) {
    const { actions, usable } = parseFlowActions(split.actions, names, flow);
    flow.actions = actions;
    draft.usable &= usable;
    if (draft.usable === 0) {
      throw new CliError("actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)");
    }
  }
  normalizeMatch(flow.match);
  return { flow, usable: draft.usable };
}

/** Runs `parse`, with the errors of text readers as CliErrors. */
export function withTextErrors<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OperatorError) throw new CliError(error.message);
    throw error;
  }
}

/** Parses a flow for `command` (FLOW_COMMAND, or FILTER). Throws CliError. */
export function parseFlow(text: string, command: number, names: FlowNames): ParsedFlow {
  return withTextErrors(() => parseChecked(text, command, names));
}

const FILE_COMMANDS: Readonly<Record<string, number>> = {
  add: FLOW_COMMAND.ADD,
  delete: FLOW_COMMAND.DELETE,
  delete_strict: FLOW_COMMAND.DELETE_STRICT,
  modify: FLOW_COMMAND.MODIFY,
  modify_strict: FLOW_COMMAND.MODIFY_STRICT,
};

/** Parses a flow that may start with `add`, `modify`, `delete` …; else it is added. */
function parseFlowWithCommand(text: string, names: FlowNames): ParsedFlow {
  const word = /^[ \t\r\n]*([^, \t\r\n]*)/.exec(text)!;
  const command = FILE_COMMANDS[word[1]!];
  if (command === undefined) return parseFlow(text, FLOW_COMMAND.ADD, names);
  return parseFlow(text.slice(word[0].length), command, names);
}

/**
 * Parses the lines of a file of flows; `#` starts a comment. With `anyCommand`, lines may start
 * with a command. Errors name the file and the line.
 */
export function parseFlowFile(
  file: string,
  content: string,
  names: FlowNames,
  command: number | "any",
): { flows: FlowMod[]; usable: number } {
  const flows: FlowMod[] = [];
  let usable: number = PROTOCOLS.ANY;
  content.split("\n").forEach((raw, index) => {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "") return;
    try {
      const parsed =
        command === "any" ? parseFlowWithCommand(line, names) : parseFlow(line, command, names);
      flows.push(parsed.flow);
      usable &= parsed.usable;
    } catch (error) {
      if (error instanceof CliError) throw new CliError(`${file}:${index + 1}: ${error.message}`);
      throw error;
    }
  });
  return { flows, usable };
}

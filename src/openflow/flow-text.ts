// SPDX-License-Identifier: Apache-2.0
/** Whole flows in text: `ovs-ofctl(8)`, "Flow Syntax". */
import { parseTable } from "./actions/codec.js";
import { checkActions } from "./actions-check.js";
import { type Names, parseInstructions } from "./actions-text.js";
import { OfpError } from "./errors.js";
import { emptyMatch } from "./match.js";
import {
  type MatchDraft,
  restrictIpv6,
  takeField,
  takeProtocolWord,
  takeSubfield,
} from "./match-parse.js";
import { DEFAULT_PRIORITY } from "./match-text.js";
import { COOKIE_KEEP, FLOW_COMMAND, FLOW_FLAG, type FlowMod } from "./messages/flow-mod.js";
import { GROUP_ANY, NO_BUFFER, TABLE_ALL } from "./messages/port-number.js";
import { OFPP } from "./ofp-actions.js";
import { PROTOCOL, PROTOCOLS } from "./protocols.js";
import { nextKeyValue } from "./text/key-value.js";
import { parseU16, parseU64, syntaxError, wholeInteger } from "./text/numbers.js";
import { portFromText } from "./text/ports.js";

/** Commands beside those of FLOW_COMMAND. */
export const FLOW_TEXT = {
  /** Which flows to dump or to sum up. */
  FILTER: -1,
  /** The text may start with `add`, `modify`, `delete` …; else it is added. */
  ANY_COMMAND: -2,
} as const;

export interface ParsedFlow {
  /** For a filter, only the match, cookie, table and out_port mean anything. */
  flow: FlowMod;
  /** PROTOCOL bits of the flow formats that can carry it. */
  usable: number;
}

/** What a flow may say beside its match, by command. */
type Part = "out" | "actions" | "importance" | "timeout" | "priority" | "flags";
const PARTS: Readonly<Record<number, readonly Part[]>> = {
  [FLOW_TEXT.FILTER]: ["out"],
  [FLOW_COMMAND.ADD]: ["actions", "timeout", "priority", "flags", "importance"],
  [FLOW_COMMAND.MODIFY]: ["actions", "timeout", "priority", "flags"],
  [FLOW_COMMAND.MODIFY_STRICT]: ["actions", "timeout", "priority", "flags"],
  [FLOW_COMMAND.DELETE]: ["out"],
  [FLOW_COMMAND.DELETE_STRICT]: ["out", "priority"],
};

interface Draft extends MatchDraft {
  readonly flow: FlowMod;
  readonly command: number;
  readonly parts: readonly Part[];
  readonly names: Names;
}

function newFlow(command: number): FlowMod {
  const isModify = command === FLOW_COMMAND.MODIFY || command === FLOW_COMMAND.MODIFY_STRICT;
  return {
    type: "flow_mod",
    command: Math.max(command, FLOW_COMMAND.ADD),
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

/** Flags: bit, and formats that have it. */
const FLAGS: Readonly<Record<string, readonly [flag: number, usable: number]>> = {
  send_flow_rem: [FLOW_FLAG.SEND_FLOW_REM, PROTOCOLS.ANY],
  check_overlap: [FLOW_FLAG.CHECK_OVERLAP, PROTOCOLS.ANY],
  reset_counts: [FLOW_FLAG.RESET_COUNTS, PROTOCOLS.OF11_UP & ~PROTOCOL.OF11],
  no_packet_counts: [FLOW_FLAG.NO_PKT_COUNTS, PROTOCOLS.OF13_UP],
  no_byte_counts: [FLOW_FLAG.NO_BYT_COUNTS, PROTOCOLS.OF13_UP],
};
/** Words without meaning here. */
const IGNORED_WORDS = ["no_readonly_table", "allow_hidden_fields"];
/** What `dump-flows` prints beside the flow, so that its output can be fed back. */
const IGNORED_SETTINGS = ["duration", "n_packets", "n_bytes", "idle_age", "hard_age"];

function takeFlag(d: Draft, name: string): boolean {
  if (IGNORED_WORDS.includes(name)) return true;
  if (!d.parts.includes("flags") || !Object.hasOwn(FLAGS, name)) return false;
  d.flow.flags |= FLAGS[name][0];
  d.usable &= FLAGS[name][1];
  return true;
}

function takeCookie(d: Draft, value: string): void {
  const slash = value.indexOf("/");
  if (slash >= 0) {
    if (d.command === FLOW_COMMAND.ADD) {
      throw syntaxError("flow additions cannot use a cookie mask");
    }
    d.flow.cookie = parseU64(value.slice(0, slash));
    d.flow.cookieMask = parseU64(value.slice(slash + 1));
    if (d.flow.cookieMask) d.usable &= PROTOCOLS.NXM_OF11_UP;
    return;
  }
  if (!d.parts.includes("actions")) {
    throw syntaxError(
      `cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=${value}/-1)`,
    );
  }
  d.flow.newCookie = parseU64(value);
  d.flow.modifyCookie = true;
}

/** `OFPG_ALL` */
const GROUP_ALL = 0xfffffffc;

function parseGroup(value: string): number {
  if (value.toLowerCase() === "any") return GROUP_ANY;
  if (value.toLowerCase() === "all") return GROUP_ALL;
  const group = wholeInteger(value, 0n, 0xffffffffn, 10);
  if (group === null) throw syntaxError(`${value} is not a valid OpenFlow group`);
  return Number(group);
}

/** Settings with a value: the part they belong to (null: any command has them) and their reader. */
const SETTINGS: Readonly<
  Record<string, readonly [part: Part | null, take: (d: Draft, value: string) => void]>
> = {
  table: [
    null,
    (d, value) => {
      const table = parseTable(value, d.names);
      if (table === null) throw syntaxError(`unknown table "${value}"`);
      d.flow.tableId = table;
      if (table !== TABLE_ALL) d.usable &= PROTOCOLS.TID;
    },
  ],
  cookie: [null, takeCookie],
  out_port: [
    "out",
    (d, value) => {
      const port = portFromText(value, d.names.ports);
      if (port === null) throw syntaxError(`${value} is not a valid OpenFlow port`);
      d.flow.outPort = port;
    },
  ],
  out_group: [
    "out",
    (d, value) => {
      d.usable &= PROTOCOLS.OF11_UP;
      d.flow.outGroup = parseGroup(value);
    },
  ],
  priority: ["priority", number16("priority", "priority")],
  idle_timeout: ["timeout", number16("idle_timeout", "idleTimeout")],
  hard_timeout: ["timeout", number16("hard_timeout", "hardTimeout")],
  importance: ["importance", number16("importance", "importance")],
};

function number16(
  name: string,
  key: "priority" | "idleTimeout" | "hardTimeout" | "importance",
): (d: Draft, value: string) => void {
  return (d, value) => {
    d.flow[key] = parseU16(value, name);
  };
}

function takeSetting(d: Draft, name: string, value: string): void {
  if (value === "") throw syntaxError(`field ${name} missing value`);
  const [part, take] = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : [null, null];
  if (take && (part === null || d.parts.includes(part))) take(d, value);
  else if (!IGNORED_SETTINGS.includes(name)) throw syntaxError(`unknown keyword ${name}`);
}

/** Cuts off the actions: everything after the first `=` behind the first `action`. */
function splitActions(text: string): { head: string; actions: string } {
  const at = text.indexOf("action");
  const equals = at < 0 ? -1 : text.indexOf("=", at + 1);
  if (equals < 0) throw syntaxError("must specify an action");
  return { head: text.slice(0, at), actions: text.slice(equals + 1) };
}

function takeActions(d: Draft, text: string): void {
  const { actions, usable } = parseInstructions(text, d.names);
  d.usable &= usable;
  const invalid = (why: string) => syntaxError(`actions are invalid with specified match (${why})`);
  try {
    const fits = checkActions(actions, d.match, { tableId: d.flow.tableId });
    // Only OpenFlow 1.0 takes actions that do not fit the match.
    if (!fits) d.usable &= PROTOCOLS.OF10;
  } catch (error) {
    if (error instanceof OfpError) throw invalid(error.code);
    throw error;
  }
  if (!d.usable) throw invalid("OFPBAC_MATCH_INCONSISTENT");
  d.flow.actions = actions;
}

const COMMAND_WORDS: readonly (readonly [word: string, command: number])[] = [
  ["add", FLOW_COMMAND.ADD],
  ["delete", FLOW_COMMAND.DELETE],
  ["delete_strict", FLOW_COMMAND.DELETE_STRICT],
  ["modify", FLOW_COMMAND.MODIFY],
  ["modify_strict", FLOW_COMMAND.MODIFY_STRICT],
];

/** The command at the start of a line, which may be abbreviated, and what follows. */
function splitCommand(text: string): { command: number; rest: string } {
  const line = text.replace(/^[ \t\r\n]+/, "");
  const word = /^[^, \t\r\n]*/.exec(line)![0];
  const found = COMMAND_WORDS.find(([name]) => name.startsWith(word));
  return found
    ? { command: found[1], rest: line.slice(word.length) }
    : { command: FLOW_COMMAND.ADD, rest: line };
}

/**
 * Reads a flow for `command` (FLOW_COMMAND or FLOW_TEXT). Throws an OperatorError with the message
 * of the stock tools. The match is not normalized: a switch does that.
 */
export function parseFlow(text: string, command: number, names: Names = {}): ParsedFlow {
  if (command === FLOW_TEXT.ANY_COMMAND) {
    const split = splitCommand(text);
    return parseFlow(split.rest, split.command, names);
  }
  const parts = PARTS[command];
  const flow = newFlow(command);
  const d: Draft = { flow, match: flow.match, usable: PROTOCOLS.ANY, command, parts, names };
  const split = parts.includes("actions") ? splitActions(text) : { head: text, actions: null };
  for (let kv = nextKeyValue(split.head); kv; kv = nextKeyValue(kv.rest)) {
    if (takeProtocolWord(d, kv.key) || takeFlag(d, kv.key)) continue;
    if (takeField(d, kv.key, kv.value, names.ports)) continue;
    if (kv.key.includes("[")) takeSubfield(d, kv.key, kv.value);
    else takeSetting(d, kv.key, kv.value);
  }
  restrictIpv6(d);
  // A modify may add the flow, which then needs a cookie.
  if (!flow.cookieMask && flow.newCookie === COOKIE_KEEP) flow.newCookie = 0n;
  if (split.actions !== null) takeActions(d, split.actions);
  return { flow, usable: d.usable };
}

/**
 * Reads the lines of a file of flows; `#` starts a comment, empty lines are skipped. `usable` is
 * what all of them have in common. Errors name the file and the line.
 */
export function parseFlowFile(
  file: string,
  content: string,
  command: number,
  names: Names = {},
): { flows: FlowMod[]; usable: number } {
  const flows: FlowMod[] = [];
  let usable: number = PROTOCOLS.ANY;
  for (const [index, raw] of content.split("\n").entries()) {
    const line = raw.replace(/#.*$/s, "");
    if (/^[ \t\n]*$/.test(line)) continue;
    try {
      const parsed = parseFlow(line, command, names);
      flows.push(parsed.flow);
      usable &= parsed.usable;
    } catch (error) {
      if (error instanceof Error && error.name === "OperatorError") {
        throw syntaxError(`${file}:${index + 1}: ${error.message}`);
      }
      throw error;
    }
  }
  return { flows, usable };
}

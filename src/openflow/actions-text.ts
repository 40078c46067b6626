// SPDX-License-Identifier: Apache-2.0
/** Actions and instructions in text: `ovs-actions(7)`. */
import type { FormatContext, Names, ParseContext } from "./actions/codec.js";
import { orderProblem } from "./actions/order.js";
import { codecOf, parserByName } from "./actions/table.js";
import type { OfpAct, OfpActType } from "./ofp-actions.js";
import { PROTOCOLS } from "./protocols.js";
import { nextKeyValue } from "./text/key-value.js";
import { syntaxError } from "./text/numbers.js";
import { portFromText } from "./text/ports.js";

export type { Names } from "./actions/codec.js";

const DEPTH_MAX = 100;
/** Text is checked by the rules of OpenFlow 1.1, the strictest. */
const ORDER_VERSION = 2;

/** Actions as text, comma separated; `drop` when there are none. */
export function formatActions(actions: readonly OfpAct[], names: Names = {}): string {
  if (actions.length === 0) return "drop";
  const context: FormatContext = {
    ...names,
    formatNested: (nested) => formatActions(nested, names),
  };
  return actions.map((act) => codecOf(act.type).format(act as never, context)).join(",");
}

export interface ParsedActions {
  actions: OfpAct[];
  /** Flow formats (PROTOCOL bits) that can carry them, as far as the actions alone tell. */
  usable: number;
}

interface Options extends Names {
  /** Instructions (`goto_table` …) may stand here. */
  instructions: boolean;
  outer: OfpActType | null;
  depth: number;
}

function parseOne(key: string, value: string, c: ParseContext, mayInstruct: boolean): OfpAct {
  const parse = parserByName(key);
  if (parse) {
    const act = parse(value, c);
    // Where no instruction may stand, a meter can only be the action of OpenFlow 1.5.
    if (act.type === "meter" && !mayInstruct) c.usable &= PROTOCOLS.OF15_UP;
    return act;
  }
  if (key.toLowerCase() === "apply_actions") {
    throw syntaxError("apply_actions is the default instruction");
  }
  const port = portFromText(key, c.ports);
  if (port === null) throw syntaxError(`unknown action ${key}`);
  return { type: "output", port, maxLen: 0 };
}

function parse(text: string, options: Options): ParsedActions {
  if (options.depth >= DEPTH_MAX) throw syntaxError("Action nested too deeply");
  const context: ParseContext = {
    ports: options.ports,
    tables: options.tables,
    usable: PROTOCOLS.ANY,
    depth: options.depth,
    parseNested(nested, outer) {
      const depth = options.depth + 1;
      const inner = parse(nested, { ...options, instructions: false, outer, depth });
      context.usable &= inner.usable;
      return inner.actions;
    },
  };
  const actions: OfpAct[] = [];
  let isDrop = false;
  for (let kv = nextKeyValue(text); kv; kv = nextKeyValue(kv.rest)) {
    if (kv.key.toLowerCase() === "drop") isDrop = true;
    else actions.push(parseOne(kv.key, kv.value, context, options.instructions));
  }
  if (isDrop && actions.length > 0) {
    throw syntaxError('"drop" must not be accompanied by any other action or instruction');
  }
  const allowed = options.instructions ? undefined : (["apply_actions", "meter"] as const);
  const problem = orderProblem(actions, ORDER_VERSION, allowed, options.outer);
  if (problem) throw syntaxError(problem.text);
  return { actions, usable: context.usable };
}

/** Reads instructions, as after `actions=` in a flow. Throws the stock tools' message. */
export function parseInstructions(text: string, names: Names = {}): ParsedActions {
  return parse(text, { ...names, instructions: true, outer: null, depth: 0 });
}

/** Reads actions only, as in a packet-out or a bucket. Throws the stock tools' message. */
export function parseActions(text: string, names: Names = {}): ParsedActions {
  return parse(text, { ...names, instructions: false, outer: null, depth: 0 });
}

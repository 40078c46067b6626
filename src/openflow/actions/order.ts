// SPDX-License-Identifier: Apache-2.0
/** In which order and where actions and instructions may stand (OpenFlow 1.3.5 §5.9, and what the
 * stock switch demands of every version). */
import { OfpError, type OfpErrorName } from "../errors.js";
import type { OfpAct, OfpActType } from "../ofp-actions.js";
import { V } from "./codec.js";
import { codecOf } from "./table.js";

/** Instructions in the order of their execution. */
const ORDER = [
  "meter",
  "apply_actions",
  "clear_actions",
  "write_actions",
  "write_metadata",
  "goto_table",
] as const;
export type InstructionName = (typeof ORDER)[number];
const APPLY = ORDER.indexOf("apply_actions");

/** The instruction that carries an action in `version`. */
export function instructionOf(type: OfpActType, version: number): InstructionName {
  if (type === "meter" && version >= V.OF15) return "apply_actions";
  return (ORDER as readonly string[]).includes(type) ? (type as InstructionName) : "apply_actions";
}

/** What is wrong with the order of actions: the error for the wire, and its words for people. */
export interface OrderProblem {
  code: OfpErrorName;
  text: string;
}

/** Fields that only conntrack may set. */
const CT_FIELDS: readonly string[] = ["ct_mark", "ct_label"];

function writtenField(act: OfpAct): string | null {
  if (act.type === "set_field") return act.field.name;
  return act.type === "reg_move" ? act.dst.field.name : null;
}

function nestingProblem(act: OfpAct, outer: OfpActType | null): OrderProblem | null {
  const field = writtenField(act);
  if (outer !== "ct" && CT_FIELDS.includes(field ?? "")) {
    return { code: "OFPBAC_BAD_SET_ARGUMENT", text: "cannot set CT fields outside of ct action" };
  }
  if (act.type === "nat") {
    if (outer === "ct") return null;
    const text = 'Cannot have NAT action outside of "ct" action';
    return { code: "OFPBAC_BAD_SET_ARGUMENT", text };
  }
  if (!outer) return null;
  const within = codecOf(outer).name;
  const bad = (text: string): OrderProblem => ({ code: "OFPBAC_BAD_ARGUMENT", text });
  if ((outer === "ct" && field === null) || act.type === "meter") {
    return bad(`${within} action doesn't support nested action ${codecOf(act.type).name}`);
  }
  if (outer === "ct" && !CT_FIELDS.includes(field ?? "")) {
    return bad(`${within} action doesn't support nested modification of ${field}`);
  }
  return null;
}

/** Clauses of conjunctive matches have no actions beside them. */
function conjunctionProblem(actions: readonly OfpAct[]): OrderProblem | null {
  const other = actions.find(({ type }) => type !== "conjunction" && type !== "note");
  if (!other) return null;
  const text =
    '"conjunction" actions may be used along with "note" but not any other kind of action ' +
    `(such as the "${codecOf(other.type).name}" action used here)`;
  return { code: "NXBAC_BAD_CONJUNCTION", text };
}

function sequenceProblem(previous: number, next: number): OrderProblem | null {
  if (previous === APPLY ? next >= previous : next > previous) return null;
  const suffix = "for OpenFlow 1.1+ compatibility";
  const [before, after] = [ORDER[next], ORDER[previous]];
  const text =
    next === previous
      ? `duplicate ${after} instruction not allowed, ${suffix}`
      : `invalid instruction ordering: ${before} must appear before ${after}, ${suffix}`;
  return { code: "OFPBAC_UNSUPPORTED_ORDER", text };
}

/** The first problem with the order or nesting of `actions`, or null. `allowed`: instructions that
 * may stand here; `outer`: the action they are in. */
export function orderProblem(
  actions: readonly OfpAct[],
  version: number,
  allowed: readonly InstructionName[] = ORDER,
  outer: OfpActType | null = null,
): OrderProblem | null {
  let previous = -1;
  for (const act of actions) {
    if (act.type === "conjunction") return conjunctionProblem(actions);
    const nesting = nestingProblem(act, outer);
    if (nesting) return nesting;
    const name = instructionOf(act.type, version);
    const next = ORDER.indexOf(name);
    const sequence = previous < 0 ? null : sequenceProblem(previous, next);
    if (sequence) return sequence;
    if (!allowed.includes(name)) {
      return { code: "OFPBIC_UNSUP_INST", text: `${name} instruction not allowed here` };
    }
    previous = next;
  }
  return null;
}

/** Throws the OpenFlow error of the first problem with the order of `actions`. */
export function verifyOrder(
  actions: readonly OfpAct[],
  version: number,
  allowed?: readonly InstructionName[],
  outer?: OfpActType,
): void {
  const problem = orderProblem(actions, version, allowed, outer);
  if (problem) throw new OfpError(problem.code, problem.text);
}

/** Actions that cannot be in an action set (OpenFlow 1.3.5 §5.10). */
const NOT_IN_SET: ReadonlySet<OfpActType> = new Set<OfpActType>([
  "bundle",
  "check_pkt_larger",
  "clear_actions",
  "clone",
  "conjunction",
  "controller",
  "debug_recirc",
  "debug_slow",
  "delete_field",
  "enqueue",
  "exit",
  "fin_timeout",
  "goto_table",
  "learn",
  "meter",
  "multipath",
  "nat",
  "note",
  "output_reg",
  "output_trunc",
  "pop_queue",
  "sample",
  "stack_pop",
  "stack_push",
  "write_actions",
  "write_metadata",
]);

/** Whether an action may be in an action set. */
export function allowedInActionSet(type: OfpActType): boolean {
  return !NOT_IN_SET.has(type);
}

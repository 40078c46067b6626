// SPDX-License-Identifier: Apache-2.0
/** Lists of actions and instructions on the wire (OpenFlow 1.0 §5.2.4, 1.3.5 §7.2.4 and §7.2.5). */
import {
  type DecodeContext,
  endAction,
  startStandard,
  V,
  VENDOR_NICIRA,
  VENDOR_ONF,
} from "./actions/codec.js";
import { INSTRUCTION } from "./actions/instructions.js";
import { allowedInActionSet, instructionOf, verifyOrder } from "./actions/order.js";
import { codecOf, formByWire } from "./actions/table.js";
import { OfpError } from "./errors.js";
import { WireReader, WireWriter } from "./messages/wire.js";
import type { OfpAct } from "./ofp-actions.js";

const TYPE_VENDOR = 0xffff;
/** Actions within actions. */
const DEPTH_MAX = 100;

function decodeOne(r: WireReader, context: DecodeContext): OfpAct {
  const start = r.at;
  const left = r.left;
  if (left < 8) throw new OfpError("OFPBAC_BAD_LEN");
  const type = r.u16();
  const length = r.u16();
  const isVendor = type === TYPE_VENDOR;
  const vendor = isVendor ? r.u32() : 0;
  if (isVendor && vendor !== VENDOR_NICIRA && vendor !== VENDOR_ONF) {
    throw new OfpError("OFPBAC_BAD_VENDOR");
  }
  if (isVendor && left < 16) throw new OfpError("OFPBAC_BAD_LEN");
  const form = formByWire(context.version, vendor, isVendor ? r.u16() : type);
  if (!form) throw new OfpError(isVendor ? "OFPBAC_BAD_VENDOR_TYPE" : "OFPBAC_BAD_TYPE");
  const isTooLong = !form.extends && length > form.bytes;
  if (length > left || length < form.bytes || isTooLong || length % 8) {
    throw new OfpError("OFPBAC_BAD_LEN");
  }
  return form.decode(r.sub(start + length - r.at), context);
}

function decodeList(r: WireReader, version: number, depth: number): OfpAct[] {
  if (depth > DEPTH_MAX) throw new OfpError("OFPBAC_TOO_MANY", "nested too deeply");
  const context: DecodeContext = {
    version,
    depth,
    decodeNested(nested, outer) {
      const actions = decodeList(nested, version, depth + 1);
      verifyOrder(actions, version, ["apply_actions"], outer);
      return actions;
    },
  };
  const actions: OfpAct[] = [];
  while (r.left > 0) actions.push(decodeOne(r, context));
  return actions;
}

/** Reads `length` bytes of actions, as in a packet-out or a bucket. Throws OfpError. */
export function readActions(r: WireReader, length: number, version: number): OfpAct[] {
  if (length % 8 || length > r.left) throw new OfpError("OFPBRC_BAD_LEN");
  const actions = decodeList(r.sub(length), version, 0);
  verifyOrder(actions, version, ["apply_actions"]);
  return actions;
}

interface RawInstruction {
  type: number;
  body: WireReader;
}

/** Whole lengths; 0: at least 8. */
const INSTRUCTION_BYTES: Record<number, number> = {
  [INSTRUCTION.GOTO_TABLE]: 8,
  [INSTRUCTION.WRITE_METADATA]: 24,
  [INSTRUCTION.WRITE_ACTIONS]: 0,
  [INSTRUCTION.APPLY_ACTIONS]: 0,
  [INSTRUCTION.CLEAR_ACTIONS]: 8,
  [INSTRUCTION.METER]: 8,
};

function readInstruction(r: WireReader, version: number): RawInstruction {
  const left = r.left;
  const type = r.u16();
  const length = r.u16();
  if (length % 8 || length < 8 || length > left) throw new OfpError("OFPBIC_BAD_LEN");
  if (type === INSTRUCTION.EXPERIMENTER) throw new OfpError("OFPBIC_BAD_EXPERIMENTER");
  const bytes = INSTRUCTION_BYTES[type];
  const isMissing = type === INSTRUCTION.METER && version >= V.OF15;
  if (bytes !== undefined && bytes && length !== bytes) throw new OfpError("OFPBIC_BAD_LEN");
  if (bytes === undefined || isMissing) throw new OfpError("OFPBIC_UNKNOWN_INST");
  return { type, body: r.sub(length - 4) };
}

/** Instruction types in the order of execution. */
const EXECUTION = [
  INSTRUCTION.METER,
  INSTRUCTION.APPLY_ACTIONS,
  INSTRUCTION.CLEAR_ACTIONS,
  INSTRUCTION.WRITE_ACTIONS,
  INSTRUCTION.WRITE_METADATA,
  INSTRUCTION.GOTO_TABLE,
];

function actionsOf({ type, body }: RawInstruction, version: number): OfpAct[] {
  switch (type) {
    case INSTRUCTION.METER:
      return [{ type: "meter", meter: body.u32() }];
    case INSTRUCTION.APPLY_ACTIONS:
      body.skip(4);
      return decodeList(body, version, 0);
    case INSTRUCTION.WRITE_ACTIONS: {
      body.skip(4);
      const actions = decodeList(body, version, 0);
      if (!actions.every((a) => allowedInActionSet(a.type))) throw new OfpError("OFPBAC_BAD_TYPE");
      return [{ type: "write_actions", actions }];
    }
    case INSTRUCTION.WRITE_METADATA:
      body.skip(4);
      return [{ type: "write_metadata", metadata: body.u64(), mask: body.u64() }];
    case INSTRUCTION.GOTO_TABLE:
      return [{ type: "goto_table", table: body.u8() }];
    default:
      return [{ type: "clear_actions" }];
  }
}

/** Reads `length` bytes of instructions (OpenFlow 1.0: of actions), in execution order. Throws
 * OfpError. */
export function readInstructions(r: WireReader, length: number, version: number): OfpAct[] {
  if (version === V.OF10) {
    if (length % 8 || length > r.left) throw new OfpError("OFPBRC_BAD_LEN");
    const actions = decodeList(r.sub(length), version, 0);
    verifyOrder(actions, version);
    return actions;
  }
  if (length % 8 || length > r.left) throw new OfpError("OFPBIC_BAD_LEN");
  const body = r.sub(length);
  const found = new Map<number, RawInstruction>();
  while (body.left > 0) {
    const instruction = readInstruction(body, version);
    if (found.has(instruction.type)) throw new OfpError("OFPBIC_DUP_INST");
    found.set(instruction.type, instruction);
  }
  const actions = EXECUTION.flatMap((type) => {
    const instruction = found.get(type);
    return instruction ? actionsOf(instruction, version) : [];
  });
  verifyOrder(actions, version);
  return actions;
}

/** Writes actions. What `version` cannot say is left out or said with Nicira's extensions, as the
 * stock switch does. */
export function writeActions(w: WireWriter, actions: readonly OfpAct[], version: number): void {
  for (const act of actions) codecOf(act.type).encode(w, act as never, version, writeActions);
}

/** Writes actions as instructions: runs of actions become Apply-Actions. OpenFlow 1.0: actions. */
export function writeInstructions(
  w: WireWriter,
  actions: readonly OfpAct[],
  version: number,
): void {
  if (version === V.OF10) {
    writeActions(w, actions, version);
    return;
  }
  for (let i = 0; i < actions.length; ) {
    const run = applied(actions, i, version);
    if (run.length === 0) {
      writeActions(w, [actions[i]], version);
      i++;
      continue;
    }
    // An action that this version cannot say may leave nothing to apply.
    const body = new WireWriter();
    writeActions(body, run, version);
    if (body.length > 0) {
      const start = startStandard(w, INSTRUCTION.APPLY_ACTIONS);
      w.zeros(4).append(body.slice());
      endAction(w, start);
    }
    i += run.length;
  }
}

function applied(actions: readonly OfpAct[], from: number, version: number): OfpAct[] {
  const isApplied = (act: OfpAct): boolean => instructionOf(act.type, version) === "apply_actions";
  let end = from;
  while (end < actions.length && isApplied(actions[end])) end++;
  return actions.slice(from, end);
}

/** Decodes bytes that are nothing but actions. */
export function decodeActions(bytes: Uint8Array, version: number): OfpAct[] {
  return readActions(new WireReader(bytes), bytes.length, version);
}

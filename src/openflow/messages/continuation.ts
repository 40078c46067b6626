// SPDX-License-Identifier: Apache-2.0
/**
 * The continuation of a paused packet, as it travels through a controller: nested properties inside
 * NXT_PACKET_IN2 and NXT_RESUME. Opaque to controllers, but written as the stock switch does it, so
 * that the stock tools can print it.
 */
import { readActions, writeActions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import type { OfpAct } from "../ofp-actions.js";
import { type Property, readProperties, unknownProperty, writeProperty } from "./properties.js";
import { WireReader, WireWriter } from "./wire.js";

const PROPERTY = {
  BRIDGE: 0x8000,
  STACK: 0x8001,
  MIRRORS: 0x8002,
  CONNTRACKED: 0x8003,
  TABLE_ID: 0x8004,
  COOKIE: 0x8005,
  ACTIONS: 0x8006,
  ACTION_SET: 0x8007,
  ODP_PORT: 0x8008,
} as const;

/** An action to go on with; `unroll` says which rule later ones belong to. */
export type ContinuedAct = OfpAct | { type: "unroll"; tableId: number; ruleCookie: bigint };

export interface Continuation {
  /** UUID of the switch that paused the packet, 16 bytes. */
  bridge: Uint8Array;
  /** Bottom first. */
  stack: readonly Uint8Array[];
  conntracked: boolean;
  actions: readonly ContinuedAct[];
  actionSet: readonly OfpAct[];
}

function writeNested(w: WireWriter, type: number, acts: readonly OfpAct[], version: number): void {
  if (acts.length === 0) return;
  writeProperty(w, type, () => writeActions(w.zeros(4), acts, version));
}

/** Actions in runs, each after the rule that it belongs to. */
function writeRuns(w: WireWriter, acts: readonly ContinuedAct[], version: number): void {
  let [tableId, cookie] = [0, 0n];
  let run: OfpAct[] = [];
  const flush = (): void => {
    writeNested(w, PROPERTY.ACTIONS, run, version);
    run = [];
  };
  for (const act of acts) {
    if (act.type !== "unroll") {
      run.push(act);
      continue;
    }
    flush();
    if (act.tableId !== tableId) writeProperty(w, PROPERTY.TABLE_ID, () => w.u8(act.tableId));
    if (act.ruleCookie !== cookie) {
      writeProperty(w, PROPERTY.COOKIE, () => w.zeros(4).u64(act.ruleCookie));
    }
    [tableId, cookie] = [act.tableId, act.ruleCookie];
  }
  flush();
}

export function encodeContinuation(continuation: Continuation, version: number): Uint8Array {
  const w = new WireWriter();
  const { bridge, stack, conntracked, actions, actionSet } = continuation;
  writeProperty(w, PROPERTY.BRIDGE, () => w.append(bridge));
  for (const value of [...stack].reverse()) {
    writeProperty(w, PROPERTY.STACK, () => w.append(value));
  }
  if (conntracked) writeProperty(w, PROPERTY.CONNTRACKED, () => {});
  writeRuns(w, actions, version);
  writeNested(w, PROPERTY.ACTION_SET, actionSet, version);
  return w.slice();
}

function nestedActions({ body }: Property, version: number): OfpAct[] {
  if (body.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
  body.skip(4);
  return readActions(body, body.left, version);
}

function fixed({ body }: Property, bytes: number): WireReader {
  if (body.left !== bytes) throw new OfpError("OFPBPC_BAD_LEN");
  return body;
}

/** Reads what `encodeContinuation` wrote, or what became of it. Throws OfpError. */
export function decodeContinuation(bytes: Uint8Array, version: number): Continuation {
  let [tableId, ruleCookie] = [0, 0n];
  let bridge: Uint8Array = new Uint8Array(16);
  const stack: Uint8Array[] = [];
  let conntracked = false;
  const actions: ContinuedAct[] = [];
  let actionSet: OfpAct[] = [];
  for (const property of readProperties(new WireReader(bytes))) {
    const { type, body } = property;
    if (type === PROPERTY.BRIDGE) bridge = fixed(property, 16).rest();
    else if (type === PROPERTY.STACK) stack.unshift(body.rest());
    else if (type === PROPERTY.CONNTRACKED) conntracked = true;
    else if (type === PROPERTY.TABLE_ID) tableId = fixed(property, 1).u8();
    else if (type === PROPERTY.COOKIE) {
      fixed(property, 12).skip(4);
      ruleCookie = body.u64();
    } else if (type === PROPERTY.ACTIONS) {
      actions.push({ type: "unroll", tableId, ruleCookie }, ...nestedActions(property, version));
    } else if (type === PROPERTY.ACTION_SET) actionSet = nestedActions(property, version);
    else if (type !== PROPERTY.MIRRORS && type !== PROPERTY.ODP_PORT) {
      throw unknownProperty(property);
    }
  }
  return { bridge, stack, conntracked, actions, actionSet };
}

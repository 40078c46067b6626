// SPDX-License-Identifier: Apache-2.0
/** `ct`, `ct_clear` and `nat`: what goes to the connection tracker, and what comes back. */
import { KEY_FIELDS as K } from "../../../pmd/shm/flow-key.js";
import { codecOf } from "../../openflow/actions/table.js";
import { FLOW_FIELDS, type Flow } from "../../openflow/flow.js";
import { CT_FLAG, type OfpAct } from "../../openflow/ofp-actions.js";
import { readSubfield } from "../../openflow/subfield.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { executeActions } from "./execute.js";
import { allocateState, cancelFreeze } from "./freeze.js";
import { markSubfield } from "./set-field.js";

type Ct = Extract<OfpAct, { type: "ct" }>;

const NO_TABLE = 255;
const CT_TRACKED = 0x20;
const HELPERS: Readonly<Record<number, string>> = { 21: "ftp", 69: "tftp" };
/** ct_state, ct_zone; ct_mark, the original tuple; ct_label; the original IPv6 addresses. */
const FIELDS: readonly (readonly [from: number, to: number])[] = [
  [K.ct_state.offset, K.ct_zone.offset + 2],
  [K.ct_mark.offset, K.ct_nw_dst.offset + 4],
  [K.ct_label.offset, K.ct_label.offset + 16],
  [FLOW_FIELDS.ct_ipv6_src.offset, FLOW_FIELDS.ct_ipv6_dst.offset + 16],
];

/** Makes the packet an untracked one. */
export function clearConntrack(flow: Flow): void {
  for (const [from, to] of FIELDS) flow.bytes.fill(0, from, to);
}

const range = ({ bytes }: Flow, { offset, bytes: length }: { offset: number; bytes: number }) =>
  bytes.slice(offset, offset + length);

/** Pipeline fields are part of the suspended state: they need not be matched again. */
function isFrozenMetadata(name: string): boolean {
  return /^(tun_|metadata$|in_port|x{0,2}reg\d)/.test(name);
}

function zoneOf(ctx: XlateContext, act: Ct): number {
  const { zoneSrc } = act;
  if (!zoneSrc) return act.zone;
  const isResumed = ctx.input.flow.view.getUint32(K.recirc_id.offset) !== 0;
  if (!isResumed || !isFrozenMetadata(zoneSrc.field.name)) markSubfield(ctx, zoneSrc);
  return Number(readSubfield(zoneSrc, ctx.flow));
}

/** What the nested actions set of the connection: the bits that they marked. */
function connectionFields(ctx: XlateContext): {
  mark: { value: number; mask: number } | null;
  label: { value: Uint8Array; mask: Uint8Array } | null;
} {
  const mask = ctx.wc.view.getUint32(K.ct_mark.offset);
  const labelMask = range(ctx.wc, K.ct_label);
  const value = (ctx.flow.view.getUint32(K.ct_mark.offset) & mask) >>> 0;
  const label = range(ctx.flow, K.ct_label).map((byte, i) => byte & labelMask[i]);
  return {
    mark: mask ? { value, mask } : null,
    label: labelMask.some((byte) => byte !== 0) ? { value: label, mask: labelMask } : null,
  };
}

/** Sends the packet to the tracker; with a table, a copy of it comes back there. */
export function executeCt(ctx: XlateContext, act: Ct): void {
  const { wc } = ctx;
  const zone = zoneOf(ctx, act);
  const oldMark = range(wc, K.ct_mark);
  const oldLabel = range(wc, K.ct_label);
  commitActions(ctx);
  ctx.natAction = null;
  wc.bytes.fill(0, K.ct_mark.offset, K.ct_mark.offset + 4);
  wc.bytes.fill(0, K.ct_label.offset, K.ct_label.offset + 16);
  executeNested(ctx, act.actions);
  const commit = (act.flags & CT_FLAG.COMMIT) !== 0;
  const nat = ctx.natAction as Extract<OfpAct, { type: "nat" }> | null;
  const helper = act.alg ? (HELPERS[act.alg] ?? null) : null;
  if (act.alg && !helper) ctx.fail(`cannot serialize ct_helper ${act.alg}`);
  ctx.actions.push({
    type: "ct",
    commit,
    force: commit && (act.flags & CT_FLAG.FORCE) !== 0,
    zone,
    ...connectionFields(ctx),
    helper,
    nat: nat && natText(nat),
  });
  wc.bytes.set(oldMark, K.ct_mark.offset);
  wc.bytes.set(oldLabel, K.ct_label.offset);
  if (act.table !== NO_TABLE) fork(ctx, act.table);
  ctx.natAction = null;
  clearConntrack(ctx.flow);
  ctx.detail("Sets the packet to an untracked state, and clears all the conntrack fields.");
  ctx.conntracked = false;
}

/** An empty list of nested actions is told as one, too. */
function executeNested(ctx: XlateContext, actions: readonly OfpAct[]): void {
  executeActions(ctx, actions);
}

function natText(act: Extract<OfpAct, { type: "nat" }>): string {
  return codecOf("nat").format(act as never, { formatNested: () => "" });
}

/** A copy of the packet comes back in `table` with what the tracker found out. */
function fork(ctx: XlateContext, table: number): void {
  ctx.conntracked = true;
  const { frozenActions, actionSet } = ctx;
  ctx.freezing = true;
  const id = allocateState(ctx, { tableId: table, actions: frozenActions, actionSet });
  ctx.actions.push({ type: "recirc", id });
  cancelFreeze(ctx);
  ctx.detail(
    "A clone of the packet is forked to recirculate. " +
      `The forked pipeline will be resumed at table ${table}.`,
  );
}

export function executeCtClear(ctx: XlateContext): void {
  ctx.wc.bytes[K.ct_state.offset] |= CT_TRACKED;
  if (!ctx.conntracked) return;
  ctx.conntracked = false;
  clearConntrack(ctx.flow);
  ctx.actions.push({ type: "ct_clear" });
}

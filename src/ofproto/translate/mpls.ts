// SPDX-License-Identifier: Apache-2.0
/**
 * MPLS: pushing, popping and changing labels. The key holds the three outermost ones. What is
 * behind a popped label is not known before the datapath has parsed the packet again, so that most
 * actions after a pop suspend the translation.
 */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { etherType } from "../../openflow/field-prereqs.js";
import type { Flow } from "../../openflow/flow.js";
import type { OfpAct, OfpActType } from "../../openflow/ofp-actions.js";
import { PACKET_IN_REASON } from "../ofproto-types.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { sendToController } from "./controller.js";
import { AT, ETH_TYPE, ethType, mark } from "./headers.js";

export const LABELS_MAX = 3;
const BOTTOM = 0x100;
const DSCP = 0xfc;
const TTL_DEFAULT = 64;
const IPV6_EXPLICIT_NULL = 2;
const LSE0 = KEY_FIELDS.mpls_lse0.offset;
/** Everything above the link layer that pushing a first label makes payload of. */
const NETWORK = [
  [KEY_FIELDS.nw_frag.offset, KEY_FIELDS.ct_state.offset],
  [KEY_FIELDS.ipv6_src.offset, KEY_FIELDS.ipv6_label.offset + 4],
  [KEY_FIELDS.dp_hash.offset, KEY_FIELDS.dp_hash.offset + 4],
  [KEY_FIELDS.ct_tp_src.offset, KEY_FIELDS.ct_nw_dst.offset + 4],
] as const;

export function isMplsType(type: number): boolean {
  return type === ETH_TYPE.MPLS || type === ETH_TYPE.MPLS_MCAST;
}

/** The `i`th label stack entry, the outermost is 0. */
export function labelEntry(flow: Flow, i: number): number {
  return flow.view.getUint32(LSE0 + 4 * i);
}

export function setLabelEntry(flow: Flow, i: number, entry: number): void {
  flow.view.setUint32(LSE0 + 4 * i, entry >>> 0);
}

function markEntry(wc: Flow, i: number, bits: number): void {
  setLabelEntry(wc, i, labelEntry(wc, i) | bits);
}

/** Labels of the packet, as far as the key holds them; `wc`: marks what says so. */
export function countLabels(flow: Flow, wc: Flow | null): number {
  if (!isMplsType(ethType(flow))) return 0;
  let count = 0;
  for (let i = 0; i < LABELS_MAX; i++) {
    if (wc) markEntry(wc, i, BOTTOM);
    const entry = labelEntry(flow, i);
    if (entry & BOTTOM) return i + 1;
    if (entry !== 0) count++;
  }
  return count;
}

/** Entry of a label pushed onto a packet without any. */
function firstEntry(flow: Flow, wc: Flow | null): number {
  const label = ethType(flow) === ETH_TYPE.IPV6 ? IPV6_EXPLICIT_NULL : 0;
  let ttl = TTL_DEFAULT;
  let trafficClass = 0;
  const type = etherType(flow);
  if (type === ETH_TYPE.IPV4 || type === ETH_TYPE.IPV6) {
    trafficClass = (flow.bytes[AT.nwTos] & DSCP) >> 2;
    ttl = flow.bytes[AT.nwTtl] || TTL_DEFAULT;
    if (wc) {
      wc.bytes[AT.nwTos] |= DSCP;
      mark(wc, AT.nwTtl, 1);
    }
  }
  return ((label << 12) | ((trafficClass & 7) << 9) | BOTTOM | ttl) >>> 0;
}

/** Pushes a copy of the outermost of `count` labels, or one that fits the packet.
 * `keepNetwork`: what the packet was stays known. */
export function pushLabel(
  flow: Flow,
  count: number,
  type: number,
  wc: Flow | null,
  keepNetwork: boolean,
): void {
  if (count > 0) {
    if (wc) mark(wc, LSE0, 4 * count);
    for (let i = count; i >= 1; i--) setLabelEntry(flow, i, labelEntry(flow, i - 1));
    setLabelEntry(flow, 0, labelEntry(flow, 1) & ~BOTTOM);
  } else {
    setLabelEntry(flow, 0, firstEntry(flow, wc));
    if (!keepNetwork) for (const [from, to] of NETWORK) flow.bytes.fill(0, from, to);
  }
  flow.view.setUint16(AT.ethType, type);
}

/** Pops the outermost of `count` labels; the packet is then of `type`. False when it cannot be: the
 * packet has none, or more than the key holds. */
export function popLabel(flow: Flow, count: number, type: number, wc: Flow | null): boolean {
  if (count === 0) return false;
  if (count === LABELS_MAX) {
    if (wc) markEntry(wc, count - 1, BOTTOM);
    if (!(labelEntry(flow, count - 1) & BOTTOM)) return false;
  }
  if (wc) mark(wc, LSE0 + 4, 4 * (count - 1));
  for (let i = 1; i < count; i++) setLabelEntry(flow, i - 1, labelEntry(flow, i));
  setLabelEntry(flow, count - 1, 0);
  flow.view.setUint16(AT.ethType, type);
  return true;
}

export function failTooManyLabels(ctx: XlateContext, what: string): void {
  if (ctx.input.packet) {
    ctx.fail(`dropping packet on which ${what} more MPLS LSEs than the ${LABELS_MAX} supported.`);
  }
  ctx.error = "too_many_mpls_labels";
}

export function executePushMpls(
  ctx: XlateContext,
  act: Extract<OfpAct, { type: "push_mpls" }>,
): void {
  const count = countLabels(ctx.flow, ctx.wc);
  if (count === 0) commitActions(ctx);
  if (count >= LABELS_MAX) {
    failTooManyLabels(ctx, "an MPLS push action can't be performed as it would have");
    return;
  }
  pushLabel(ctx.flow, count, act.ethertype, ctx.wc, false);
}

export function executePopMpls(
  ctx: XlateContext,
  act: Extract<OfpAct, { type: "pop_mpls" }>,
): void {
  const count = countLabels(ctx.flow, ctx.wc);
  if (popLabel(ctx.flow, count, act.ethertype, ctx.wc)) {
    if (!isMplsType(act.ethertype)) ctx.wasMpls = true;
  } else if (count >= LABELS_MAX) {
    failTooManyLabels(ctx, "an MPLS pop action can't be performed as it has");
    ctx.actions = [];
  }
}

/** Sets the bits of the outermost entry that `mask` has. */
export function setLabelBits({ flow, wc }: XlateContext, bits: number, mask: number): void {
  if (!isMplsType(ethType(flow))) return;
  markEntry(wc, 0, mask);
  setLabelEntry(flow, 0, (labelEntry(flow, 0) & ~mask) | (bits & mask));
}

/** Returns false when the TTL has run out; see `decrementTtl`. */
export function decrementMplsTtl(ctx: XlateContext): boolean {
  const { flow } = ctx;
  if (isMplsType(ethType(flow))) {
    markEntry(ctx.wc, 0, 0xff);
    const entry = labelEntry(flow, 0);
    if ((entry & 0xff) > 1) {
      setLabelEntry(flow, 0, entry - 1);
      return true;
    }
    const reason = PACKET_IN_REASON.INVALID_TTL;
    sendToController(ctx, { type: "controller", maxLen: 0xffff, controllerId: 0, reason });
  }
  ctx.warn("MPLS decrement TTL exception");
  return false;
}

/** Actions that do not depend on what is behind a popped label. */
const INDEPENDENT: ReadonlySet<OfpActType | "unroll"> = new Set<OfpActType>([
  "output",
  "output_trunc",
  "enqueue",
  "output_reg",
  "set_vlan_vid",
  "set_vlan_pcp",
  "set_eth_src",
  "set_eth_dst",
  "set_tunnel",
  "set_queue",
  "group",
]);

const LINK_PREREQS: readonly string[] = ["none", "ethernet", "vlan", "mpls"];

/** Whether `act` must wait until the datapath has parsed what was behind a popped label. */
export function needsReparsing(act: OfpAct | { type: "unroll" }): boolean {
  if (INDEPENDENT.has(act.type)) return false;
  return act.type !== "set_field" || isNetworkField(act.field);
}

function isNetworkField({ prereq, name }: { prereq: string; name: string }): boolean {
  return !LINK_PREREQS.includes(prereq) && !name.startsWith("ct_");
}

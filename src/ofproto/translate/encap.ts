// SPDX-License-Identifier: Apache-2.0
/** `encap`, `decap`, `dec_nsh_ttl`: the flow is rewritten at once, the datapath's action is made by
 * the next commit. */
import { KEY_FIELDS as K, KEY_OVERLAYS as O, VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import type { Flow } from "../../openflow/flow.js";
import { type OfpAct, PACKET_TYPE } from "../../openflow/ofp-actions.js";
import { PACKET_IN_REASON } from "../ofproto-types.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { sendToController } from "./controller.js";
import { triggerFreeze } from "./freeze.js";
import { AT, ETH_TYPE, ethType, mark, vlanTci } from "./headers.js";
import { countLabels, failTooManyLabels, LABELS_MAX, popLabel, pushLabel } from "./mpls.js";

type Encap = Extract<OfpAct, { type: "encap" }>;
type Decap = Extract<OfpAct, { type: "decap" }>;

const NS_ETHERTYPE = 1;
const ETH_TYPE_NSH = 0x894f;
const ETH_TYPE_TEB = 0x6558;
const PT_IPV4 = 0x10800;
const PT_IPV6 = 0x186dd;
/** NSH next protocols (RFC 8300 §11.2.5) and the packet types they stand for. */
const NEXT_PROTOCOLS: readonly (readonly [packetType: number, np: number])[] = [
  [PT_IPV4, 1],
  [PT_IPV6, 2],
  [PACKET_TYPE.ETHERNET, 3],
  [PACKET_TYPE.NSH, 4],
];
const NSH_TTL = 63;
const NSH_SI = 255;
/** RFC 8300 §2.5. */
const CONTEXT_MAX = 248;
/** Header fields of the first class of the key, from the Ethernet addresses up to the tracker's. */
const HEADERS_END = K.ct_state.offset;

const packetType = (flow: Flow): number => flow.view.getUint32(AT.packetType);
const typeText = (type: number): string => `(${type >>> 16},0x${(type & 0xffff).toString(16)})`;

function unsupported(ctx: XlateContext, text: string): void {
  ctx.trace?.add("action", text);
  ctx.error = "unsupported_packet_type";
}

function clearAddresses(flow: Flow): void {
  flow.bytes.fill(0, AT.ethDst, AT.ethDst + 12);
}

function encapEthernet(ctx: XlateContext): void {
  const { flow } = ctx;
  mark(ctx.wc, AT.packetType, 4);
  const type = packetType(flow);
  if (type >>> 16 !== NS_ETHERTYPE) {
    const text = "Dropping packet as encap(ethernet) is not supported for packet type ethernet.";
    unsupported(ctx, text);
    return;
  }
  flow.view.setUint32(AT.packetType, PACKET_TYPE.ETHERNET);
  clearAddresses(flow);
  flow.view.setUint16(AT.ethType, type & 0xffff);
}

function encapMpls(ctx: XlateContext, act: Encap): void {
  const { flow, wc, base } = ctx;
  const count = countLabels(flow, wc);
  if (count >= LABELS_MAX) {
    failTooManyLabels(ctx, "an encap MPLS action can't be performed as it would have");
    return;
  }
  mark(wc, AT.packetType, 4);
  if (packetType(flow) === PACKET_TYPE.ETHERNET && ethType(flow) === ETH_TYPE.MPLS) {
    // The labels there are behind an Ethernet header: they do not count any more.
    for (const each of [flow, wc, base]) {
      each.bytes.fill(0, K.mpls_lse0.offset, K.mpls_lse2.offset + 4);
    }
  }
  flow.view.setUint32(AT.packetType, act.packetType);
  pushLabel(flow, count, act.packetType & 0xffff, wc, false);
  clearAddresses(flow);
}

/** The context headers of type 2; null: none, or more than fit. */
function contextHeaders(act: Encap): Uint8Array | null {
  const parts: number[] = [];
  for (const property of act.properties) {
    if (property.kind !== "tlv") continue;
    const { tlvClass, tlvType, value } = property;
    parts.push(tlvClass >> 8, tlvClass & 0xff, tlvType, value.length, ...value);
    while (parts.length % 4) parts.push(0);
  }
  return parts.length === 0 || parts.length > CONTEXT_MAX ? null : Uint8Array.from(parts);
}

function encapNsh(ctx: XlateContext, act: Encap): void {
  const { flow } = ctx;
  const type = packetType(flow);
  const np = NEXT_PROTOCOLS.find(([candidate]) => candidate === type)?.[1];
  if (np === undefined) {
    const text = `Dropping packet as encap(nsh) is not supported for packet type ${typeText(type)}`;
    unsupported(ctx, text);
    return;
  }
  mark(ctx.wc, AT.packetType, 4);
  const given = act.properties.findLast((property) => property.kind === "md_type");
  const mdType = given?.kind === "md_type" ? given.mdType : 1;
  flow.bytes.fill(0, AT.ethDst, HEADERS_END);
  flow.bytes.fill(0, AT.ipv6Src, AT.ipv6LabelEnd);
  flow.bytes.fill(0, K.mpls_lse0.offset, K.mpls_lse2.offset + 4);
  flow.view.setUint32(AT.packetType, PACKET_TYPE.NSH);
  flow.view.setUint16(AT.ethType, ETH_TYPE_NSH);
  flow.bytes[O.nsh_ttl.offset] = NSH_TTL;
  flow.bytes[O.nsh_mdtype.offset] = mdType;
  flow.bytes[O.nsh_np.offset] = np;
  flow.view.setUint32(O.nsh_path_hdr.offset, NSH_SI);
  ctx.encapContext = mdType === 2 ? contextHeaders(act) : null;
}

export function executeEncap(ctx: XlateContext, act: Encap): void {
  commitActions(ctx);
  if (act.packetType === PACKET_TYPE.ETHERNET) encapEthernet(ctx);
  else if (act.packetType === PACKET_TYPE.NSH) encapNsh(ctx, act);
  else encapMpls(ctx, act);
  if (!ctx.error) ctx.pendingEncap = true;
}

function decapEthernet(ctx: XlateContext): void {
  const { flow } = ctx;
  if (vlanTci(flow, 0) & VLAN_CFI) {
    unsupported(ctx, "Dropping packet, cannot decap Ethernet if VLAN is present.");
    return;
  }
  flow.view.setUint32(AT.packetType, (NS_ETHERTYPE << 16) | ethType(flow));
  clearAddresses(flow);
  mark(ctx.wc, AT.ethType, 2);
}

function decapNsh(ctx: XlateContext): void {
  const { flow } = ctx;
  const np = flow.bytes[O.nsh_np.offset];
  const next = NEXT_PROTOCOLS.find(([, candidate]) => candidate === np);
  if (!next) {
    unsupported(ctx, `Dropping packet as NSH next protocol ${np} is not supported`);
    return;
  }
  flow.view.setUint32(AT.packetType, next[0]);
  mark(ctx.wc, O.nsh_np.offset, 1);
  ctx.pendingDecap = true;
  triggerFreeze(ctx);
}

function decapMpls(ctx: XlateContext, act: Decap): void {
  const { flow, wc } = ctx;
  flow.view.setUint32(AT.packetType, act.packetType);
  const count = countLabels(flow, wc);
  const type = act.packetType & 0xffff || ETH_TYPE_TEB;
  if (popLabel(flow, count, type, wc)) {
    ctx.pendingDecap = true;
    // What is behind the last label must be parsed.
    if (count === 1) triggerFreeze(ctx);
  } else if (count >= LABELS_MAX) {
    failTooManyLabels(ctx, "an MPLS decap can't be performed as it has");
    ctx.actions = [];
  }
}

export function executeDecap(ctx: XlateContext, act: Decap): void {
  commitActions(ctx);
  const type = packetType(ctx.flow);
  switch (type) {
    case PACKET_TYPE.ETHERNET:
      decapEthernet(ctx);
      break;
    case PACKET_TYPE.NSH:
      decapNsh(ctx);
      break;
    case PACKET_TYPE.MPLS:
    case PACKET_TYPE.MPLS_MCAST:
      decapMpls(ctx, act);
      break;
    default: {
      const text = `Dropping packet as the decap() does not support packet type ${typeText(type)}`;
      unsupported(ctx, text);
    }
  }
}

/** Returns false when the TTL has run out; see `decrementTtl`. */
export function decrementNshTtl(ctx: XlateContext): boolean {
  const { flow } = ctx;
  if (packetType(flow) === PACKET_TYPE.NSH || ethType(flow) === ETH_TYPE_NSH) {
    mark(ctx.wc, O.nsh_ttl.offset, 1);
    if (flow.bytes[O.nsh_ttl.offset] > 1) {
      flow.bytes[O.nsh_ttl.offset]--;
      return true;
    }
    const reason = PACKET_IN_REASON.INVALID_TTL;
    sendToController(ctx, { type: "controller", maxLen: 0xffff, controllerId: 0, reason });
  }
  ctx.warn("NSH decrement TTL exception");
  return false;
}

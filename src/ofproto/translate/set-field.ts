// SPDX-License-Identifier: Apache-2.0
/** `set_field`, `move`, `push` and `pop`: actions on any field or part of one. */
import { VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import {
  getField,
  type MfField,
  prereqsOk,
  setField as writeField,
} from "../../openflow/fields.js";
import type { Flow } from "../../openflow/flow.js";
import type { OfpAct, Subfield } from "../../openflow/ofp-actions.js";
import type { XlateContext } from "./context.js";
import { AT, ETH_TYPE, ethType, isIp, mark, markTci, VLAN_VID_MASK } from "./headers.js";

type SetFieldAct = Extract<OfpAct, { type: "set_field" }>;

export function setField(ctx: XlateContext, act: SetFieldAct): void {
  const { field } = act;
  if (!fieldApplies(field, ctx.flow, ctx.wc)) {
    ctx.warn(`unmet prerequisites for ${field.name}, set_field ignored`);
    return;
  }
  markNetworkHeader(ctx, field);
  const mask = act.mask ?? exactMask(field);
  markField(ctx, field, mask);
  const value = getField(ctx.flow, field);
  for (let i = 0; i < value.length; i++) {
    value[i] = (value[i] & ~mask[i]) | (act.value[i] & mask[i]);
  }
  writeField(ctx.flow, field, value);
}

/** Copies bits between fields that the packet has; otherwise does nothing. */
export function moveField(ctx: XlateContext, src: Subfield, dst: Subfield): void {
  const { flow, wc } = ctx;
  if (fieldApplies(dst.field, flow, wc) && fieldApplies(src.field, flow, wc)) {
    markSubfield(ctx, src);
    markSubfield(ctx, dst);
    putSubfield(ctx, dst, readSubfield(ctx, src));
  }
  if (ctx.trace) ctx.detail(ctx.trace.subfieldText(dst, ctx.flow));
}

export function pushField(ctx: XlateContext, src: Subfield): void {
  markSubfield(ctx, src);
  ctx.stack.push(readSubfield(ctx, src));
}

export function popField(ctx: XlateContext, dst: Subfield): void {
  const value = ctx.stack.pop();
  if (!value) {
    ctx.fail("stack underflow");
    return;
  }
  markSubfield(ctx, dst);
  putSubfield(ctx, dst, value);
  if (ctx.trace) ctx.detail(ctx.trace.subfieldText(dst, ctx.flow));
}

/** Whether the packet has `field`; marks what says so. The Ethernet type always is. */
function fieldApplies(field: MfField, flow: Flow, wc: Flow): boolean {
  switch (field.prereq) {
    case "vlan":
      markTci(wc, 0, VLAN_CFI);
      break;
    case "tcp":
    case "udp":
    case "sctp":
    case "icmpv4":
    case "icmpv6":
      mark(wc, AT.nwProto, 1);
      break;
    case "nd":
    case "nd_solicit":
    case "nd_advert":
      mark(wc, AT.nwProto, 1);
      mark(wc, AT.tpDst, 2);
      if (flow.view.getUint16(AT.tpDst) === 0) mark(wc, AT.tpSrc, 2);
      break;
  }
  return prereqsOk(field, flow);
}

/** Whether the network header is there depends on the protocol, as the datapath has it. */
function markNetworkHeader({ flow, wc }: XlateContext, field: MfField): void {
  const isIpField = isIp(flow) && IP_FIELDS.has(field.name);
  const isArpField = ethType(flow) === ETH_TYPE.ARP && ARP_FIELDS.has(field.name);
  if (isIpField || isArpField) mark(wc, AT.nwProto, 1);
}

const IP_FIELDS = new Set([
  "ip_src",
  "ip_dst",
  "ipv6_src",
  "ipv6_dst",
  "ipv6_label",
  "nw_tos",
  "nw_tos",
  "nw_ecn",
  "nw_ttl",
]);
const ARP_FIELDS = new Set(["arp_op", "arp_sha", "arp_tha", "arp_spa", "arp_tpa"]);

/** Marks the bits of `field` that `mask` has. */
function markField({ wc }: XlateContext, field: MfField, mask: Uint8Array): void {
  const marked = getField(wc, field);
  for (let i = 0; i < marked.length; i++) marked[i] |= mask[i];
  // All ones in dl_vlan would say "no VLAN".
  if (field.name === "dl_vlan") marked[0] &= VLAN_VID_MASK >> 8;
  // 20 bits of 32.
  if (field.name === "ipv6_label") marked.set([0, marked[1] & 0x0f]);
  writeField(wc, field, marked);
}

function exactMask(field: MfField): Uint8Array {
  return new Uint8Array(field.bytes).fill(0xff);
}

export function markSubfield(ctx: XlateContext, subfield: Subfield): void {
  markField(ctx, subfield.field, subfieldMask(subfield));
}

function subfieldMask({ field, start, bits }: Subfield): Uint8Array {
  const mask = new Uint8Array(field.bytes);
  for (let bit = start; bit < start + bits; bit++) {
    mask[field.bytes - 1 - (bit >> 3)] |= 1 << (bit & 7);
  }
  return mask;
}

/** The bits, right-aligned in just enough bytes. */
export function readSubfield(ctx: XlateContext, { field, start, bits }: Subfield): Uint8Array {
  const from = getField(ctx.flow, field);
  const to = new Uint8Array((bits + 7) >> 3);
  copyBits(from, start, to, 0, bits);
  return to;
}

/** Writes the low bits of `value`, and marks nothing. */
export function putSubfield(ctx: XlateContext, to: Subfield, value: Uint8Array): void {
  const bytes = getField(ctx.flow, to.field);
  const available = Math.min(to.bits, value.length * 8);
  copyBits(ZEROS, 0, bytes, to.start, to.bits);
  copyBits(value, 0, bytes, to.start, available);
  writeField(ctx.flow, to.field, bytes);
}

const ZEROS = new Uint8Array(128);

/** Writes the low bits of `value` into a field that the packet has. */
export function loadSubfield(ctx: XlateContext, dst: Subfield, value: Uint8Array): void {
  markSubfield(ctx, dst);
  putSubfield(ctx, dst, value);
}

/** Copies `count` bits between big-endian values; bit 0 is the last bit of the last byte. */
function copyBits(
  from: Uint8Array,
  fromBit: number,
  to: Uint8Array,
  toBit: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const source = fromBit + i;
    const target = toBit + i;
    const bit = (from[from.length - 1 - (source >> 3)] >> (source & 7)) & 1;
    const at = to.length - 1 - (target >> 3);
    to[at] = (to[at] & ~(1 << (target & 7))) | (bit << (target & 7));
  }
}

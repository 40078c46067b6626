// SPDX-License-Identifier: Apache-2.0
/** What the datapath has to do so that the packet has the labels, the NSH and the Ethernet header
 * that the flow has. */
import { KEY_FIELDS as K, KEY_OVERLAYS as O } from "../../../pmd/shm/flow-key.js";
import { PACKET_TYPE } from "../../openflow/ofp-actions.js";
import type { XlateContext } from "./context.js";
import { AT, ETH_TYPE, ethType, mark } from "./headers.js";
import { countLabels, isMplsType, labelEntry, popLabel, pushLabel, setLabelEntry } from "./mpls.js";

const NS_ETHERTYPE = 1;
const EXACT = new Uint8Array(4).fill(0xff);
/** RFC 8300 §2.2: the base header, and with the context headers of type 1. */
const NSH_BASE_BYTES = 8;
const NSH_MD1_BYTES = 24;

const isMpls = (type: number): boolean =>
  type === PACKET_TYPE.MPLS || type === PACKET_TYPE.MPLS_MCAST;

/** Labels that both have at the bottom of their stacks. */
function commonLabels({ flow, base }: XlateContext, flowCount: number, baseCount: number): number {
  const least = Math.min(flowCount, baseCount);
  let common = 0;
  while (
    common < least &&
    labelEntry(flow, flowCount - 1 - common) === labelEntry(base, baseCount - 1 - common)
  ) {
    common++;
  }
  return common;
}

function bytesOf(entry: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, entry);
  return bytes;
}

/** Pops, changes and pushes labels. `isEncap`: pushes in front of the Ethernet header. */
export function commitMpls(ctx: XlateContext, isEncap: boolean): void {
  const { flow, base } = ctx;
  let baseCount = countLabels(base, null);
  const flowCount = countLabels(flow, null);
  let common = commonLabels(ctx, flowCount, baseCount);
  while (baseCount > common) {
    if (baseCount - 1 === common && flowCount > common) {
      const entry = labelEntry(flow, flowCount - baseCount);
      // All of it is set, whatever was changed of it.
      mark(ctx.wc, AT.mpls, 4 * baseCount);
      ctx.actions.push({ type: "set", header: "mpls", value: bytesOf(entry), mask: EXACT });
      setLabelEntry(base, 0, entry);
      common++;
    } else {
      // Between labels the packet is still an MPLS one.
      const isInner = !isMplsType(ethType(flow)) && baseCount > 1;
      const ethertype = isInner ? ETH_TYPE.MPLS : ethType(flow);
      ctx.actions.push({ type: "pop_mpls", ethertype });
      popLabel(base, baseCount, ethType(flow), null);
      baseCount--;
    }
  }
  for (; baseCount < flowCount; baseCount++) {
    const entry = labelEntry(flow, flowCount - baseCount - 1);
    const type = isEncap ? "add_mpls" : "push_mpls";
    ctx.actions.push({ type, entry, ethertype: ethType(flow) });
    // The network header stays known: the flow may be put back.
    pushLabel(base, baseCount, ethType(flow), null, true);
    setLabelEntry(base, 0, entry);
  }
}

/** RFC 8300 §2.2. */
function nshHeader({ flow, encapContext }: XlateContext): Uint8Array {
  const mdType = flow.bytes[O.nsh_mdtype.offset];
  const extra = mdType === 2 ? (encapContext?.length ?? 0) : 0;
  const header = new Uint8Array(mdType === 1 ? NSH_MD1_BYTES : NSH_BASE_BYTES + extra);
  const view = new DataView(header.buffer);
  const [flags, ttl] = [flow.bytes[O.nsh_flags.offset], flow.bytes[O.nsh_ttl.offset]];
  view.setUint16(0, ((flags & 3) << 12) | ((ttl & 63) << 6) | (header.length >> 2));
  header[2] = mdType & 15;
  header[3] = flow.bytes[O.nsh_np.offset];
  view.setUint32(4, flow.view.getUint32(O.nsh_path_hdr.offset));
  if (mdType === 1) {
    const { offset, bytes } = O.nsh_context;
    header.set(flow.bytes.subarray(offset, offset + bytes), NSH_BASE_BYTES);
  } else if (encapContext) {
    header.set(encapContext, NSH_BASE_BYTES);
  }
  return header;
}

function commitEncap(ctx: XlateContext, type: number): void {
  const { flow, base } = ctx;
  if (type === PACKET_TYPE.ETHERNET) {
    const dst = flow.bytes.slice(AT.ethDst, AT.ethDst + 6);
    const src = flow.bytes.slice(AT.ethSrc, AT.ethSrc + 6);
    ctx.actions.push({ type: "push_eth", src, dst });
    mark(ctx.wc, AT.ethDst, 12);
    base.bytes.set(dst, AT.ethDst);
    base.bytes.set(src, AT.ethSrc);
    base.view.setUint32(AT.packetType, type);
  } else if (type === PACKET_TYPE.NSH) {
    ctx.actions.push({ type: "push_nsh", header: nshHeader(ctx) });
    base.copyFrom(flow);
  } else if (isMpls(type)) {
    commitMpls(ctx, true);
  }
}

function commitDecap(ctx: XlateContext, type: number): void {
  const { base } = ctx;
  const baseType = base.view.getUint32(AT.packetType);
  if (type >>> 16 === NS_ETHERTYPE && baseType === PACKET_TYPE.ETHERNET) {
    ctx.actions.push({ type: "pop_eth" });
    base.view.setUint32(AT.packetType, type);
    base.bytes.fill(0, AT.ethDst, AT.ethDst + 12);
  } else if (baseType === PACKET_TYPE.NSH) {
    // The packet is parsed again afterwards.
    ctx.actions.push({ type: "pop_nsh" });
  } else if (isMpls(baseType)) {
    commitMpls(ctx, false);
  }
}

/** `encap` and `decap`. */
export function commitPacketType(ctx: XlateContext): void {
  const type = ctx.flow.view.getUint32(AT.packetType);
  if (ctx.pendingEncap) commitEncap(ctx, type);
  else if (ctx.pendingDecap || type !== ctx.base.view.getUint32(AT.packetType)) {
    commitDecap(ctx, type);
  }
  mark(ctx.wc, AT.packetType, 4);
  ctx.pendingEncap = false;
  ctx.pendingDecap = false;
  ctx.encapContext = null;
}

const NSH_FIELDS = [
  [O.nsh_flags.offset, 1],
  [O.nsh_ttl.offset, 1],
  [O.nsh_path_hdr.offset, 4],
  [O.nsh_context.offset, 4],
  [O.nsh_context.offset + 4, 4],
  [O.nsh_context.offset + 8, 4],
  [O.nsh_context.offset + 12, 4],
] as const;
const NSH_BYTES = NSH_MD1_BYTES;
export const NSH_OFFSET = O.nsh_flags.offset;
export const MPLS_OFFSET = K.mpls_lse0.offset;

/** Sets what differs of the NSH; its type and what follows it never do. */
export function commitNsh(ctx: XlateContext): void {
  const { flow, base, wc } = ctx;
  if (ethType(flow) !== ETH_TYPE.NSH) return;
  const value = new Uint8Array(NSH_BYTES);
  const mask = new Uint8Array(NSH_BYTES);
  let isChanged = false;
  for (const [offset, bytes] of NSH_FIELDS) {
    const at = offset - NSH_OFFSET;
    const from = flow.bytes.subarray(offset, offset + bytes);
    if (from.every((byte, i) => byte === base.bytes[offset + i])) continue;
    isChanged = true;
    for (let i = 0; i < bytes; i++) {
      mask[at + i] = wc.bytes[offset + i];
      value[at + i] = from[i] & wc.bytes[offset + i];
    }
    base.bytes.set(from, offset);
  }
  if (isChanged) ctx.actions.push({ type: "set", header: "nsh", value, mask });
}

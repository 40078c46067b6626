// SPDX-License-Identifier: Apache-2.0
/**
 * Turns the difference between the packet as OpenFlow has changed it (`flow`) and as the datapath
 * has it (`base`) into datapath actions. Headers in the order of the stock switch: Ethernet, IP or
 * ARP, ND, ports, ICMP, VLAN tags, priority, mark.
 */
import {
  KEY_CLASS_BYTES,
  KEY_FIELDS,
  KEY_OVERLAYS,
  type KeyField,
} from "../../../pmd/shm/flow-key.js";
import { SET_HEADERS, type SetHeader } from "../../odp/actions.js";
import { commitMpls, commitNsh, commitPacketType } from "./commit-encap.js";
import type { XlateContext } from "./context.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  IP_PROTO,
  isIcmp,
  isIcmpv6,
  isIp,
  mark,
  vlanCount,
  vlanTci,
  vlanTpid,
} from "./headers.js";
import { isMplsType } from "./mpls.js";
import { SLOW } from "./types.js";

const PLACES = { ...KEY_FIELDS, ...KEY_OVERLAYS };

const FIELD_NAMES: Record<SetHeader, readonly (keyof typeof PLACES)[]> = {
  eth: ["eth_src", "eth_dst"],
  ipv4: ["nw_src", "nw_dst", "nw_tos", "nw_ttl"],
  ipv6: ["ipv6_src", "ipv6_dst", "ipv6_label", "nw_tos", "nw_ttl"],
  tcp: ["tp_src", "tp_dst"],
  udp: ["tp_src", "tp_dst"],
  sctp: ["tp_src", "tp_dst"],
  icmp: ["tp_src", "tp_dst"],
  icmpv6: ["tp_src", "tp_dst"],
  arp: ["nw_proto", "nw_src", "nw_dst", "arp_sha", "arp_tha"],
  nd: ["nd_target", "arp_sha", "arp_tha"],
  skb_mark: ["pkt_mark"],
  skb_priority: ["skb_priority"],
  mpls: ["mpls_lse0"],
  nsh: [],
  nd_ext: ["nd_reserved", "nd_options_type"],
};

const FIELDS = Object.fromEntries(
  Object.entries(FIELD_NAMES).map(([header, names]) => [header, names.map((n) => PLACES[n])]),
) as Record<SetHeader, KeyField[]>;

/** Words of the key that actions can change: its first two classes, and those beyond. */
const SETTABLE_WORDS = KEY_CLASS_BYTES[1] / 4;
const FURTHER_WORDS = [
  KEY_FIELDS.packet_type,
  KEY_FIELDS.mpls_lse0,
  KEY_FIELDS.mpls_lse1,
  KEY_FIELDS.mpls_lse2,
].map(({ offset }) => offset / 4);

/** Commits every pending change of headers to `ctx.actions`. */
export function commitActions(ctx: XlateContext): void {
  const { flow, base } = ctx;
  if (isUnchanged(ctx)) return;
  commitPacketType(ctx);
  const isEthernet = !flow.view.getUint32(AT.packetType) && !base.view.getUint32(AT.packetType);
  if (isEthernet) commitHeader(ctx, "eth");
  // What is behind the labels can be changed only without them.
  const popsMpls = isMplsType(ethType(base)) && !isMplsType(ethType(flow));
  if (popsMpls) commitMpls(ctx, false);
  commitNsh(ctx);
  const proto = flow.bytes[AT.nwProto];
  if (proto !== 0) commitNetwork(ctx);
  if (proto !== 0 && isIp(base)) {
    if (proto === IP_PROTO.TCP) commitHeader(ctx, "tcp");
    else if (proto === IP_PROTO.UDP) commitHeader(ctx, "udp");
    else if (proto === IP_PROTO.SCTP) commitHeader(ctx, "sctp");
  }
  if (isIcmp(flow)) commitIcmp(ctx, "icmp");
  else if (isIcmpv6(flow)) commitIcmp(ctx, "icmpv6");
  if (!popsMpls) commitMpls(ctx, false);
  commitVlans(ctx);
  commitHeader(ctx, "skb_priority");
  commitHeader(ctx, "skb_mark");
}

function isUnchanged({ flow, base, pendingEncap, pendingDecap }: XlateContext): boolean {
  if (pendingEncap || pendingDecap) return false;
  for (const i of FURTHER_WORDS) if (flow.words[i] !== base.words[i]) return false;
  for (let i = 0; i < SETTABLE_WORDS; i++) if (flow.words[i] !== base.words[i]) return false;
  return true;
}

function commitNetwork(ctx: XlateContext): void {
  switch (ethType(ctx.base)) {
    case ETH_TYPE.IPV4:
      commitHeader(ctx, "ipv4");
      break;
    case ETH_TYPE.IPV6:
      commitHeader(ctx, "ipv6");
      if (ctx.base.bytes[AT.nwProto] === IP_PROTO.ICMPV6) commitNeighbour(ctx);
      break;
    case ETH_TYPE.ARP:
      if (commitHeader(ctx, "arp")) ctx.slow |= SLOW.ACTION;
      break;
  }
}

function commitNeighbour(ctx: XlateContext): void {
  const isExtended = commitHeader(ctx, "nd_ext");
  if (commitHeader(ctx, "nd") || isExtended) ctx.slow |= SLOW.ACTION;
}

/** ICMP types and codes have no masked set: both are set, hence both are matched. */
function commitIcmp(ctx: XlateContext, header: "icmp" | "icmpv6"): void {
  const { flow, base, wc } = ctx;
  if (flow.view.getUint32(AT.tpSrc) === base.view.getUint32(AT.tpSrc)) return;
  mark(wc, AT.tpSrc, 4);
  const value = flow.bytes.slice(AT.tpSrc, AT.tpSrc + 4);
  ctx.actions.push({ type: "set", header, value, mask: Uint8Array.of(0, 0xff, 0, 0xff) });
  base.view.setUint32(AT.tpSrc, flow.view.getUint32(AT.tpSrc));
  ctx.slow |= SLOW.ACTION;
}

/** Sets the fields of `header` that differ, each in the bits that were matched or changed. Returns
 * whether there was any. */
function commitHeader(ctx: XlateContext, header: SetHeader): boolean {
  const { flow, base, wc } = ctx;
  const { keyOffset, bytes } = SET_HEADERS[header];
  let value: Uint8Array | null = null;
  let mask: Uint8Array | null = null;
  for (const { offset, bytes: length } of FIELDS[header]) {
    let differs = false;
    for (let i = offset; i < offset + length; i++) {
      if (flow.bytes[i] !== base.bytes[i]) differs = true;
    }
    if (!differs) continue;
    value ??= new Uint8Array(bytes);
    mask ??= new Uint8Array(bytes);
    for (let i = offset; i < offset + length; i++) {
      mask[i - keyOffset] = wc.bytes[i];
      value[i - keyOffset] = flow.bytes[i] & wc.bytes[i];
      base.bytes[i] = flow.bytes[i];
    }
  }
  if (!value || !mask) return false;
  ctx.actions.push({ type: "set", header, value, mask });
  return true;
}

/** Pops the tags of `base` from the outermost to the first that is not in `flow`, and pushes those
 * of `flow`. */
function commitVlans(ctx: XlateContext): void {
  const { flow, base, wc } = ctx;
  let pop = vlanCount(base) - 1;
  let push = vlanCount(flow) - 1;
  while (
    pop >= 0 &&
    push >= 0 &&
    vlanTci(base, pop) === vlanTci(flow, push) &&
    vlanTpid(base, pop) === vlanTpid(flow, push)
  ) {
    pop--;
    push--;
  }
  for (; pop >= 0; pop--) {
    ctx.actions.push({ type: "pop_vlan" });
    mark(wc, AT.vlan0 + 4 * pop, 4);
  }
  for (; push >= 0; push--) {
    const tci = vlanTci(flow, push);
    ctx.actions.push({ type: "push_vlan", tpid: vlanTpid(flow, push), tci });
  }
  for (let i = AT.vlan0; i < AT.vlan0 + 8; i++) base.bytes[i] = flow.bytes[i];
}

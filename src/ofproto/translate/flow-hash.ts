// SPDX-License-Identifier: Apache-2.0
/** The hash of the ends of a packet that chooses buckets of select groups: Bob Jenkins' lookup3, in
 * the public domain, as in the stock switch, so that a packet takes the same bucket there. */
import type { Flow } from "../../openflow/flow.js";
import { rotate, wordAt } from "../stock-hash.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  IP_PROTO,
  isIp,
  isLaterFragment,
  mark,
  markTci,
  VLAN_VID_MASK,
  vlanTci,
} from "./headers.js";

const VLAN_CFI = 0x1000;

/** lookup3 of bytes, no multiple of 12, as if zeros followed up to a multiple of 4. */
export function jenkins(bytes: Uint8Array, basis: number): number {
  let a = (0xdeadbeef + bytes.length + basis) | 0;
  let [b, c] = [a, a];
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    a += wordAt(bytes, at);
    b += wordAt(bytes, at + 4);
    c += wordAt(bytes, at + 8);
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  a = (a + wordAt(bytes, at)) | 0;
  b = (b + wordAt(bytes, at + 4)) | 0;
  c = (c + wordAt(bytes, at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/** What is hashed: address 16, type 2, VLAN ids 2, port 2, Ethernet address 6, protocol 1, and
 * three zeros. */
const ends = new Uint8Array(32);

function xorInto(flow: Flow, to: number, a: number, b: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) ends[to + i] = flow.bytes[a + i] ^ flow.bytes[b + i];
}

/** Hash that is the same in both directions of a TCP or SCTP connection, and of other packets
 * between the same hosts. Marks what it looks at, if `wc`. */
export function symmetricL4Hash(flow: Flow, wc: Flow | null, basis = 0): number {
  if (wc) markSymmetricL4(flow, wc);
  ends.fill(0);
  const type = ethType(flow);
  const proto = flow.bytes[AT.nwProto];
  ends[16] = type >> 8;
  ends[17] = type & 0xff;
  const vids = (vlanTci(flow, 0) ^ vlanTci(flow, 1)) & VLAN_VID_MASK;
  ends[18] = vids >> 8;
  ends[19] = vids & 0xff;
  xorInto(flow, 22, AT.ethSrc, AT.ethDst, 6);
  if (isIp(flow)) {
    if (type === ETH_TYPE.IPV4) xorInto(flow, 0, AT.nwSrc, AT.nwDst, 4);
    else xorInto(flow, 0, AT.ipv6Src, AT.ipv6Src + 16, 16);
    ends[28] = proto;
    if (proto === IP_PROTO.TCP || proto === IP_PROTO.SCTP) {
      xorInto(flow, 20, AT.tpSrc, AT.tpDst, 2);
    }
  }
  return jenkins(ends, basis);
}

function markSymmetricL4(flow: Flow, wc: Flow): void {
  mark(wc, AT.ethDst, 12);
  if (isIp(flow)) {
    if (ethType(flow) === ETH_TYPE.IPV4) mark(wc, AT.nwSrc, 8);
    else mark(wc, AT.ipv6Src, 32);
    mark(wc, AT.nwProto, 1);
    // The ports of UDP need not be the same in both directions.
    if (flow.bytes[AT.nwProto] !== 17 && !isLaterFragment(flow)) mark(wc, AT.tpSrc, 4);
  }
  for (const tag of [0, 1]) markTci(wc, tag, VLAN_VID_MASK | VLAN_CFI);
}

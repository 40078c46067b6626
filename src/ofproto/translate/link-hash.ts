// SPDX-License-Identifier: Apache-2.0
/** The hashes that `multipath` and `bundle` choose by (`ovs-actions(7)`), and what they look at. */
import { FRAG_ANY } from "../../../pmd/shm/flow-key.js";
import type { HASH_FIELDS } from "../../openflow/actions/hash-fields.js";
import type { Flow } from "../../openflow/flow.js";
import { hashWords, wordAt } from "../stock-hash.js";
import { jenkins, symmetricL4Hash } from "./flow-hash.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  IP_PROTO,
  isIp,
  mark,
  markTci,
  VLAN_VID_MASK,
  vlanTci,
} from "./headers.js";

type HashFields = (typeof HASH_FIELDS)[number];

const UDP = 17;
const scratch = new Uint8Array(20);

function xorInto(flow: Flow, to: number, a: number, b: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) scratch[to + i] = flow.bytes[a + i] ^ flow.bytes[b + i];
}

const isIpv4 = (flow: Flow): boolean => ethType(flow) === ETH_TYPE.IPV4;

/** Both addresses together at the start of `scratch`; returns their bytes. */
function joinAddresses(flow: Flow): number {
  scratch.fill(0);
  if (!isIp(flow)) return 0;
  if (isIpv4(flow)) xorInto(flow, 0, AT.nwSrc, AT.nwDst, 4);
  else xorInto(flow, 0, AT.ipv6Src, AT.ipv6Src + 16, 16);
  return isIpv4(flow) ? 4 : 16;
}

function symmetricL3(flow: Flow, basis: number): number {
  joinAddresses(flow);
  scratch[16] = ethType(flow) >> 8;
  scratch[17] = ethType(flow) & 0xff;
  return jenkins(scratch, basis);
}

function symmetricL2(flow: Flow, basis: number): number {
  if (flow.view.getUint32(AT.packetType) !== 0) return 0;
  scratch.fill(0);
  scratch[0] = ethType(flow) >> 8;
  scratch[1] = ethType(flow) & 0xff;
  const vids = (vlanTci(flow, 0) ^ vlanTci(flow, 1)) & VLAN_VID_MASK;
  scratch[2] = vids >> 8;
  scratch[3] = vids & 0xff;
  xorInto(flow, 4, AT.ethSrc, AT.ethDst, 6);
  const words = [wordAt(scratch, 0), wordAt(scratch, 4), wordAt(scratch, 8)];
  return hashWords(words, basis, basis);
}

/** Whether the ports count: those of first and later fragments do not. */
function hasPorts(flow: Flow, withUdp: boolean): boolean {
  const proto = flow.bytes[AT.nwProto];
  if (flow.bytes[AT.nwFrag] & FRAG_ANY) return false;
  return proto === IP_PROTO.TCP || proto === IP_PROTO.SCTP || (withUdp && proto === UDP);
}

function symmetricL3L4(flow: Flow, basis: number, withUdp: boolean): number {
  if (!isIp(flow)) return symmetricL2(flow, basis);
  const words: number[] = [];
  const bytes = joinAddresses(flow);
  for (let at = 0; at < bytes; at += 4) words.push(wordAt(scratch, at));
  words.push(flow.bytes[AT.nwProto]);
  if (hasPorts(flow, withUdp)) {
    xorInto(flow, 0, AT.tpSrc, AT.tpDst, 2);
    words.push(wordAt(scratch, 0) & 0xffff);
  }
  return hashWords(words, basis, basis);
}

function address(flow: Flow, basis: number, isSource: boolean): number {
  if (!isIp(flow)) return basis;
  const [at, bytes] = isIpv4(flow)
    ? [isSource ? AT.nwSrc : AT.nwDst, 4]
    : [AT.ipv6Src + (isSource ? 0 : 16), 16];
  return jenkins(flow.bytes.subarray(at, at + bytes), basis);
}

/** The hash of what `fields` names. */
export function hashFields(flow: Flow, fields: HashFields, basis: number): number {
  switch (fields) {
    case "eth_src":
      return jenkins(flow.bytes.subarray(AT.ethSrc, AT.ethSrc + 6), basis);
    case "symmetric_l4":
      return symmetricL4Hash(flow, null, basis);
    case "symmetric_l3l4":
    case "symmetric_l3l4+udp":
      return symmetricL3L4(flow, basis, fields.endsWith("udp"));
    case "nw_src":
    case "nw_dst":
      return address(flow, basis, fields === "nw_src");
    case "symmetric_l3":
      return symmetricL3(flow, basis);
  }
}

function markAddresses(flow: Flow, wc: Flow, isSource: boolean, isDestination: boolean): void {
  if (!isIp(flow)) return;
  const [source, bytes] = isIpv4(flow) ? [AT.nwSrc, 4] : [AT.ipv6Src, 16];
  if (isSource) mark(wc, source, bytes);
  if (isDestination) mark(wc, source + bytes, bytes);
}

/** What `symmetricL2` looks at. */
function markLink(wc: Flow): void {
  mark(wc, AT.ethDst, 12);
  for (const tag of [0, 1]) markTci(wc, tag, VLAN_VID_MASK);
}

/** Marks what `fields` names. */
export function markHashFields(flow: Flow, wc: Flow, fields: HashFields): void {
  switch (fields) {
    case "eth_src":
      mark(wc, AT.ethSrc, 6);
      break;
    case "symmetric_l4":
      symmetricL4Hash(flow, wc);
      break;
    case "symmetric_l3l4":
    case "symmetric_l3l4+udp":
      if (!isIp(flow)) {
        markLink(wc);
        break;
      }
      markAddresses(flow, wc, true, true);
      mark(wc, AT.nwProto, 1);
      if (hasPorts(flow, fields.endsWith("udp"))) mark(wc, AT.tpSrc, 4);
      break;
    case "nw_src":
    case "nw_dst":
      markAddresses(flow, wc, fields === "nw_src", fields === "nw_dst");
      break;
    case "symmetric_l3":
      markAddresses(flow, wc, true, true);
      break;
  }
}

// SPDX-License-Identifier: Apache-2.0
/** Which bits of the input are always, and never, part of the result's mask. */
import { KEY_BYTES, VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import type { Flow } from "../../openflow/flow.js";
import {
  AT,
  ethType,
  isIcmp,
  isIcmpv6,
  isIp,
  isLaterFragment,
  isVlanType,
  mark,
  markTci,
  setVlan,
  vlanTci,
  vlanTpid,
} from "./headers.js";

const isMplsType = (type: number): boolean => type === 0x8847 || type === 0x8848;

/** Marks what every translation depends on: where the packet came from and what kind it is. */
export function startWildcards(flow: Flow, wc: Flow): void {
  mark(wc, AT.packetType, 4);
  mark(wc, AT.inPort, 4);
  mark(wc, AT.dpInPort, 4);
  mark(wc, AT.ethType, 2);
  mark(wc, AT.recircId, 4);
  if (isIp(flow)) wc.bytes[AT.nwFrag] |= 0x03;
}

/** Brings the collected mask into the form that the datapath can match: nothing but headers, and
 * nothing of headers that the packet came without. */
export function finishWildcards(input: Flow, final: Flow, wc: Flow): void {
  wc.bytes.fill(0, KEY_BYTES);
  mark(wc, AT.inPort, 4);
  if (isIcmp(final) || isIcmpv6(final)) {
    wc.bytes[AT.tpSrc] = 0;
    wc.bytes[AT.tpDst] = 0;
  }
  if (input.view.getUint32(AT.packetType) !== 0) clear(wc, AT.ethDst, 12);
  if (!isMplsType(ethType(input))) clear(wc, AT.mpls, 12);
  for (let i = 0; i < 2; i++) {
    if (!isVlanType(vlanTpid(input, i))) setVlan(wc, i, 0, 0);
    else if (vlanTci(wc, i) !== 0) markTci(wc, i, VLAN_CFI);
  }
  // Later fragments have no ports; a table may have asked for them all the same.
  if (isLaterFragment(final)) clear(wc, AT.tpSrc, 4);
  if (input.view.getUint32(AT.tunDst) === 0 && isZero(input, AT.tunIpv6Dst, 16)) {
    clear(wc, AT.tunId, AT.tunnelEnd - AT.tunId);
  }
}

function clear(wc: Flow, offset: number, length: number): void {
  wc.bytes.fill(0, offset, offset + length);
}

function isZero(flow: Flow, offset: number, length: number): boolean {
  for (let i = offset; i < offset + length; i++) if (flow.bytes[i] !== 0) return false;
  return true;
}

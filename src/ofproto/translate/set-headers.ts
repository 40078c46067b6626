// SPDX-License-Identifier: Apache-2.0
/** The actions that set one header field each, and the VLAN actions. */
import { VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import type { Flow } from "../../openflow/flow.js";
import type { XlateContext } from "./context.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  isIp,
  isLaterFragment,
  mark,
  markTci,
  setVlan,
  VLAN_PCP_MASK,
  VLAN_VID_MASK,
  vlanCount,
  vlanTci,
  vlanTpid,
} from "./headers.js";

/** Sets the Ethernet address at `offset`. */
export function setEthernet({ flow, wc }: XlateContext, offset: number, mac: Uint8Array): void {
  mark(wc, offset, 6);
  flow.bytes.set(mac, offset);
}

/** Sets the IPv4 address at `offset`; other packets stay as they are. */
export function setIpv4({ flow, wc }: XlateContext, offset: number, address: number): void {
  if (ethType(flow) !== ETH_TYPE.IPV4) return;
  mark(wc, offset, 4);
  mark(wc, AT.nwProto, 1);
  flow.view.setUint32(offset, address);
}

/** Sets the bits of the IP byte at `offset` that `mask` has. */
export function setIpByte(
  { flow, wc }: XlateContext,
  offset: number,
  value: number,
  mask: number,
): void {
  if (!isIp(flow)) return;
  mark(wc, AT.nwProto, 1);
  wc.bytes[offset] |= mask;
  flow.bytes[offset] = (flow.bytes[offset] & ~mask) | (value & mask);
}

/** Sets the transport port at `offset` of any IP packet that has one. */
export function setPort({ flow, wc }: XlateContext, offset: number, port: number): void {
  if (!isIp(flow) || isLaterFragment(flow)) return;
  mark(wc, AT.nwProto, 1);
  mark(wc, offset, 2);
  flow.view.setUint16(offset, port);
}

/** Sets the VLAN id or the priority (in its place in the TCI) of the outer tag, which is pushed
 * when there is none and `push`. */
export function setTci(
  { flow, wc }: XlateContext,
  bits: number,
  mask: number,
  push: boolean,
): void {
  markTci(wc, 0, mask | VLAN_CFI);
  const tci = vlanTci(flow, 0);
  if (!(tci & VLAN_CFI) && !push) return;
  setVlan(flow, 0, (tci & ~mask) | bits | VLAN_CFI, vlanTpid(flow, 0) || ETH_TYPE.VLAN_8021Q);
}

export const VID_BITS = VLAN_VID_MASK;
export const PCP_BITS = VLAN_PCP_MASK;

/** Pushes an empty tag. */
export function pushVlan({ flow, wc }: XlateContext, ethertype: number): void {
  const count = vlanCount(flow);
  mark(wc, AT.vlan0, 4 * count);
  setVlan(flow, 1, vlanTci(flow, 0), vlanTpid(flow, 0));
  setVlan(flow, 0, VLAN_CFI, ethertype);
}

/** Pops the outer tag, if there is one. */
export function stripVlan({ flow, wc }: XlateContext): void {
  const count = vlanCount(flow);
  if (count === 0) return;
  if (count > 1) {
    mark(wc, AT.vlan1, 4);
    setVlan(flow, 0, vlanTci(flow, 1), vlanTpid(flow, 1));
  }
  clearVlan(flow, count - 1);
}

function clearVlan(flow: Flow, i: number): void {
  setVlan(flow, i, 0, 0);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * How bundles map the tags of a packet to the bridge's VLANs and back (ovs-vswitchd.conf.db(5),
 * Port TABLE, VLAN Configuration). Inside the bridge a packet has the tags of an `XVlan`, the
 * first of which is its VLAN.
 */
import { VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import type { Flow } from "../../openflow/flow.js";
import type { Bundle } from "../ports.js";
import {
  ETH_TYPE,
  isVlanType,
  markTci,
  setVlan,
  VLAN_PCP_MASK,
  VLAN_VID_MASK,
  vlanTci,
  vlanTpid,
} from "./headers.js";

interface Tag {
  readonly tpid: number;
  readonly vid: number;
  /** In its place in the TCI: 0 … 0xe000. */
  readonly pcp: number;
}

/** Two tags, outer first; a tag that is not there is all 0. */
export type XVlan = readonly [Tag, Tag];

const NO_TAG: Tag = { tpid: 0, vid: 0, pcp: 0 };

export function extractVlans(flow: Flow): XVlan {
  const first = tagOf(flow, 0);
  return first === NO_TAG ? [NO_TAG, NO_TAG] : [first, tagOf(flow, 1)];
}

function tagOf(flow: Flow, i: number): Tag {
  const tci = vlanTci(flow, i);
  const tpid = vlanTpid(flow, i);
  if (!isVlanType(tpid) || !(tci & VLAN_CFI)) return NO_TAG;
  return { tpid, vid: tci & VLAN_VID_MASK, pcp: tci & VLAN_PCP_MASK };
}

/** Why a packet with outer VLAN `vid` (0: none) may not enter by `bundle`, or null. */
export function refuseInput(bundle: Bundle, vid: number): string | null {
  switch (bundle.vlanMode) {
    case "access":
      if (vid === 0) return null;
      return (
        `dropping VLAN ${vid} tagged packet received on port ${bundle.name} ` +
        `configured as VLAN ${bundle.vlan} access port`
      );
    case "dot1q-tunnel":
      if (bundle.allowsCvlan(vid)) return null;
      return (
        `dropping VLAN ${vid} packet received on dot1q-tunnel port ${bundle.name} ` +
        "that excludes this VLAN"
      );
    default:
      if (bundle.vlanMode !== "trunk" && vid === 0) return null;
      if (bundle.trunksVlan(vid)) return null;
      return (
        `dropping VLAN ${vid} packet received on port ${bundle.name} ` +
        `not configured for trunking VLAN ${vid}`
      );
  }
}

/** The tags inside the bridge of a packet that came in by `bundle` with the tags `from`. */
export function inputVlans(bundle: Bundle, from: XVlan): XVlan {
  const outer = { tpid: from[0].tpid || ETH_TYPE.VLAN_8021Q, vid: bundle.vlan, pcp: from[0].pcp };
  switch (bundle.vlanMode) {
    case "access":
      return [outer, NO_TAG];
    case "trunk":
      return from;
    case "native-tagged":
    case "native-untagged":
      return from[0].vid === 0 ? [outer, from[1]] : from;
    case "dot1q-tunnel":
      return [{ tpid: bundle.qinqEthertype, vid: bundle.vlan, pcp: 0 }, from[0]];
  }
}

/** The tags that a packet with tags `inside` the bridge leaves `bundle` with. */
export function outputVlans(bundle: Bundle, inside: XVlan): XVlan {
  switch (bundle.vlanMode) {
    case "access":
      return [NO_TAG, NO_TAG];
    case "trunk":
    case "native-tagged":
      return inside;
    case "native-untagged":
      return inside[0].vid === bundle.vlan ? [inside[1], NO_TAG] : inside;
    case "dot1q-tunnel":
      return [inside[1], NO_TAG];
  }
}

/** Whether `bundle` carries the VLAN of `inside`. */
export function carries(bundle: Bundle, inside: XVlan): boolean {
  switch (bundle.vlanMode) {
    case "access":
      return inside[0].vid === bundle.vlan && inside[1].vid === 0;
    case "dot1q-tunnel":
      return inside[0].vid === bundle.vlan && bundle.allowsCvlan(inside[1].vid);
    default:
      return bundle.trunksVlan(inside[0].vid);
  }
}

/** Gives the packet the tags that it leaves `bundle` with. */
export function putVlans(flow: Flow, bundle: Bundle, tags: XVlan): void {
  const mode = bundle.priorityTags;
  const pcp0 = mode === "never" ? tags[0].pcp : vlanTci(flow, 0) & VLAN_PCP_MASK;
  for (let i = 0; i < 2; i++) {
    const tci = tags[i].vid | (i === 0 ? pcp0 : tags[i].pcp);
    if (tci !== 0 || (mode === "always" && tags[i].tpid !== 0)) {
      setVlan(flow, i, tci | VLAN_CFI, tags[i].tpid || ETH_TYPE.VLAN_8021Q);
    } else {
      setVlan(flow, i, 0, 0);
    }
  }
}

/** Marks the customer tag when output by `bundle` depends on it. */
export function markCustomerVlan(wc: Flow, bundle: Bundle): void {
  if (bundle.vlanMode === "dot1q-tunnel" && bundle.cvlans !== null) markTci(wc, 1, 0xffff);
}

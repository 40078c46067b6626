// SPDX-License-Identifier: Apache-2.0
/** Set-Field in the words of OpenFlow 1.0 and 1.1, where they have some. */
import { bytesToNumber } from "../field-access.js";
import type { WireWriter } from "../messages/wire.js";
import type { OfpAct } from "../ofp-actions.js";
import { endAction, startStandard, V } from "./codec.js";

type SetField = Extract<OfpAct, { type: "set_field" }>;

/** Action types: OpenFlow 1.0, 1.1. */
const TYPES = {
  vlanVid: [1, 1],
  vlanPcp: [2, 2],
  ethSrc: [4, 3],
  ethDst: [5, 4],
  ipSrc: [6, 5],
  ipDst: [7, 6],
  tos: [8, 7],
  tpSrc: [9, 9],
  tpDst: [10, 10],
} as const;

function put(
  w: WireWriter,
  version: number,
  types: readonly [number, number],
  argument: (w: WireWriter) => void,
): void {
  const start = startStandard(w, types[version === V.OF10 ? 0 : 1]);
  argument(w);
  endAction(w, start);
}

/** vlan_tci: a tag with its PCP, or no tag. */
function putTci(w: WireWriter, tci: number, version: number): void {
  if (!(tci & 0x1000)) {
    endAction(w, startStandard(w, version === V.OF10 ? 3 : 18));
    return;
  }
  put(w, version, TYPES.vlanVid, (a) => a.u16(tci & 0xfff));
  put(w, version, TYPES.vlanPcp, (a) => a.u8(tci >> 13));
}

/** Writes the setter for `act.field`, ignoring its mask as the stock switch does; false when there
 * is none. */
export function putLegacySetter(w: WireWriter, act: SetField, version: number): boolean {
  const value = act.value;
  const n = bytesToNumber(value);
  switch (act.field.name) {
    case "vlan_tci":
      putTci(w, n, version);
      return true;
    case "vlan_vid":
      put(w, version, TYPES.vlanVid, (a) => a.u16(n & 0xfff));
      return true;
    case "vlan_pcp":
      put(w, version, TYPES.vlanPcp, (a) => a.u8(n));
      return true;
    case "eth_src":
    case "eth_dst":
      put(w, version, act.field.name === "eth_src" ? TYPES.ethSrc : TYPES.ethDst, (a) =>
        a.append(value).zeros(6),
      );
      return true;
    case "ip_src":
    case "ip_dst":
      put(w, version, act.field.name === "ip_src" ? TYPES.ipSrc : TYPES.ipDst, (a) => a.u32(n));
      return true;
    case "nw_tos":
    case "ip_dscp":
      put(w, version, TYPES.tos, (a) => a.u8(act.field.name === "nw_tos" ? n : n << 2));
      return true;
    case "tcp_src":
    case "udp_src":
      put(w, version, TYPES.tpSrc, (a) => a.u16(n));
      return true;
    case "tcp_dst":
    case "udp_dst":
      put(w, version, TYPES.tpDst, (a) => a.u16(n));
      return true;
    default:
      return false;
  }
}

// SPDX-License-Identifier: Apache-2.0
/** The 88-byte match of OpenFlow 1.1 (§A.2.3): 1.0's with masks, metadata and MPLS. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { OfpError } from "./errors.js";
import { ETH_TYPE, etherType, IP_PROTO } from "./field-prereqs.js";
import { field, fieldNumber, getField, type MfField, matchField } from "./fields.js";
import { emptyMatch, type Match } from "./match.js";
import type { WireReader, WireWriter } from "./messages/wire.js";

/** Type and length included. */
export const OFP11_MATCH_BYTES = 88;
const MATCH_TYPE_STANDARD = 0;

/** `OFPFW11_*`: one bits are wildcards. */
const FW = {
  IN_PORT: 1 << 0,
  DL_VLAN: 1 << 1,
  DL_VLAN_PCP: 1 << 2,
  DL_TYPE: 1 << 3,
  NW_TOS: 1 << 4,
  NW_PROTO: 1 << 5,
  TP_SRC: 1 << 6,
  TP_DST: 1 << 7,
  MPLS_LABEL: 1 << 8,
  MPLS_TC: 1 << 9,
} as const;
const WILDCARD_BITS = 0xffff;

/** `OFPVID11_*`: any tag, no tag. */
const VLAN_ANY = 0xfffe;
const VLAN_NONE = 0xffff;
const CFI = 0x1000;
const VID = 0x0fff;
const PCP = 0xe000;
const TOS_DSCP = 0xfc;
/** Ports between the 16-bit ones and the reserved ones cannot be matched. */
const PORT_MAX = 0xff00;
const PORT_RESERVED = 0xffffff00;

const F = {
  inPort: field("in_port_oxm"),
  ethSrc: field("eth_src"),
  ethDst: field("eth_dst"),
  tci: field("vlan_tci"),
  ethType: field("eth_type"),
  tos: field("nw_tos"),
  proto: field("nw_proto"),
  mplsLabel: field("mpls_label"),
  mplsTc: field("mpls_tc"),
  metadata: field("metadata"),
};

const TRANSPORTS: readonly number[] = [IP_PROTO.TCP, IP_PROTO.UDP, IP_PROTO.SCTP];

const inverted = (bytes: Uint8Array): Uint8Array => bytes.map((b) => ~b & 0xff);

function matchMasked(match: Match, f: MfField, value: Uint8Array, mask: Uint8Array): void {
  if (mask.some((b) => b !== 0))
    matchField(
      match,
      f,
      value.map((b, i) => b & mask[i]),
      mask,
    );
}

/** What is read before it is known what it means. */
interface Raw {
  wildcards: number;
  vlan: number;
  pcp: number;
  ethType: number;
  tos: number;
  proto: number;
  nwSrc: [number, number];
  nwDst: [number, number];
  ports: [number, number];
  mplsLabel: number;
  mplsTc: number;
}

function matchVlan(match: Match, raw: Raw): void {
  if (raw.wildcards & FW.DL_VLAN) return;
  if (raw.vlan === VLAN_NONE) {
    matchField(match, F.tci, 0);
    return;
  }
  if (raw.vlan !== VLAN_ANY && raw.vlan > VID) throw new OfpError("OFPBMC_BAD_VALUE");
  let [tci, mask] = raw.vlan === VLAN_ANY ? [CFI, CFI] : [CFI | raw.vlan, CFI | VID];
  if (!(raw.wildcards & FW.DL_VLAN_PCP)) {
    if (raw.pcp > 7) throw new OfpError("OFPBMC_BAD_VALUE");
    tci |= raw.pcp << 13;
    mask |= PCP;
  }
  match.flow.view.setUint16(F.tci.offset, tci);
  match.mask.view.setUint16(F.tci.offset, mask);
}

function matchAddress(match: Match, name: "nw_src" | "nw_dst", [value, wild]: [number, number]) {
  const { offset } = KEY_FIELDS[name];
  const mask = ~wild >>> 0;
  match.flow.view.setUint32(offset, (value & mask) >>> 0);
  match.mask.view.setUint32(offset, mask);
}

function matchTransport(match: Match, raw: Raw): void {
  const proto = fieldNumber(match.flow, F.proto);
  const isIcmp = proto === IP_PROTO.ICMP;
  if (!isIcmp && !TRANSPORTS.includes(proto)) return;
  const places = [
    [FW.TP_SRC, KEY_FIELDS.tp_src.offset, raw.ports[0]],
    [FW.TP_DST, KEY_FIELDS.tp_dst.offset, raw.ports[1]],
  ] as const;
  for (const [bit, offset, value] of places) {
    if (raw.wildcards & bit) continue;
    if (isIcmp && value > 0xff) throw new OfpError("OFPBMC_BAD_FIELD");
    match.flow.view.setUint16(offset, value);
    match.mask.view.setUint16(offset, 0xffff);
  }
}

function matchNetwork(match: Match, raw: Raw): void {
  const type = etherType(match.flow);
  const isV4 = type === ETH_TYPE.IP;
  if (isV4 && !(raw.wildcards & FW.NW_TOS)) {
    if (raw.tos & ~TOS_DSCP) throw new OfpError("OFPBMC_BAD_VALUE");
    matchField(match, F.tos, raw.tos);
  }
  if (isV4 || type === ETH_TYPE.ARP || type === ETH_TYPE.RARP) {
    if (!(raw.wildcards & FW.NW_PROTO)) matchField(match, F.proto, raw.proto);
    matchAddress(match, "nw_src", raw.nwSrc);
    matchAddress(match, "nw_dst", raw.nwDst);
  }
  if (isV4) matchTransport(match, raw);
  if (type !== ETH_TYPE.MPLS && type !== ETH_TYPE.MPLS_MCAST) return;
  if (!(raw.wildcards & FW.MPLS_LABEL)) matchField(match, F.mplsLabel, raw.mplsLabel & 0xfffff);
  if (!(raw.wildcards & FW.MPLS_TC)) matchField(match, F.mplsTc, raw.mplsTc & 7);
}

/** Reads a match, its type and length included. Throws OfpError. */
export function readOfp11Match(r: WireReader): Match {
  if (r.left < OFP11_MATCH_BYTES) throw new OfpError("OFPBMC_BAD_LEN");
  r.skip(4);
  const match = emptyMatch();
  const inPort = r.u32();
  const wildcards = r.u32() & WILDCARD_BITS;
  if (!(wildcards & FW.IN_PORT)) {
    if (inPort >= PORT_MAX && inPort < PORT_RESERVED) throw new OfpError("OFPBMC_BAD_VALUE");
    matchField(match, F.inPort, inPort);
  }
  matchMasked(match, F.ethSrc, r.take(6), inverted(r.take(6)));
  matchMasked(match, F.ethDst, r.take(6), inverted(r.take(6)));
  const [vlan, pcp] = [r.u16(), r.u8()];
  r.skip(1);
  const [ethType, tos, proto] = [r.u16(), r.u8(), r.u8()];
  const raw: Raw = {
    ...{ wildcards, vlan, pcp, ethType, tos, proto },
    ...{ nwSrc: [r.u32(), r.u32()], nwDst: [r.u32(), r.u32()], ports: [r.u16(), r.u16()] },
    ...{ mplsLabel: r.u32(), mplsTc: r.u8() },
  };
  r.skip(3);
  matchVlan(match, raw);
  if (!(wildcards & FW.DL_TYPE)) matchField(match, F.ethType, ethType);
  matchNetwork(match, raw);
  matchMasked(match, F.metadata, r.take(8), inverted(r.take(8)));
  return match;
}

/** The VLAN part: wildcard bits, dl_vlan, dl_vlan_pcp. */
function vlanPart(match: Match): { wildcards: number; vlan: number; pcp: number } {
  const [tci, mask] = [fieldNumber(match.flow, F.tci), fieldNumber(match.mask, F.tci)];
  if (!mask) return { wildcards: FW.DL_VLAN | FW.DL_VLAN_PCP, vlan: 0, pcp: 0 };
  if (mask & CFI && !(tci & CFI)) return { wildcards: FW.DL_VLAN_PCP, vlan: VLAN_NONE, pcp: 0 };
  const hasPcp = (mask & PCP) !== 0;
  return {
    wildcards: hasPcp ? 0 : FW.DL_VLAN_PCP,
    vlan: mask & VID ? tci & VID : VLAN_ANY,
    pcp: hasPcp ? (tci & PCP) >> 13 : 0,
  };
}

function maskOf(match: Match, name: "nw_src" | "nw_dst" | "tp_src" | "tp_dst"): number {
  const { offset, bytes } = KEY_FIELDS[name];
  return bytes === 4 ? match.mask.view.getUint32(offset) : match.mask.view.getUint16(offset);
}

/** Writes a match with its type and length. What OpenFlow 1.1 cannot say is lost. */
export function writeOfp11Match(w: WireWriter, match: Match): void {
  const { flow, mask } = match;
  const vlan = vlanPart(match);
  let { wildcards } = vlan;
  /** The value of a field that is matched as a whole or not at all. */
  const whole = (bit: number, f: MfField): number => {
    if (fieldNumber(mask, f) !== 0) return fieldNumber(flow, f);
    wildcards |= bit;
    return 0;
  };
  w.u16(MATCH_TYPE_STANDARD).u16(OFP11_MATCH_BYTES).u32(whole(FW.IN_PORT, F.inPort));
  const wildcardsAt = w.length;
  w.zeros(4);
  for (const f of [F.ethSrc, F.ethDst])
    w.append(getField(flow, f)).append(inverted(getField(mask, f)));
  w.u16(vlan.vlan).u8(vlan.pcp).zeros(1);
  w.u16(whole(FW.DL_TYPE, F.ethType)).u8(whole(FW.NW_TOS, F.tos)).u8(whole(FW.NW_PROTO, F.proto));
  for (const name of ["nw_src", "nw_dst"] as const) {
    w.u32(flow.view.getUint32(KEY_FIELDS[name].offset)).u32(~maskOf(match, name) >>> 0);
  }
  for (const [bit, name] of [
    [FW.TP_SRC, "tp_src"],
    [FW.TP_DST, "tp_dst"],
  ] as const) {
    if (!maskOf(match, name)) wildcards |= bit;
    w.u16(maskOf(match, name) ? flow.view.getUint16(KEY_FIELDS[name].offset) : 0);
  }
  w.u32(whole(FW.MPLS_LABEL, F.mplsLabel)).u8(whole(FW.MPLS_TC, F.mplsTc)).zeros(3);
  w.append(getField(flow, F.metadata)).append(inverted(getField(mask, F.metadata)));
  w.setU32(wildcardsAt, wildcards);
}

// SPDX-License-Identifier: Apache-2.0
/** The 40-byte match of OpenFlow 1.0 (§5.2.3). */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { OfpError } from "./errors.js";
import { field, fieldNumber, type MfField, matchField } from "./fields.js";
import { emptyMatch, type Match } from "./match.js";
import { WireReader, WireWriter } from "./messages/wire.js";

export const OFP10_MATCH_BYTES = 40;

/** `OFPFW_*`: one bits are wildcards; the two counts are low address bits that do not matter. */
const FW = {
  IN_PORT: 1 << 0,
  DL_VLAN: 1 << 1,
  DL_SRC: 1 << 2,
  DL_DST: 1 << 3,
  DL_TYPE: 1 << 4,
  NW_PROTO: 1 << 5,
  TP_SRC: 1 << 6,
  TP_DST: 1 << 7,
  NW_SRC_SHIFT: 8,
  NW_DST_SHIFT: 14,
  DL_VLAN_PCP: 1 << 20,
  NW_TOS: 1 << 21,
} as const;
const VLAN_NONE = 0xffff;
const CFI = 0x1000;
const VID = 0x0fff;
const PCP = 0xe000;

const TCI = field("vlan_tci");
/** Fields that are matched wholly or not at all, with their wildcard bits. Bytes 12 … are read in
 * the order of the structure. */
const FIELDS = {
  inPort: [FW.IN_PORT, field("in_port")],
  dlSrc: [FW.DL_SRC, field("eth_src")],
  dlDst: [FW.DL_DST, field("eth_dst")],
  dlType: [FW.DL_TYPE, field("eth_type")],
  nwTos: [FW.NW_TOS, field("nw_tos")],
  nwProto: [FW.NW_PROTO, field("nw_proto")],
} as const satisfies Record<string, readonly [number, MfField]>;

function netmask(wildcardBits: number): number {
  const n = wildcardBits & 0x3f;
  return n < 32 ? (0xffffffff << n) >>> 0 : 0;
}

function putAddress(match: Match, offset: number, address: number, mask: number): void {
  match.flow.view.setUint32(offset, (address & mask) >>> 0);
  match.mask.view.setUint32(offset, mask);
}

function putPort(match: Match, offset: number, value: number): void {
  match.flow.view.setUint16(offset, value);
  match.mask.view.setUint16(offset, 0xffff);
}

function putVlan(match: Match, wildcards: number, vlan: number, pcp: number): void {
  if (!(wildcards & FW.DL_VLAN) && vlan === VLAN_NONE) {
    // A PCP as well contradicts it; like the stock switch: packets without a tag.
    matchField(match, TCI, 0);
    return;
  }
  let mask = 0;
  if (!(wildcards & FW.DL_VLAN)) mask |= VID | CFI;
  if (!(wildcards & FW.DL_VLAN_PCP)) mask |= PCP | CFI;
  const tci = ((vlan & VID) | ((pcp << 13) & PCP) | CFI) & mask;
  match.flow.view.setUint16(TCI.offset, tci);
  match.mask.view.setUint16(TCI.offset, mask);
}

/** Reads a match. Values of wildcarded fields are ignored; fields whose prerequisites are missing
 * are kept: normalize afterwards. Throws OfpError when bytes are missing. */
export function readOfp10Match(r: WireReader): Match {
  if (r.left < OFP10_MATCH_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
  const match = emptyMatch();
  const wildcards = r.u32();
  const set = ([bit, f]: readonly [number, MfField], value: Uint8Array | number): void => {
    if (!(wildcards & bit)) matchField(match, f, value);
  };
  set(FIELDS.inPort, r.u16());
  set(FIELDS.dlSrc, r.take(6));
  set(FIELDS.dlDst, r.take(6));
  putVlan(match, wildcards, r.u16(), r.u8());
  r.skip(1);
  set(FIELDS.dlType, r.u16());
  set(FIELDS.nwTos, r.u8() & 0xfc);
  set(FIELDS.nwProto, r.u8());
  r.skip(2);
  putAddress(match, KEY_FIELDS.nw_src.offset, r.u32(), netmask(wildcards >>> FW.NW_SRC_SHIFT));
  putAddress(match, KEY_FIELDS.nw_dst.offset, r.u32(), netmask(wildcards >>> FW.NW_DST_SHIFT));
  const [tpSrc, tpDst] = [r.u16(), r.u16()];
  if (!(wildcards & FW.TP_SRC)) putPort(match, KEY_FIELDS.tp_src.offset, tpSrc);
  if (!(wildcards & FW.TP_DST)) putPort(match, KEY_FIELDS.tp_dst.offset, tpDst);
  return match;
}

function wildcardBits(mask: number): number {
  let ones = 0;
  for (let m = mask; m; m &= m - 1) ones++;
  return 32 - ones;
}

/** The VLAN part: wildcard bits, dl_vlan, dl_vlan_pcp. */
function vlanPart(match: Match): { wildcards: number; vlan: number; pcp: number } {
  const tci = fieldNumber(match.flow, TCI);
  const mask = fieldNumber(match.mask, TCI);
  if (!mask) return { wildcards: FW.DL_VLAN | FW.DL_VLAN_PCP, vlan: 0, pcp: 0 };
  if (mask & CFI && !(tci & CFI)) return { wildcards: 0, vlan: VLAN_NONE, pcp: 0 };
  const hasVid = (mask & VID) !== 0;
  const hasPcp = (mask & PCP) !== 0;
  return {
    wildcards: (hasVid ? 0 : FW.DL_VLAN) | (hasPcp ? 0 : FW.DL_VLAN_PCP),
    vlan: hasVid ? tci & VID : 0,
    pcp: hasPcp ? (tci & PCP) >> 13 : 0,
  };
}

function wildcardsOf(match: Match): number {
  const { view } = match.mask;
  let bits = vlanPart(match).wildcards;
  for (const [bit, f] of Object.values(FIELDS)) if (!fieldMasked(match, f)) bits |= bit;
  if (!view.getUint16(KEY_FIELDS.tp_src.offset)) bits |= FW.TP_SRC;
  if (!view.getUint16(KEY_FIELDS.tp_dst.offset)) bits |= FW.TP_DST;
  bits |= wildcardBits(view.getUint32(KEY_FIELDS.nw_src.offset)) << FW.NW_SRC_SHIFT;
  return bits | (wildcardBits(view.getUint32(KEY_FIELDS.nw_dst.offset)) << FW.NW_DST_SHIFT);
}

function fieldMasked(match: Match, f: MfField): boolean {
  if (f.storage <= 4) return fieldNumber(match.mask, f) !== 0;
  return match.mask.bytes.subarray(f.offset, f.offset + f.bytes).some((b) => b !== 0);
}

/** Writes a match. What OpenFlow 1.0 cannot say is lost: see `canBeOfp10`. */
export function writeOfp10Match(w: WireWriter, match: Match): void {
  const { flow } = match;
  const vlan = vlanPart(match);
  w.u32(wildcardsOf(match)).u16(fieldNumber(flow, FIELDS.inPort[1]));
  w.append(flow.bytes.subarray(KEY_FIELDS.eth_src.offset, KEY_FIELDS.eth_src.offset + 6));
  w.append(flow.bytes.subarray(KEY_FIELDS.eth_dst.offset, KEY_FIELDS.eth_dst.offset + 6));
  w.u16(vlan.vlan).u8(vlan.pcp).zeros(1);
  w.u16(fieldNumber(flow, FIELDS.dlType[1])).u8(fieldNumber(flow, FIELDS.nwTos[1]));
  w.u8(fieldNumber(flow, FIELDS.nwProto[1])).zeros(2);
  w.u32(flow.view.getUint32(KEY_FIELDS.nw_src.offset));
  w.u32(flow.view.getUint32(KEY_FIELDS.nw_dst.offset));
  w.u16(flow.view.getUint16(KEY_FIELDS.tp_src.offset));
  w.u16(flow.view.getUint16(KEY_FIELDS.tp_dst.offset));
}

/** Whether the match survives OpenFlow 1.0's form; if not, it needs NXM. */
export function canBeOfp10(match: Match): boolean {
  const w = new WireWriter(OFP10_MATCH_BYTES);
  writeOfp10Match(w, match);
  const said = readOfp10Match(new WireReader(w.slice()));
  return said.flow.equals(match.flow) && said.mask.equals(match.mask);
}

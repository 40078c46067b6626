// SPDX-License-Identifier: Apache-2.0
/** MPLS labels: `push_mpls`, `pop_mpls`, `dec_mpls_ttl` and the setters of their fields. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import { ETH_TYPE, etherType } from "../field-prereqs.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { type OfpAct, PACKET_TYPE } from "../ofp-actions.js";
import { parseU8, parseU16, parseU32, syntaxError } from "../text/numbers.js";
import {
  type ActionCodec,
  action,
  type CheckContext,
  checkBits,
  endAction,
  nicira,
  noArgument,
  standard,
  startStandard,
  startVendor,
  V,
  type WireForm,
} from "./codec.js";
import { putSetField } from "./set-field.js";

const isMpls = (type: number): boolean => type === ETH_TYPE.MPLS || type === ETH_TYPE.MPLS_MCAST;

/** Nicira's form for OpenFlow 1.0, where `skip` bytes precede the argument, and the standard. */
function forms(
  subtype: number,
  type: number,
  skip: number,
  decode: (r: WireReader) => OfpAct,
): WireForm[] {
  const decodeNicira = (r: WireReader): OfpAct => {
    r.skip(skip);
    return decode(r);
  };
  return [
    nicira(subtype, 16, decodeNicira, [V.OF10, V.OF10]),
    standard(type, [V.OF11, V.OF15], 8, decode),
  ];
}

function put(
  w: WireWriter,
  version: number,
  subtype: number,
  type: number,
  argument: (w: WireWriter, isNicira: boolean) => void,
): void {
  const isNicira = version === V.OF10;
  const start = isNicira ? startVendor(w, subtype) : startStandard(w, type);
  argument(w, isNicira);
  endAction(w, start);
}

function requireMpls(_act: OfpAct, c: CheckContext): void {
  if (!isMpls(etherType(c.match.flow))) c.consistent = false;
}

export const setMplsLabel = action({
  type: "set_mpls_label",
  name: "set_mpls_label",
  parse(arg) {
    if (arg === "") throw syntaxError("set_mpls_label: expected label.");
    const label = checkBits(arg, parseU32(arg), 0xfffff, "MPLS label");
    return { type: "set_mpls_label", label };
  },
  format: ({ label }) => `set_mpls_label(${label})`,
  wires: forms(30, 13, 2, (r) => ({ type: "set_mpls_label", label: r.u32() })),
  encode(w, { label }, version) {
    if (version >= V.OF12) putSetField(w, "mpls_label", label, version);
    else put(w, version, 30, 13, (out, isNicira) => out.zeros(isNicira ? 2 : 0).u32(label));
  },
  check: requireMpls,
});

export const setMplsTc = action({
  type: "set_mpls_tc",
  name: "set_mpls_tc",
  parse(arg) {
    if (arg === "") throw syntaxError("set_mpls_tc: expected tc.");
    return { type: "set_mpls_tc", tc: checkBits(arg, parseU8(arg, "MPLS TC"), 7, "MPLS TC") };
  },
  format: ({ tc }) => `set_mpls_tc(${tc})`,
  wires: forms(31, 14, 0, (r) => ({ type: "set_mpls_tc", tc: r.u8() })),
  encode(w, { tc }, version) {
    if (version >= V.OF12) putSetField(w, "mpls_tc", tc, version);
    else put(w, version, 31, 14, (out) => out.u8(tc));
  },
  check: requireMpls,
});

export const setMplsTtl = action({
  type: "set_mpls_ttl",
  name: "set_mpls_ttl",
  parse(arg) {
    if (arg === "") throw syntaxError("set_mpls_ttl: expected ttl.");
    return { type: "set_mpls_ttl", ttl: parseU8(arg, "MPLS TTL") };
  },
  format: ({ ttl }) => `set_mpls_ttl(${ttl})`,
  wires: forms(25, 15, 0, (r) => ({ type: "set_mpls_ttl", ttl: r.u8() })),
  encode: (w, { ttl }, version) => put(w, version, 25, 15, (out) => out.u8(ttl)),
  check: requireMpls,
});

export const decMplsTtl = action({
  type: "dec_mpls_ttl",
  name: "dec_mpls_ttl",
  parse: noArgument({ type: "dec_mpls_ttl" }),
  format: () => "dec_mpls_ttl",
  wires: forms(26, 16, 0, () => ({ type: "dec_mpls_ttl" })),
  encode: (w, _act, version) => put(w, version, 26, 16, () => {}),
  check: requireMpls,
});

function pushOrPop(
  type: "push_mpls" | "pop_mpls",
  subtype: number,
  standardType: number,
  decode: (ethertype: number) => OfpAct,
  check: ActionCodec<"push_mpls" | "pop_mpls">["check"],
): ActionCodec {
  return action({
    type,
    name: type,
    parse: (arg) => ({ type, ethertype: parseU16(arg, type) }),
    format: ({ ethertype }) => `${type}:0x${ethertype.toString(16).padStart(4, "0")}`,
    wires: forms(subtype, standardType, 0, (r) => decode(r.u16())),
    encode: (w, { ethertype }, version) =>
      put(w, version, subtype, standardType, (out) => out.u16(ethertype)),
    check,
  });
}

const isEthernet = ({ match }: CheckContext): boolean =>
  match.flow.view.getUint32(KEY_FIELDS.packet_type.offset) === PACKET_TYPE.ETHERNET;

export const pushMpls = pushOrPop(
  "push_mpls",
  23,
  19,
  (ethertype) => {
    if (!isMpls(ethertype)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    return { type: "push_mpls", ethertype };
  },
  ({ ethertype }, c) => {
    if (!isEthernet(c)) c.consistent = false;
    const { view } = c.match.flow;
    view.setUint16(KEY_FIELDS.eth_type.offset, ethertype);
    // What is behind the label is not known any more.
    view.setUint8(KEY_FIELDS.nw_proto.offset, 0);
  },
);

export const popMpls = pushOrPop(
  "pop_mpls",
  24,
  20,
  (ethertype) => ({ type: "pop_mpls", ethertype }),
  ({ ethertype }, c) => {
    if (!isEthernet(c) || !isMpls(etherType(c.match.flow))) c.consistent = false;
    c.match.flow.view.setUint16(KEY_FIELDS.eth_type.offset, ethertype);
  },
);

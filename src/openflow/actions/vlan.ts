// SPDX-License-Identifier: Apache-2.0
/** VLAN actions. The two setters exist in a form of OpenFlow 1.0, which pushes a tag where there
 * is none (`mod_vlan_…`), and one of 1.1+, which does not (`set_vlan_…`). */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import { ETH_TYPE } from "../field-prereqs.js";
import type { WireWriter } from "../messages/wire.js";
import type { OfpAct } from "../ofp-actions.js";
import { PROTOCOLS } from "../protocols.js";
import { parseU8, parseU16, syntaxError } from "../text/numbers.js";
import {
  action,
  type CheckContext,
  checkBits,
  endAction,
  standard,
  startStandard,
  V,
} from "./codec.js";
import { putSetField } from "./set-field.js";

const CFI = 0x1000;
const TCI0 = KEY_FIELDS.vlan_tci0.offset;
const TCI1 = KEY_FIELDS.vlan_tci1.offset;

function argument(value: number, mask: number): number {
  if (value & ~mask) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return value;
}

type Setter = Extract<OfpAct, { type: "set_vlan_vid" | "set_vlan_pcp" }>;

/** Later versions do not push by themselves. */
function pushFirst(w: WireWriter, act: Setter, version: number): void {
  if (version > V.OF10 && act.pushIfNeeded && !act.flowHasVlan) {
    putPush(w, ETH_TYPE.VLAN);
  }
}

function putPush(w: WireWriter, ethertype: number): void {
  const start = startStandard(w, 17);
  w.u16(ethertype);
  endAction(w, start);
}

function checkSetter(act: Setter, c: CheckContext): void {
  const { view } = c.match.flow;
  const tci = view.getUint16(TCI0);
  act.flowHasVlan = (tci & CFI) !== 0;
  if (!act.flowHasVlan && !act.pushIfNeeded) c.consistent = false;
  view.setUint16(TCI0, tci | CFI);
}

function vidFromText(arg: string, pushIfNeeded: boolean): OfpAct {
  const vid = checkBits(arg, parseU16(arg, "VLAN VID"), 0xfff, "VLAN VID");
  return { type: "set_vlan_vid", vid, pushIfNeeded };
}

function pcpFromText(arg: string, pushIfNeeded: boolean): OfpAct {
  const pcp = checkBits(arg, parseU8(arg, "VLAN PCP"), 7, "VLAN PCP");
  return { type: "set_vlan_pcp", pcp, pushIfNeeded };
}

export const setVlanVid = action({
  type: "set_vlan_vid",
  name: "set_vlan_vid",
  parse: (arg) => vidFromText(arg, false),
  aliases: { mod_vlan_vid: (arg) => vidFromText(arg, true) },
  format: (act) => `${act.pushIfNeeded ? "mod_vlan_vid" : "set_vlan_vid"}:${act.vid}`,
  wires: ([V.OF10, V.OF11] as const).map((version) =>
    standard(1, [version, version === V.OF10 ? V.OF10 : V.OF15], 8, (r) => {
      const vid = argument(r.u16(), 0xfff);
      return { type: "set_vlan_vid", vid, pushIfNeeded: version === V.OF10 };
    }),
  ),
  encode(w, act, version) {
    pushFirst(w, act, version);
    if (version >= V.OF12) {
      putSetField(w, "vlan_vid", act.vid | CFI, version);
      return;
    }
    const start = startStandard(w, 1);
    w.u16(act.vid);
    endAction(w, start);
  },
  check: checkSetter,
});

export const setVlanPcp = action({
  type: "set_vlan_pcp",
  name: "set_vlan_pcp",
  parse: (arg) => pcpFromText(arg, false),
  aliases: { mod_vlan_pcp: (arg) => pcpFromText(arg, true) },
  format: (act) => `${act.pushIfNeeded ? "mod_vlan_pcp" : "set_vlan_pcp"}:${act.pcp}`,
  wires: ([V.OF10, V.OF11] as const).map((version) =>
    standard(2, [version, version === V.OF10 ? V.OF10 : V.OF15], 8, (r) => {
      const pcp = argument(r.u8(), 7);
      return { type: "set_vlan_pcp", pcp, pushIfNeeded: version === V.OF10 };
    }),
  ),
  encode(w, act, version) {
    pushFirst(w, act, version);
    if (version >= V.OF12) {
      putSetField(w, "vlan_pcp", act.pcp, version);
      return;
    }
    const start = startStandard(w, 2);
    w.u8(act.pcp);
    endAction(w, start);
  },
  check: checkSetter,
});

export const stripVlan = action({
  type: "strip_vlan",
  name: "strip_vlan",
  parse: () => ({ type: "strip_vlan" }),
  aliases: { pop_vlan: () => ({ type: "strip_vlan", pop: true }) },
  format: (act) => (act.pop ? "pop_vlan" : "strip_vlan"),
  wires: [
    standard(3, [V.OF10, V.OF10], 8, () => ({ type: "strip_vlan" })),
    standard(18, [V.OF11, V.OF15], 8, () => ({ type: "strip_vlan", pop: true })),
  ],
  encode(w, _act, version) {
    endAction(w, startStandard(w, version === V.OF10 ? 3 : 18));
  },
  check(_act, c) {
    const { view } = c.match.flow;
    if (!(view.getUint16(TCI0) & CFI)) c.consistent = false;
    // The inner tag, if any, becomes the outer one.
    view.setUint32(TCI0, view.getUint32(TCI1));
    view.setUint32(TCI1, 0);
  },
});

export const pushVlan = action({
  type: "push_vlan",
  name: "push_vlan",
  parse(arg, c) {
    c.usable &= PROTOCOLS.OF11_UP;
    const ethertype = parseU16(arg, "ethertype");
    if (!isVlanType(ethertype)) throw syntaxError(`${arg}: not a valid VLAN ethertype`);
    return { type: "push_vlan", ethertype };
  },
  format: (act) => `push_vlan:0x${act.ethertype.toString(16)}`,
  wires: [
    standard(17, [V.OF11, V.OF15], 8, (r) => {
      const ethertype = r.u16();
      if (!isVlanType(ethertype)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
      return { type: "push_vlan", ethertype };
    }),
  ],
  encode(w, act, version) {
    // In OpenFlow 1.0 the setter that follows pushes.
    if (version !== V.OF10) putPush(w, act.ethertype);
  },
  check(_act, c) {
    const { view } = c.match.flow;
    if (view.getUint16(TCI1) & CFI) throw new OfpError("OFPBAC_BAD_TAG");
    view.setUint32(TCI1, view.getUint32(TCI0));
    view.setUint32(TCI0, (CFI << 16) >>> 0);
  },
});

function isVlanType(ethertype: number): boolean {
  return ethertype === ETH_TYPE.VLAN || ethertype === ETH_TYPE.QINQ;
}

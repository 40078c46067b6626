// SPDX-License-Identifier: Apache-2.0
/** Instructions of OpenFlow 1.1+ (1.3.5 §7.2.4), kept in action lists: `meter`, `clear_actions`,
 * `write_actions`, `write_metadata`, `goto_table`. Those of OpenFlow 1.0 that have a Nicira action
 * use it. */
import { OfpError } from "../errors.js";
import { OFPP } from "../ofp-actions.js";
import { PROTOCOLS } from "../protocols.js";
import { formatHex, parseU32, parseU64, syntaxError } from "../text/numbers.js";
import { portToOf10 } from "../text/ports.js";
import {
  action,
  endAction,
  nicira,
  noArgument,
  parseTable,
  standard,
  startStandard,
  startVendor,
  V,
} from "./codec.js";
import { formatTable } from "./resubmit.js";

/** `ofp_instruction_type`. */
export const INSTRUCTION = {
  GOTO_TABLE: 1,
  WRITE_METADATA: 2,
  WRITE_ACTIONS: 3,
  APPLY_ACTIONS: 4,
  CLEAR_ACTIONS: 5,
  METER: 6,
  EXPERIMENTER: 0xffff,
} as const;

/** `OFPM_MAX` (OpenFlow 1.3.5 §7.3.4.5). */
const METER_MAX = 0xffff0000;
const U64 = 0xffffffffffffffffn;
const UNKNOWN = 255;

export const meter = action({
  type: "meter",
  name: "meter",
  parse(arg, c) {
    c.usable &= PROTOCOLS.OF13_UP;
    return { type: "meter", meter: parseU32(arg) };
  },
  format: (act) => `meter:${act.meter}`,
  wires: [standard(29, [V.OF15, V.OF15], 8, (r) => ({ type: "meter", meter: r.u32() }))],
  encode(w, act, version) {
    if (version < V.OF13) return;
    const start = startStandard(w, version >= V.OF15 ? 29 : INSTRUCTION.METER);
    w.u32(act.meter);
    endAction(w, start);
  },
  check(act) {
    if (act.meter === 0 || act.meter > METER_MAX) throw new OfpError("OFPMMFC_INVALID_METER");
  },
});

export const clearActions = action({
  type: "clear_actions",
  name: "clear_actions",
  parse: noArgument({ type: "clear_actions" }),
  format: () => "clear_actions",
  wires: [],
  encode(w, _act, version) {
    if (version > V.OF10) endAction(w, startStandard(w, INSTRUCTION.CLEAR_ACTIONS));
  },
});

export const writeActions = action({
  type: "write_actions",
  name: "write_actions",
  parse: (arg, c) => ({ type: "write_actions", actions: c.parseNested(arg, "write_actions") }),
  format: (act, c) => `write_actions(${c.formatNested(act.actions)})`,
  wires: [],
  encode(w, act, version, encodeNested) {
    if (version === V.OF10 || act.actions.length === 0) return;
    const start = startStandard(w, INSTRUCTION.WRITE_ACTIONS);
    w.zeros(4);
    encodeNested(w, act.actions, version);
    endAction(w, start);
  },
  check(act, c) {
    // An action set runs on whatever the packet has become: nothing to be consistent with.
    const { consistent } = c;
    c.checkNested(act.actions);
    c.consistent = consistent;
  },
});

export const writeMetadata = action({
  type: "write_metadata",
  name: "write_metadata",
  parse(arg, c) {
    c.usable &= PROTOCOLS.NXM_OF11_UP;
    const slash = arg.indexOf("/");
    const mask = slash < 0 ? U64 : parseU64(arg.slice(slash + 1));
    const metadata = parseU64(slash < 0 ? arg : arg.slice(0, slash));
    return { type: "write_metadata", metadata, mask };
  },
  format(act) {
    const suffix = act.mask === U64 ? "" : `/${formatHex(act.mask)}`;
    return `write_metadata:${formatHex(act.metadata)}${suffix}`;
  },
  wires: [
    nicira(22, 32, (r) => {
      if (r.view(6).some((b) => b !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
      return { type: "write_metadata", metadata: r.u64(), mask: r.u64() };
    }),
  ],
  encode(w, act, version) {
    const isNicira = version === V.OF10;
    const start = isNicira ? startVendor(w, 22) : startStandard(w, INSTRUCTION.WRITE_METADATA);
    w.zeros(isNicira ? 6 : 4);
    w.u64(act.metadata).u64(act.mask);
    endAction(w, start);
  },
});

export const gotoTable = action({
  type: "goto_table",
  name: "goto_table",
  parse(arg, c) {
    const table = parseTable(arg, c);
    if (table === null) throw syntaxError(`unknown table "${arg}"`);
    return { type: "goto_table", table };
  },
  format: (act, c) => `goto_table:${formatTable(act.table, c)}`,
  wires: [],
  encode(w, act, version) {
    const isNicira = version === V.OF10;
    const start = isNicira ? startVendor(w, 14) : startStandard(w, INSTRUCTION.GOTO_TABLE);
    if (isNicira) w.u16(portToOf10(OFPP.IN_PORT));
    w.u8(act.table);
    endAction(w, start);
  },
  check(act, c) {
    const isBackward = c.tableId !== UNKNOWN && act.table <= c.tableId;
    const isMissing = c.tables !== UNKNOWN && act.table >= c.tables;
    if (isBackward || isMissing) throw new OfpError("OFPBIC_BAD_TABLE_ID");
  },
});

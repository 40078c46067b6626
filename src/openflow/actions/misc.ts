// SPDX-License-Identifier: Apache-2.0
/** `set_tunnel`, `note`, `exit`, `clone`. */
import type { WireReader } from "../messages/wire.js";
import { formatHex, parseU64, syntaxError } from "../text/numbers.js";
import {
  action,
  endAction,
  extensible,
  formatHexPairs,
  nicira,
  noArgument,
  parseHexPairs,
  startVendor,
  V,
} from "./codec.js";
import { putSetField } from "./set-field.js";

const U32 = 0xffffffffn;

export const setTunnel = action({
  type: "set_tunnel",
  name: "set_tunnel",
  parse: (arg) => ({ type: "set_tunnel", id: parseU64(arg), id64: false }),
  aliases: { set_tunnel64: (arg) => ({ type: "set_tunnel", id: parseU64(arg), id64: true }) },
  format: (act) => `set_tunnel${act.id64 || act.id > U32 ? "64" : ""}:${formatHex(act.id)}`,
  wires: [
    nicira(2, 16, (r) => {
      r.skip(2);
      return { type: "set_tunnel", id: BigInt(r.u32()), id64: false };
    }),
    nicira(9, 24, (r) => {
      r.skip(6);
      return { type: "set_tunnel", id: r.u64(), id64: true };
    }),
  ],
  encode(w, act, version) {
    if (version >= V.OF12) {
      putSetField(w, "tun_id", act.id, version);
      return;
    }
    const isLong = act.id64 || act.id > U32;
    const start = startVendor(w, isLong ? 9 : 2);
    if (isLong) w.zeros(6).u64(act.id);
    else w.zeros(2).u32(Number(act.id));
    endAction(w, start);
  },
});

export const note = action({
  type: "note",
  name: "note",
  parse(arg) {
    const data = parseHexPairs(arg);
    if (!data) throw syntaxError("bad hex digit in `note' argument");
    return { type: "note", data };
  },
  format: (act) => `note:${formatHexPairs(act.data)}`,
  wires: [extensible(nicira(8, 16, (r: WireReader) => ({ type: "note", data: r.rest() })))],
  encode(w, act) {
    const start = startVendor(w, 8);
    w.append(act.data);
    endAction(w, start);
  },
});

export const exit = action({
  type: "exit",
  name: "exit",
  parse: noArgument({ type: "exit" }),
  format: () => "exit",
  wires: [nicira(17, 16, () => ({ type: "exit" }))],
  encode(w) {
    endAction(w, startVendor(w, 17));
  },
});

export const clone = action({
  type: "clone",
  name: "clone",
  parse: (arg, c) => ({ type: "clone", actions: c.parseNested(arg, "clone") }),
  format: (act, c) => `clone(${c.formatNested(act.actions)})`,
  wires: [
    extensible(
      nicira(42, 16, (r, c) => {
        r.skip(6);
        return { type: "clone", actions: c.decodeNested(r, "clone") };
      }),
    ),
  ],
  encode(w, act, version, encodeNested) {
    const start = startVendor(w, 42);
    w.zeros(6);
    encodeNested(w, act.actions, version);
    endAction(w, start);
  },
  check: (act, c) => c.checkNested(act.actions),
});

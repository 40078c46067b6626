// SPDX-License-Identifier: Apache-2.0
/** `set_queue`, `pop_queue` and `group`: one number or none. */
import { parseU32 } from "../text/numbers.js";
import {
  action,
  endAction,
  nicira,
  noArgument,
  standard,
  startStandard,
  startVendor,
  V,
} from "./codec.js";

export const setQueue = action({
  type: "set_queue",
  name: "set_queue",
  parse: (arg) => ({ type: "set_queue", queue: parseU32(arg) }),
  format: (act) => `set_queue:${act.queue}`,
  wires: [
    nicira(
      4,
      16,
      (r) => {
        r.skip(2);
        return { type: "set_queue", queue: r.u32() };
      },
      [V.OF10, V.OF10],
    ),
    standard(21, [V.OF11, V.OF15], 8, (r) => ({ type: "set_queue", queue: r.u32() })),
  ],
  encode(w, act, version) {
    const isNicira = version === V.OF10;
    const start = isNicira ? startVendor(w, 4) : startStandard(w, 21);
    if (isNicira) w.zeros(2);
    w.u32(act.queue);
    endAction(w, start);
  },
});

export const popQueue = action({
  type: "pop_queue",
  name: "pop_queue",
  parse: noArgument({ type: "pop_queue" }),
  format: () => "pop_queue",
  wires: [nicira(5, 16, () => ({ type: "pop_queue" }))],
  encode(w) {
    endAction(w, startVendor(w, 5));
  },
});

export const group = action({
  type: "group",
  name: "group",
  parse: (arg) => ({ type: "group", group: parseU32(arg) }),
  format: (act) => `group:${act.group}`,
  wires: [
    nicira(
      40,
      16,
      (r) => {
        r.skip(2);
        return { type: "group", group: r.u32() };
      },
      [V.OF10, V.OF10],
    ),
    standard(22, [V.OF11, V.OF15], 8, (r) => ({ type: "group", group: r.u32() })),
  ],
  encode(w, act, version) {
    const isNicira = version === V.OF10;
    const start = isNicira ? startVendor(w, 40) : startStandard(w, 22);
    if (isNicira) w.zeros(2);
    w.u32(act.group);
    endAction(w, start);
  },
});

// SPDX-License-Identifier: Apache-2.0
/** `fin_timeout`: shorter timeouts for the flow once a TCP connection ends. */
import { field, fieldNumber } from "../fields.js";
import { keyValues } from "../text/key-value.js";
import { parseU16, syntaxError } from "../text/numbers.js";
import { action, endAction, nicira, startVendor } from "./codec.js";

const NW_PROTO = field("nw_proto");
const TCP = 6;

function parse(arg: string): { type: "fin_timeout"; idle: number; hard: number } {
  let idle = 0;
  let hard = 0;
  for (const { key, value } of keyValues(arg)) {
    if (key === "idle_timeout") idle = parseU16(value, key);
    else if (key === "hard_timeout") hard = parseU16(value, key);
    else throw syntaxError(`invalid key '${key}' in 'fin_timeout' argument`);
  }
  return { type: "fin_timeout", idle, hard };
}

export const finTimeout = action({
  type: "fin_timeout",
  name: "fin_timeout",
  parse,
  format({ idle, hard }) {
    const parts = [];
    if (idle) parts.push(`idle_timeout=${idle}`);
    if (hard) parts.push(`hard_timeout=${hard}`);
    return `fin_timeout(${parts.join(",")})`;
  },
  wires: [nicira(19, 16, (r) => ({ type: "fin_timeout", idle: r.u16(), hard: r.u16() }))],
  encode(w, { idle, hard }) {
    const start = startVendor(w, 19);
    w.u16(idle).u16(hard);
    endAction(w, start);
  },
  check(_act, c) {
    if (fieldNumber(c.match.flow, NW_PROTO) !== TCP) c.consistent = false;
  },
});

// SPDX-License-Identifier: Apache-2.0
/** `check_pkt_larger(length)->field[bit]`. */
import { readFieldHeader, writeFieldHeader } from "../nxm.js";
import { checkDestination, formatSubfield, parseSubfield } from "../subfield.js";
import { parseU16, syntaxError } from "../text/numbers.js";
import { action, endAction, expectZeros, extensible, nicira, startVendor } from "./codec.js";

const BYTES = 24;

export const checkPktLarger = action({
  type: "check_pkt_larger",
  name: "check_pkt_larger",
  parse(arg) {
    const arrow = arg.indexOf("->");
    if (arrow < 0) throw syntaxError(`${arg}: missing \`->'`);
    const name = arg.slice(arrow + 2);
    if (name === "") throw syntaxError(`${arg}: missing field name following \`->'`);
    const value = arg.slice(0, arrow).replace(/\)$/, "");
    const dst = parseSubfield(name);
    if (dst.bits !== 1) throw syntaxError("Only 1-bit destination field is allowed");
    return { type: "check_pkt_larger", length: parseU16(value, "(null)"), dst };
  },
  format: ({ length, dst }) => `check_pkt_larger(${length})->${formatSubfield(dst)}`,
  wires: [
    extensible(
      nicira(49, BYTES, (r) => {
        const length = r.u16();
        const start = r.u16();
        const dst = { field: readFieldHeader(r), start, bits: 1 };
        expectZeros(r, "NXBRC_MUST_BE_ZERO");
        checkDestination(dst, null);
        return { type: "check_pkt_larger", length, dst };
      }),
    ),
  ],
  encode(w, { length, dst }) {
    const start = startVendor(w, 49);
    w.u16(length).u16(dst.start);
    writeFieldHeader(w, dst.field, 0);
    w.zeros(BYTES - (w.length - start));
    endAction(w, start);
  },
});

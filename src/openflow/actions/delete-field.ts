// SPDX-License-Identifier: Apache-2.0
/** `delete_field`: takes a tunnel option out of the packet. */
import { OfpError } from "../errors.js";
import { readFieldHeader, writeFieldHeader } from "../nxm.js";
import { fieldByAnyName } from "../subfield.js";
import { syntaxError } from "../text/numbers.js";
import { action, endAction, nicira, startVendor } from "./codec.js";

const BYTES = 24;

export const deleteField = action({
  type: "delete_field",
  name: "delete_field",
  parse(arg) {
    const field = fieldByAnyName(arg);
    if (!field) throw syntaxError(`unknown field \`${arg}'`);
    return { type: "delete_field", field };
  },
  format: ({ field }) => `delete_field:${field.name}`,
  wires: [nicira(50, BYTES, (r) => ({ type: "delete_field", field: readFieldHeader(r) }))],
  encode(w, { field }) {
    const start = startVendor(w, 50);
    writeFieldHeader(w, field, 0);
    w.zeros(BYTES - (w.length - start));
    endAction(w, start);
  },
  check({ field }) {
    if (!field.name.startsWith("tun_metadata")) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  },
});

// SPDX-License-Identifier: Apache-2.0
/** `push` and `pop`: Nicira's stack. */
import { OfpError } from "../errors.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readFieldHeader, writeFieldHeader } from "../nxm.js";
import type { Subfield } from "../ofp-actions.js";
import { checkDestination, checkSource, formatSubfield, scanSubfield } from "../subfield.js";
import { syntaxError } from "../text/numbers.js";
import { action, endAction, expectZeros, nicira, startVendor } from "./codec.js";

function parse(arg: string): Subfield {
  const { subfield, tail } = scanSubfield(arg);
  if (tail !== "") throw syntaxError(`${tail}: trailing garbage following push or pop`);
  return subfield;
}

function decode(r: WireReader): Subfield {
  const start = r.u16();
  const field = readFieldHeader(r);
  if (r.left < 2) throw new OfpError("OFPBAC_BAD_LEN");
  const bits = r.u16();
  expectZeros(r, "NXBRC_MUST_BE_ZERO");
  return { field, start, bits };
}

function encode(w: WireWriter, subtype: number, sf: Subfield): void {
  const start = startVendor(w, subtype);
  w.u16(sf.start);
  writeFieldHeader(w, sf.field, 0);
  w.u16(sf.bits);
  w.zeros(24 - (w.length - start));
  endAction(w, start);
}

export const stackPush = action({
  type: "stack_push",
  name: "push",
  parse: (arg) => ({ type: "stack_push", src: parse(arg) }),
  format: (act) => `push:${formatSubfield(act.src)}`,
  wires: [
    nicira(27, 24, (r) => {
      const src = decode(r);
      checkSource(src, null);
      return { type: "stack_push", src };
    }),
  ],
  encode: (w, act) => encode(w, 27, act.src),
  check: (act, c) => checkSource(act.src, c.match),
});

export const stackPop = action({
  type: "stack_pop",
  name: "pop",
  parse: (arg) => ({ type: "stack_pop", dst: parse(arg) }),
  format: (act) => `pop:${formatSubfield(act.dst)}`,
  wires: [
    nicira(28, 24, (r) => {
      const dst = decode(r);
      checkDestination(dst, null);
      return { type: "stack_pop", dst };
    }),
  ],
  encode: (w, act) => encode(w, 28, act.dst),
  check: (act, c) => checkDestination(act.dst, c.match),
});

// SPDX-License-Identifier: Apache-2.0
/** `move`: NXAST_REG_MOVE, ONF's copy-field of OpenFlow 1.3, Copy-Field of 1.5. */
import type { WireReader, WireWriter } from "../messages/wire.js";
import { readFieldHeader, writeFieldHeader } from "../nxm.js";
import type { OfpAct } from "../ofp-actions.js";
import {
  checkDestination,
  checkSource,
  formatSubfield,
  parseSubfield,
  scanSubfield,
} from "../subfield.js";
import { syntaxError } from "../text/numbers.js";
import {
  action,
  endAction,
  expectZeros,
  extensible,
  nicira,
  standard,
  startStandard,
  startVendor,
  V,
  VENDOR_ONF,
} from "./codec.js";

type Move = Extract<OfpAct, { type: "reg_move" }>;

/** Reads `source->destination`. */
export function parseMove(arg: string): Move {
  const { subfield: src, tail } = scanSubfield(arg);
  if (!tail.startsWith("->")) throw syntaxError(`${arg}: missing \`->' following source`);
  const dst = parseSubfield(tail.slice(2));
  if (src.bits !== dst.bits) {
    throw syntaxError(
      `${arg}: source field is ${src.bits} bits wide but destination is ${dst.bits} bits wide`,
    );
  }
  return { type: "reg_move", src, dst };
}

/** `skip`: bytes between the offsets and the headers. */
function decode(r: WireReader, skip: number): Move {
  const bits = r.u16();
  const srcStart = r.u16();
  const dstStart = r.u16();
  r.skip(skip);
  const src = { field: readFieldHeader(r), start: srcStart, bits };
  const dst = { field: readFieldHeader(r), start: dstStart, bits };
  expectZeros(r, "NXBRC_MUST_BE_ZERO");
  checkSource(src, null);
  checkDestination(dst, null);
  return { type: "reg_move", src, dst };
}

function encode(w: WireWriter, act: Move, version: number): void {
  const { src, dst } = act;
  const isOnf = version === V.OF13 && act.copyField;
  const isStandard = version >= V.OF15;
  const start = isStandard
    ? startStandard(w, 28)
    : startVendor(w, isOnf ? 3200 : 6, isOnf ? VENDOR_ONF : undefined);
  if (isOnf) w.zeros(2);
  w.u16(dst.bits).u16(src.start).u16(dst.start);
  if (isOnf || isStandard) w.zeros(2);
  const headerVersion = isOnf || isStandard ? version : 0;
  writeFieldHeader(w, src.field, headerVersion);
  writeFieldHeader(w, dst.field, headerVersion);
  endAction(w, start);
}

export const move = action({
  type: "reg_move",
  name: "move",
  parse: parseMove,
  format: (act) => `move:${formatSubfield(act.src)}->${formatSubfield(act.dst)}`,
  wires: [
    extensible(nicira(6, 16, (r) => decode(r, 0), [V.OF10, V.OF14])),
    extensible({
      vendor: VENDOR_ONF,
      type: 3200,
      versions: [V.OF13, V.OF14],
      bytes: 24,
      decode(r) {
        r.skip(2);
        return { ...decode(r, 2), copyField: true };
      },
    }),
    extensible(standard(28, [V.OF15, V.OF15], 16, (r) => ({ ...decode(r, 2), copyField: true }))),
  ],
  encode,
  check(act, c) {
    checkSource(act.src, c.match);
    checkDestination(act.dst, c.match);
  },
});

// SPDX-License-Identifier: Apache-2.0
/** `multipath`: loads the number of a link that a hash chooses. */
import { OfpError } from "../errors.js";
import { headerFor } from "../fields.js";
import type { WireReader } from "../messages/wire.js";
import { readShortHeader, writeFieldHeader } from "../nxm.js";
import type { OfpAct } from "../ofp-actions.js";
import { checkDestination, formatSubfield, parseSubfield } from "../subfield.js";
import { syntaxError } from "../text/numbers.js";
import { action, endAction, nicira, startVendor } from "./codec.js";
import { checkHashFields, HASH_FIELDS, leadingInteger, parseHashFields } from "./hash-fields.js";
import { decodeRange, encodeRange } from "./range.js";

type Multipath = Extract<OfpAct, { type: "multipath" }>;

const ALGORITHMS = ["modulo_n", "hash_threshold", "hrw", "iter_hash"] as const;
const LINKS_MAX = 65536;

function parse(arg: string): OfpAct {
  const [fieldsText, basis, name, count, extra, to] = arg.split(/[, ]+/).filter((w) => w !== "");
  if (to === undefined) throw syntaxError(`${arg}: not enough arguments to multipath action`);
  const fields = parseHashFields(arg, fieldsText);
  const algorithm = ALGORITHMS.find((known) => known === name.toLowerCase());
  if (!algorithm) throw syntaxError(`${arg}: unknown algorithm \`${name}'`);
  const links = leadingInteger(count);
  if (links < 1 || links > LINKS_MAX) {
    throw syntaxError(`${arg}: n_links ${links} is not in valid range 1 to ${LINKS_MAX}`);
  }
  const dst = parseSubfield(to);
  const header = headerFor(dst.field, 0);
  if (!header || header.experimenter) {
    throw syntaxError(`${arg}: experimenter OXM field '${to}' not supported`);
  }
  if (dst.bits < 16 && links > 1 << dst.bits) {
    throw syntaxError(
      `${arg}: ${dst.bits}-bit destination field has ${1 << dst.bits} possible values, ` +
        `less than specified n_links ${links}`,
    );
  }
  const number = leadingInteger(extra) >>> 0;
  return {
    type: "multipath",
    fields,
    basis: leadingInteger(basis) & 0xffff,
    algorithm,
    links,
    arg: number,
    dst,
  };
}

function decode(r: WireReader): Multipath {
  const fields = r.u16();
  const basis = r.u16();
  r.skip(2);
  const algorithm = ALGORITHMS[r.u16()];
  const links = r.u16() + 1;
  const arg = r.u32();
  r.skip(2);
  const range = decodeRange(r.u16());
  const dst = { field: readShortHeader(r), ...range };
  checkHashFields(fields);
  if (!algorithm || (dst.bits < 32 && 2 ** dst.bits < links)) {
    throw new OfpError("OFPBAC_BAD_ARGUMENT");
  }
  checkDestination(dst, null);
  return { type: "multipath", fields, basis, algorithm, links, arg, dst };
}

export const multipath = action({
  type: "multipath",
  name: "multipath",
  parse,
  format({ fields, basis, algorithm, links, arg, dst }) {
    const parts = [HASH_FIELDS[fields], basis, algorithm, links, arg, formatSubfield(dst)];
    return `multipath(${parts.join(",")})`;
  },
  wires: [nicira(10, 32, decode)],
  encode(w, act) {
    const start = startVendor(w, 10);
    w.u16(act.fields).u16(act.basis).zeros(2).u16(ALGORITHMS.indexOf(act.algorithm));
    w.u16(act.links - 1)
      .u32(act.arg)
      .zeros(2)
      .u16(encodeRange(act.dst));
    writeFieldHeader(w, act.dst.field, 0);
    endAction(w, start);
  },
  check: (act, c) => checkDestination(act.dst, c.match),
});

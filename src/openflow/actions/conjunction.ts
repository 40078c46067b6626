// SPDX-License-Identifier: Apache-2.0
/** `conjunction`: a clause of a conjunctive match (`ovs-fields(7)`, "Conjunctive Match Fields"). */
import { OfpError } from "../errors.js";
import { scanInteger, syntaxError } from "../text/numbers.js";
import { action, endAction, nicira, startVendor } from "./codec.js";

const CLAUSES_MIN = 2;
const CLAUSES_MAX = 64;

function parse(arg: string): { type: "conjunction"; id: number; clause: number; clauses: number } {
  const syntax = () => syntaxError('"conjunction" syntax is "conjunction(id,i/n)"');
  const id = scanInteger(arg);
  const m = id && /^\s*,\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(id.tail);
  if (!m) throw syntax();
  const [clause, clauses] = [Number(m[1]), Number(m[2])];
  if (clauses < CLAUSES_MIN) throw syntaxError("conjunction must have at least 2 clauses");
  if (clauses > CLAUSES_MAX) throw syntaxError("conjunction must have at most 64 clauses");
  if (clause < 1) throw syntaxError("clause index must be positive");
  if (clause > clauses) {
    throw syntaxError("clause index must be less than or equal to number of clauses");
  }
  const bits = Number(BigInt.asUintN(32, id.value));
  return { type: "conjunction", id: bits, clause: clause - 1, clauses };
}

export const conjunction = action({
  type: "conjunction",
  name: "conjunction",
  parse,
  format: ({ id, clause, clauses }) => `conjunction(${id},${clause + 1}/${clauses})`,
  wires: [
    nicira(34, 16, (r) => {
      const act = { type: "conjunction", clause: r.u8(), clauses: r.u8(), id: r.u32() } as const;
      const isGood = act.clauses >= CLAUSES_MIN && act.clauses <= CLAUSES_MAX;
      if (!isGood || act.clause >= act.clauses) throw new OfpError("NXBAC_BAD_CONJUNCTION");
      return act;
    }),
  ],
  encode(w, { id, clause, clauses }) {
    const start = startVendor(w, 34);
    w.u8(clause).u8(clauses).u32(id);
    endAction(w, start);
  },
});

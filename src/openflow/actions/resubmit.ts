// SPDX-License-Identifier: Apache-2.0
/** `resubmit`: NXAST_RESUBMIT, NXAST_RESUBMIT_TABLE and its form for tracked packets. */
import { OfpError } from "../errors.js";
import { field, prereqsOk } from "../fields.js";
import type { WireReader } from "../messages/wire.js";
import { OFPP, type OfpAct } from "../ofp-actions.js";
import { syntaxError } from "../text/numbers.js";
import { formatPort, portFromText, portToOf10, quoteName } from "../text/ports.js";
import {
  action,
  endAction,
  type Names,
  nicira,
  type ParseContext,
  parseTable,
  startVendor,
} from "./codec.js";
import { portFrom16 } from "./output.js";

type Resubmit = Extract<OfpAct, { type: "resubmit" }>;

/** "The current table". */
const TABLE_CURRENT = 255;
const CT_FIELD = field("ct_nw_proto");

function parse(arg: string, c: ParseContext): OfpAct {
  const [portText = "", tableText = "", ctText = ""] = arg.split(",");
  const port = portText === "" ? OFPP.IN_PORT : portFromText(portText, c.ports);
  if (port === null) throw syntaxError(`${portText}: resubmit to unknown port`);
  const table = tableText === "" ? TABLE_CURRENT : parseTable(tableText, c);
  if (table === null) throw syntaxError(`${tableText}: resubmit to unknown table`);
  if (ctText !== "" && ctText !== "ct") throw syntaxError(`${ctText}: unknown parameter`);
  if (port === OFPP.IN_PORT && table === TABLE_CURRENT) {
    throw syntaxError('at least one "in_port" or "table" must be specified on resubmit');
  }
  return ctText
    ? { type: "resubmit", port, table, withCtOrig: true }
    : { type: "resubmit", port, table };
}

/** A table's name or number. */
export function formatTable(table: number, names: Names): string {
  const name = names.tables?.nameOf(table);
  return name === undefined ? String(table) : quoteName(name);
}

function format(act: Resubmit, names: Names): string {
  const port = act.port === OFPP.IN_PORT ? "" : formatPort(act.port, names.ports);
  if (act.port !== OFPP.IN_PORT && act.table === TABLE_CURRENT) return `resubmit:${port}`;
  const table = act.table === TABLE_CURRENT ? "" : formatTable(act.table, names);
  return `resubmit(${port},${table}${act.withCtOrig ? ",ct" : ""})`;
}

function decodeTable(r: WireReader): Resubmit {
  const port = portFrom16(r.u16());
  const table = r.u8();
  if (r.view(3).some((b) => b !== 0)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return { type: "resubmit", port, table };
}

export const resubmit = action({
  type: "resubmit",
  name: "resubmit",
  parse,
  format,
  wires: [
    nicira(1, 16, (r) => {
      const port = portFrom16(r.u16());
      return { type: "resubmit", port, table: TABLE_CURRENT, noTable: true };
    }),
    nicira(14, 16, decodeTable),
    nicira(44, 16, (r) => ({ ...decodeTable(r), withCtOrig: true })),
  ],
  encode(w, act) {
    const isOld = act.noTable && act.table === TABLE_CURRENT;
    const start = startVendor(w, isOld ? 1 : act.withCtOrig ? 44 : 14);
    w.u16(portToOf10(act.port));
    if (!isOld) w.u8(act.table);
    endAction(w, start);
  },
  check(act, c) {
    if (!act.withCtOrig) return;
    if (!prereqsOk(CT_FIELD, c.match.flow, c.match.mask)) {
      throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
    }
  },
});

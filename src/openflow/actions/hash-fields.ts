// SPDX-License-Identifier: Apache-2.0
/** What `multipath` and `bundle` hash of a packet (`ovs-actions(7)`), by number on the wire. */
import { OfpError } from "../errors.js";
import { syntaxError } from "../text/numbers.js";

export const HASH_FIELDS = [
  "eth_src",
  "symmetric_l4",
  "symmetric_l3l4",
  "symmetric_l3l4+udp",
  "nw_src",
  "nw_dst",
  "symmetric_l3",
] as const;

/** The number of a name in any case. `arg` is the whole argument, for the message. */
export function parseHashFields(arg: string, name: string): number {
  const fields = (HASH_FIELDS as readonly string[]).indexOf(name.toLowerCase());
  if (fields < 0) throw syntaxError(`${arg}: unknown fields \`${name}'`);
  return fields;
}

/** Throws unless `fields` is one of HASH_FIELDS. */
export function checkHashFields(fields: number): number {
  if (fields >= HASH_FIELDS.length) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return fields;
}

/** C's atoi. */
export function leadingInteger(s: string): number {
  const digits = /^\s*[+-]?\d+/.exec(s)?.[0] ?? "0";
  return Number(BigInt.asIntN(32, BigInt(digits.trim().replace(/^\+/, ""))));
}

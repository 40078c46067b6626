// SPDX-License-Identifier: Apache-2.0
/**
 * The group property of selection methods (Netronome's extension of OpenFlow 1.5 groups):
 *
 *    type 0xffff 2 | length 2 | experimenter 4 | 1 4 | pad 4 | method 16 | param 8 | OXM fields
 */
import { OfpError } from "../errors.js";
import { isMaskValid } from "../fields.js";
import {
  GROUP_COMMAND,
  GROUP_TYPE,
  type HashField,
  NO_SELECTION,
  type Selection,
} from "../group.js";
import { readEntry, writeEntry } from "../nxm.js";
import { readProperties, unknownProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

const NTR = 0x0000154d;
const NTR_OLD = 0x00001540;
const SELECTION_METHOD = 1;
const METHOD_BYTES = 16;
/** After the experimenter's type. */
const FIXED_BYTES = 28;

function readFields(r: WireReader): HashField[] {
  const fields: HashField[] = [];
  while (r.left > 0) {
    const { field, value } = readEntry(r);
    if (!field) throw new OfpError("OFPBMC_BAD_FIELD");
    if (fields.some((other) => other.field === field)) throw new OfpError("OFPBMC_DUP_FIELD");
    if (!isMaskValid(field, value)) throw new OfpError("OFPBMC_BAD_MASK");
    fields.push({ field, mask: value });
  }
  return fields.sort((a, b) => a.field.id - b.field.id);
}

function checkPlace(groupType: number, command: number): void {
  if (groupType > GROUP_TYPE.FF) throw new OfpError("OFPGMFC_BAD_TYPE");
  if (groupType !== GROUP_TYPE.SELECT) throw new OfpError("OFPBPC_BAD_VALUE");
  if (!Object.values<number>(GROUP_COMMAND).includes(command)) {
    throw new OfpError("OFPGMFC_BAD_COMMAND");
  }
  const { DELETE, INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
  if (([DELETE, INSERT_BUCKET, REMOVE_BUCKET] as number[]).includes(command)) {
    throw new OfpError("OFPBPC_BAD_VALUE");
  }
}

function readMethod(body: WireReader): Selection {
  if (body.left < FIXED_BYTES) throw new OfpError("OFPBPC_BAD_LEN");
  body.skip(4);
  const name = body.view(METHOD_BYTES);
  const end = name.indexOf(0);
  if (end < 0) throw new OfpError("OFPBPC_BAD_VALUE");
  const method = Buffer.from(name.subarray(0, end)).toString("latin1");
  if (method !== "hash" && method !== "dp_hash") throw new OfpError("OFPBPC_BAD_VALUE");
  const param = body.u64();
  if (body.left > 0 && method !== "hash") throw new OfpError("OFPBPC_BAD_VALUE");
  return { method, param, fields: readFields(body) };
}

/** Reads the properties of a group that fill `r`. */
export function readSelection(r: WireReader, groupType: number, command: number): Selection {
  let selection = NO_SELECTION;
  for (const property of readProperties(r)) {
    const isKnown = property.experimenter === NTR || property.experimenter === NTR_OLD;
    if (!isKnown || property.experimenterType !== SELECTION_METHOD) throw unknownProperty(property);
    checkPlace(groupType, command);
    selection = readMethod(property.body);
  }
  return selection;
}

/** Writes the property, if there is anything to say. */
export function writeSelection(w: WireWriter, selection: Selection, version: number): void {
  if (selection.method === "") return;
  const start = w.length;
  w.u16(0xffff).u16(0).u32(NTR).u32(SELECTION_METHOD).zeros(4);
  w.text(selection.method, METHOD_BYTES).u64(selection.param);
  for (const { field, mask } of selection.fields) writeEntry(w, field, version, mask, null);
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

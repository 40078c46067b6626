// SPDX-License-Identifier: Apache-2.0
/** `set_field` and `load`: OpenFlow 1.2+ Set-Field, Nicira's reg_load and reg_load2, and the fixed
 * setters of 1.0 and 1.1 where they say the same. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import { bytesToBigint, bytesToNumber, isAllOnes } from "../field-access.js";
import { formatField, parseField } from "../field-text.js";
import { field, fieldByName, fieldValue, headerFor, isValueValid, prereqsOk } from "../fields.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import type { MfField } from "../mf-field.js";
import { readActionEntry, readShortHeader, writeEntry, writeFieldHeader } from "../nxm.js";
import type { OfpAct, Subfield } from "../ofp-actions.js";
import { protocolsForField } from "../protocols.js";
import {
  checkDestination,
  formatSubfield,
  parseSubfield,
  subfieldMask,
  wholeField,
} from "../subfield.js";
import { formatHex, scanBytes, syntaxError } from "../text/numbers.js";
import {
  action,
  type CheckContext,
  endAction,
  expectZeros,
  extensible,
  type Names,
  nicira,
  type ParseContext,
  standard,
  startStandard,
  startVendor,
  V,
} from "./codec.js";
import { putLegacySetter } from "./legacy-setters.js";
import { decodeRange, encodeRange } from "./range.js";

type SetField = Extract<OfpAct, { type: "set_field" }>;

const CFI = 0x1000;
const TCI0 = KEY_FIELDS.vlan_tci0.offset;
const VLAN_VID = field("vlan_vid");
const VLAN_TCI = field("vlan_tci");
const IN_PORT_OXM = field("in_port_oxm");

function maskOf(act: SetField): Uint8Array {
  return act.mask ?? new Uint8Array(act.field.bytes).fill(0xff);
}

/** Writes a Set-Field of the whole field. */
export function putSetField(
  w: WireWriter,
  name: string,
  value: Uint8Array | number | bigint,
  version: number,
): void {
  const f = field(name);
  const start = startStandard(w, 25);
  writeEntry(w, f, version, fieldValue(f, value), null);
  endAction(w, start);
}

/** Writes a reg_load of the whole field. */
export function putLoad(w: WireWriter, name: string, value: bigint): void {
  putLoadRange(w, wholeField(field(name)), value);
}

function putLoadRange(w: WireWriter, dst: Subfield, value: bigint): void {
  const start = startVendor(w, 7);
  w.u16(encodeRange(dst));
  writeFieldHeader(w, dst.field, 0);
  w.u64(value);
  endAction(w, start);
}

/** The runs of one bits in the mask, lowest first, at most 64 bits each, with their values. */
function loadSegments(act: SetField): { dst: Subfield; value: bigint }[] {
  const mask = bytesToBigint(maskOf(act));
  const value = bytesToBigint(act.value);
  const isSet = (bit: number): boolean => ((mask >> BigInt(bit)) & 1n) === 1n;
  const out: { dst: Subfield; value: bigint }[] = [];
  for (let start = 0; start < act.field.bits; ) {
    if (!isSet(start)) {
      start++;
      continue;
    }
    let end = start + 1;
    while (end < act.field.bits && end < start + 64 && isSet(end)) end++;
    const bits = end - start;
    out.push({
      dst: { field: act.field, start, bits },
      value: BigInt.asUintN(bits, value >> BigInt(start)),
    });
    start = end;
  }
  return out;
}

function putNicira(w: WireWriter, act: SetField): void {
  const header = headerFor(act.field, 0);
  if (!act.load2 && header && !header.experimenter) {
    for (const { dst, value } of loadSegments(act)) putLoadRange(w, dst, value);
    return;
  }
  const start = startVendor(w, 33);
  writeEntry(w, act.field, 0, act.value, maskOf(act));
  endAction(w, start);
}

function encode(w: WireWriter, act: SetField, version: number): void {
  const isWhole = !act.mask || isAllOnes(act.mask);
  if (version >= V.OF15 || (version >= V.OF12 && isWhole && !act.load && !act.load2)) {
    const start = startStandard(w, 25);
    writeEntry(w, act.field, version, act.value, maskOf(act));
    endAction(w, start);
  } else if (act.load || act.load2 || version >= V.OF12) {
    putNicira(w, act);
  } else if (!putLegacySetter(w, act, version)) {
    putNicira(w, act);
  }
}

function splitArrow(arg: string): { value: string; key: string } {
  const at = arg.indexOf("->");
  if (at < 0) throw syntaxError(`${arg}: missing \`->'`);
  if (at + 2 >= arg.length) throw syntaxError(`${arg}: missing field name following \`->'`);
  return { value: arg.slice(0, at), key: arg.slice(at + 2) };
}

function parse(arg: string, c: ParseContext): OfpAct {
  const { value: text, key } = splitArrow(arg);
  const f = fieldByName(key);
  if (!f) throw syntaxError(`${key} is not a valid OXM field name`);
  if (!f.writable) throw syntaxError(`${key} is read-only`);
  const { value, mask } = parseField(f, text, c.ports);
  if (!isValueValid(f, value)) throw syntaxError(`${text} is not a valid value for field ${key}`);
  c.usable &= protocolsForField(f, null);
  return { type: "set_field", field: f, value, mask: isAllOnes(mask) ? null : mask };
}

function parseLoad(arg: string): OfpAct {
  const { value: text, key } = splitArrow(arg);
  const dst = parseSubfield(key);
  // What follows the number is ignored, as in the stock tools.
  const scanned = scanBytes(`${text}->${key}`, dst.field.bytes);
  if ("error" in scanned) throw syntaxError(`${arg}: cannot parse integer value`);
  const value = bytesToBigint(scanned.value);
  if (value >> BigInt(dst.bits)) {
    const shown = formatField(dst.field, scanned.value);
    throw syntaxError(`${arg}: value ${shown} does not fit into ${dst.bits} bits`);
  }
  return loadOf(dst, value);
}

function loadOf(dst: Subfield, value: bigint): SetField {
  return {
    type: "set_field",
    field: dst.field,
    value: fieldValue(dst.field, value << BigInt(dst.start)),
    mask: subfieldMask(dst),
    load: true,
  };
}

function checkWritable(f: MfField): void {
  if (!f.writable) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT", `${f.name} is read-only`);
}

function isPresent(vid: Uint8Array | null): boolean {
  return vid === null || (bytesToNumber(vid) & CFI) !== 0;
}

function decodeSetField(r: WireReader, mayMask: boolean): OfpAct {
  const { field: f, value, mask } = readActionEntry(r);
  if (mask && !mayMask) throw new OfpError("OFPBAC_BAD_SET_MASK");
  expectZeros(r, "OFPBAC_BAD_SET_ARGUMENT");
  // OpenFlow 1.3.5 §7.2.5: the ingress port cannot be set.
  if (f === IN_PORT_OXM) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  checkWritable(f);
  const lacksTag = f === VLAN_VID && !(isPresent(value) && isPresent(mask));
  if (!isValueValid(f, value) || lacksTag) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  return { type: "set_field", field: f, value, mask };
}

function decodeLoad(r: WireReader): OfpAct {
  const range = decodeRange(r.u16());
  const dst = { field: readShortHeader(r), ...range };
  checkDestination(dst, null);
  const value = r.u64();
  if (dst.bits < 64 && value >> BigInt(dst.bits)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return loadOf(dst, value);
}

function decodeLoad2(r: WireReader): OfpAct {
  const { field: f, value, mask } = readActionEntry(r);
  expectZeros(r, "OFPBAC_BAD_SET_ARGUMENT");
  checkWritable(f);
  return { type: "set_field", field: f, value, mask, load2: true };
}

function format(act: SetField, names: Names): string {
  if (!act.load) {
    const value = formatField(act.field, act.value, act.mask, names.ports);
    return `set_field:${value}->${act.field.name}`;
  }
  return loadSegments(act)
    .map(({ dst, value }) => `load:${formatHex(value)}->${formatSubfield(dst)}`)
    .join(",");
}

function check(act: SetField, c: CheckContext): void {
  const { flow } = c.match;
  const tci = flow.view.getUint16(TCI0);
  const lacksTag = act.field === VLAN_VID && !(tci & CFI);
  if (!prereqsOk(act.field, flow) || lacksTag) {
    throw new OfpError("OFPBAC_MATCH_INCONSISTENT", `set_field ${act.field.name}`);
  }
  if (act.field === VLAN_TCI) flow.view.setUint16(TCI0, bytesToNumber(act.value));
}

export const setField = action({
  type: "set_field",
  name: "set_field",
  parse,
  aliases: { load: parseLoad },
  format,
  wires: [
    extensible(standard(25, [V.OF12, V.OF14], 8, (r) => decodeSetField(r, false))),
    extensible(standard(25, [V.OF15, V.OF15], 8, (r) => decodeSetField(r, true))),
    nicira(7, 24, decodeLoad, [V.OF10, V.OF14]),
    extensible(nicira(33, 16, decodeLoad2, [V.OF10, V.OF14])),
  ],
  encode,
  check,
});

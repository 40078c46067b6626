// SPDX-License-Identifier: Apache-2.0
/** Lists of properties, as OpenFlow 1.4 and later have them at the end of many messages: type 2,
 * length 2 without padding, [experimenter 4, its type 4], payload, padding to 8. */
import { OfpError } from "../errors.js";
import type { WireReader, WireWriter } from "./wire.js";

const TYPE_EXPERIMENTER = 0xffff;

export interface Property {
  /** 0xffff: an experimenter's. */
  type: number;
  experimenter: number;
  experimenterType: number;
  /** The payload, without padding. */
  body: WireReader;
}

/** Reads the properties that fill `r`. */
export function* readProperties(r: WireReader): Generator<Property> {
  while (r.left > 0) {
    const room = r.left;
    if (room < 4) throw new OfpError("OFPBPC_BAD_LEN");
    const type = r.u16();
    const length = r.u16();
    const padded = (length + 7) & ~7;
    if (length < 4 || padded > room) throw new OfpError("OFPBPC_BAD_LEN");
    let [experimenter, experimenterType] = [0, 0];
    if (type === TYPE_EXPERIMENTER) {
      if (length < 12) throw new OfpError("OFPBPC_BAD_LEN");
      experimenter = r.u32();
      experimenterType = r.u32();
      if (experimenter === 0) throw new OfpError("OFPBPC_BAD_EXPERIMENTER");
    }
    const body = r.sub(length - (type === TYPE_EXPERIMENTER ? 12 : 4));
    r.skip(padded - length);
    yield { type, experimenter, experimenterType, body };
  }
}

/** The error of a property that is not known. */
export function unknownProperty(property: Property): OfpError {
  return new OfpError(
    property.type === TYPE_EXPERIMENTER ? "OFPBPC_BAD_EXP_TYPE" : "OFPBPC_BAD_TYPE",
  );
}

/** Appends a property: what `body` writes after type and length, and padding to 8 bytes. */
export function writeProperty(w: WireWriter, type: number, body: () => void): void {
  const start = w.length;
  w.u16(type).zeros(2);
  body();
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

/** Appends an experimenter's property. */
export function writeExperimenterProperty(
  w: WireWriter,
  experimenter: number,
  experimenterType: number,
  body: () => void,
): void {
  writeProperty(w, TYPE_EXPERIMENTER, () => {
    w.u32(experimenter).u32(experimenterType);
    body();
  });
}

/** The value of a property that is one number of 32 bits and nothing else. */
export function propertyU32({ body }: Property): number {
  if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
  return body.u32();
}

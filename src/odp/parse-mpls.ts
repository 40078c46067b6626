// SPDX-License-Identifier: Apache-2.0
/** `mpls(label=1,tc=0,ttl=64,bos=0,label=2,…)` of a datapath flow: entries of the label stack. */
import { KEY_FIELDS as K } from "../../pmd/shm/flow-key.js";

const ENTRIES = [K.mpls_lse0, K.mpls_lse1, K.mpls_lse2];
/** Shift and largest value of each part of an entry (RFC 3032 §2.1). */
const PARTS: Readonly<Record<string, readonly [shift: number, most: number]>> = {
  label: [12, 0xfffff],
  tc: [9, 7],
  bos: [8, 1],
  ttl: [0, 0xff],
};

/** Whether `args` could be read. A part without a mask is matched whole. */
export function parseMpls(args: string, keyView: DataView, maskView: DataView): boolean {
  let entry = -1;
  for (const item of args.split(",")) {
    const match = /^\s*(\w+)=(\d+|0x[0-9a-f]+)(?:\/(\d+|0x[0-9a-f]+))?\s*$/i.exec(item);
    const part = match && PARTS[match[1]!];
    if (!part) return false;
    const [shift, most] = part;
    const value = Number(match[2]);
    const bits = match[3] === undefined ? most : Number(match[3]);
    if (match[1] === "label") entry++;
    const place = ENTRIES[entry];
    if (!place || value > most || bits > most) return false;
    const add = (view: DataView, n: number): void =>
      view.setUint32(place.offset, (view.getUint32(place.offset) | (n << shift)) >>> 0);
    add(keyView, value);
    add(maskView, bits);
  }
  return entry >= 0;
}

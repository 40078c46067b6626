// SPDX-License-Identifier: Apache-2.0
/** OFPT_HELLO (OpenFlow 1.3.5 §7.5.1): which versions the sender speaks. */
import { type Codec, everAndEver } from "./codec.js";
import type { WireReader } from "./wire.js";

export interface Hello {
  type: "hello";
  /** Wire numbers of the versions that the sender accepts, ascending. */
  versions: number[];
}

const ELEMENT_VERSION_BITMAP = 1;

function bitmapVersions(r: WireReader): number[] {
  const versions: number[] = [];
  for (let base = 0; r.left >= 4; base += 32) {
    const word = r.u32();
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) versions.push(base + bit);
  }
  return versions;
}

/** Versions 1 … `highest`: what a hello without a bitmap means. */
function upTo(highest: number): number[] {
  return Array.from({ length: highest }, (_, i) => i + 1);
}

export const helloCodec: Codec<Hello> = {
  type: "hello",
  wires: everAndEver("OFPT_HELLO", 0),

  decode(r, context) {
    let versions = upTo(context.version);
    // Unknown or broken elements are skipped, as §7.5.1 asks: a hello must never fail to decode.
    while (r.left >= 4) {
      const type = r.u16();
      const length = r.u16();
      if (length < 4 || length - 4 > r.left) break;
      const body = r.sub(length - 4);
      r.skip(Math.min(r.left, (8 - (length % 8)) % 8));
      if (type === ELEMENT_VERSION_BITMAP && body.left >= 4) versions = bitmapVersions(body);
    }
    r.skip(r.left);
    return { type: "hello", versions };
  },

  encode(w, message, version) {
    if (message.versions.length === version) return;
    let bitmap = 0;
    for (const v of message.versions) bitmap |= 1 << v;
    w.u16(ELEMENT_VERSION_BITMAP)
      .u16(8)
      .u32(bitmap >>> 0);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** Bundles: the ONF extension of OpenFlow 1.3 (EXT-230), which 1.4 made part of the protocol. */
import { type Codec, LATEST, onf, V14, type WireId } from "./codec.js";

export const BUNDLE_CONTROL = {
  OPEN_REQUEST: 0,
  OPEN_REPLY: 1,
  CLOSE_REQUEST: 2,
  CLOSE_REPLY: 3,
  COMMIT_REQUEST: 4,
  COMMIT_REPLY: 5,
  DISCARD_REQUEST: 6,
  DISCARD_REPLY: 7,
} as const;

export const BUNDLE_FLAG = { ATOMIC: 1, ORDERED: 2 } as const;

export interface BundleControl {
  type: "bundle_control";
  bundleId: number;
  /** BUNDLE_CONTROL. */
  control: number;
  /** BUNDLE_FLAG bits. */
  flags: number;
}

export interface BundleAdd {
  type: "bundle_add";
  bundleId: number;
  flags: number;
  /** A whole message with its header. */
  message: Uint8Array;
}

function wires(name: string, subtype: number, type: number): WireId[] {
  return [onf(`ONFT_${name}`, subtype), { name: `OFPT_${name}`, versions: [V14, LATEST], type }];
}

export const bundleControlCodec: Codec<BundleControl> = {
  type: "bundle_control",
  wires: wires("BUNDLE_CONTROL", 2300, 33),
  decode(r) {
    const bundleId = r.u32();
    const control = r.u16();
    const flags = r.u16();
    r.skip(r.left);
    return { type: "bundle_control", bundleId, control, flags };
  },
  encode(w, m) {
    w.u32(m.bundleId).u16(m.control).u16(m.flags);
  },
};

export const bundleAddCodec: Codec<BundleAdd> = {
  type: "bundle_add",
  wires: wires("BUNDLE_ADD_MESSAGE", 2301, 34),
  decode(r) {
    const bundleId = r.u32();
    r.skip(2);
    return { type: "bundle_add", bundleId, flags: r.u16(), message: r.rest() };
  },
  encode(w, m) {
    w.u32(m.bundleId).zeros(2).u16(m.flags).append(m.message);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_ERROR (OpenFlow 1.0 §5.4.4, 1.3.5 §7.5.4), with Nicira's and the ONF's codes. */
import { type ErrorWire, errorFromWire, errorToWire, type OfpErrorName } from "../errors.js";
import { type Codec, everAndEver, V12 } from "./codec.js";

/** `OFPET_EXPERIMENTER` of OpenFlow 1.2+: experimenter id and type in 16 and 32 bits. */
const EXPERIMENTER = 0xffff;
/** Nicira's own error type before: vendor, type, code. */
const NX_VENDOR_ERROR = 0xb0c2;

export interface ErrorMessage {
  type: "error";
  /** Null when the numbers are unknown. */
  code: OfpErrorName | null;
  /** The numbers as received; not used for sending. */
  wire?: ErrorWire;
  /** The start of the request; text for OFPHFC_*. */
  data: Uint8Array;
}

export const errorCodec: Codec<ErrorMessage> = {
  type: "error",
  wires: everAndEver("OFPT_ERROR", 1),

  decode(r, { version }) {
    let wire: ErrorWire = { vendor: 0, type: r.u16(), code: r.u16() };
    if (version >= V12 && wire.type === EXPERIMENTER) {
      wire = { vendor: r.u32(), type: wire.code, code: 0 };
    } else if (version < V12 && wire.type === NX_VENDOR_ERROR) {
      wire = { vendor: r.u32(), type: r.u16(), code: r.u16() };
    }
    const code = errorFromWire(version, wire.vendor, wire.type, wire.code);
    return { type: "error", code, wire, data: r.rest() };
  },

  encode(w, m, version) {
    const { vendor, type, code } = errorToWire(m.code ?? "NXBRC_UNENCODABLE_ERROR", version);
    if (vendor === 0) w.u16(type).u16(code);
    else if (version >= V12) w.u16(EXPERIMENTER).u16(type).u32(vendor);
    else w.u16(NX_VENDOR_ERROR).u16(0).u32(vendor).u16(type).u16(code);
    w.append(m.data);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_REQUESTFORWARD (OpenFlow 1.4.1 §7.4.6): a group-mod or meter-mod of another controller. */
import { OfpError } from "../errors.js";
import { type Codec, LATEST, nicira, onf, V10, V12, V14 } from "./codec.js";

/** `ofp_requestforward_reason`. */
export const FORWARD_REASON = { GROUP_MOD: 0, METER_MOD: 1 } as const;

export interface RequestForward {
  type: "request_forward";
  /** The whole request, in the version of the connection that gets it. */
  request: Uint8Array;
}

export const requestForwardCodec: Codec<RequestForward> = {
  type: "request_forward",
  wires: [
    { name: "OFPT_REQUESTFORWARD", versions: [V14, LATEST], type: 32 },
    onf("ONFT_REQUESTFORWARD", 2350),
    nicira("NXT_REQUESTFORWARD", 132, false, [V10, V12]),
  ],
  decode(r) {
    const request = r.rest();
    if (request.length < 8) throw new OfpError("OFPBFC_MSG_BAD_LEN");
    return { type: "request_forward", request };
  },
  encode(w, m) {
    w.append(m.request);
  },
};

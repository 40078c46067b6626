// SPDX-License-Identifier: Apache-2.0
/** OFPST_DESC (OpenFlow 1.0 §5.3.5): who made the switch. */
import { type Codec, emptyCodec, statsWires } from "./codec.js";

const DESC_BYTES = 256;
const SERIAL_BYTES = 32;

export interface DescRequest {
  type: "desc_request";
}

export interface DescReply {
  type: "desc_reply";
  mfrDesc: string;
  hwDesc: string;
  swDesc: string;
  serialDesc: string;
  dpDesc: string;
}

export const descRequestCodec: Codec<DescRequest> = emptyCodec(
  "desc_request",
  statsWires("OFPST_DESC", "request", 0),
);

export const descReplyCodec: Codec<DescReply> = {
  type: "desc_reply",
  wires: statsWires("OFPST_DESC", "reply", 0),
  decode: (r) => ({
    type: "desc_reply",
    mfrDesc: r.text(DESC_BYTES),
    hwDesc: r.text(DESC_BYTES),
    swDesc: r.text(DESC_BYTES),
    serialDesc: r.text(SERIAL_BYTES),
    dpDesc: r.text(DESC_BYTES),
  }),
  encode(w, m) {
    w.text(m.mfrDesc, DESC_BYTES).text(m.hwDesc, DESC_BYTES).text(m.swDesc, DESC_BYTES);
    w.text(m.serialDesc, SERIAL_BYTES).text(m.dpDesc, DESC_BYTES);
  },
};

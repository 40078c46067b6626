// SPDX-License-Identifier: Apache-2.0
/** OFPT_ECHO_REQUEST and OFPT_ECHO_REPLY (OpenFlow 1.0 §5.5.2). */
import { type Codec, everAndEver } from "./codec.js";

export interface EchoRequest {
  type: "echo_request";
  data: Uint8Array;
}

export interface EchoReply {
  type: "echo_reply";
  data: Uint8Array;
}

export const echoRequestCodec: Codec<EchoRequest> = {
  type: "echo_request",
  wires: everAndEver("OFPT_ECHO_REQUEST", 2),
  decode: (r) => ({ type: "echo_request", data: r.rest() }),
  encode(w, message) {
    w.append(message.data);
  },
};

export const echoReplyCodec: Codec<EchoReply> = {
  type: "echo_reply",
  wires: everAndEver("OFPT_ECHO_REPLY", 3),
  decode: (r) => ({ type: "echo_reply", data: r.rest() }),
  encode(w, message) {
    w.append(message.data);
  },
};

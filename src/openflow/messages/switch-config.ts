// SPDX-License-Identifier: Apache-2.0
/** OFPT_GET_CONFIG_REQUEST/REPLY and OFPT_SET_CONFIG (OpenFlow 1.0 §5.3.2). */
import { type Codec, emptyCodec, everywhere } from "./codec.js";

export interface GetConfigRequest {
  type: "get_config_request";
}

interface Config {
  /** OFPC_*: fragment handling in bits 0-1, INVALID_TTL_TO_CONTROLLER (1.1, 1.2) in bit 2. */
  flags: number;
  missSendLen: number;
}

export interface GetConfigReply extends Config {
  type: "get_config_reply";
}

export interface SetConfig extends Config {
  type: "set_config";
}

function configCodec<T extends "get_config_reply" | "set_config">(
  type: T,
  name: string,
  ofpt: number,
): Codec<Config & { type: T }> {
  return {
    type,
    wires: everywhere(name, ofpt),
    decode: (r) => ({ type, flags: r.u16(), missSendLen: r.u16() }),
    encode(w, m) {
      w.u16(m.flags).u16(m.missSendLen);
    },
  };
}

export const getConfigRequestCodec: Codec<GetConfigRequest> = emptyCodec(
  "get_config_request",
  everywhere("OFPT_GET_CONFIG_REQUEST", 7),
);
export const getConfigReplyCodec: Codec<GetConfigReply> = configCodec(
  "get_config_reply",
  "OFPT_GET_CONFIG_REPLY",
  8,
);
export const setConfigCodec: Codec<SetConfig> = configCodec("set_config", "OFPT_SET_CONFIG", 9);

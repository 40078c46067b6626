// SPDX-License-Identifier: Apache-2.0
/**
 * Which asynchronous messages a connection gets (OpenFlow 1.3.5 §7.3.10; Nicira's
 * NXT_SET_ASYNC_CONFIG before).
 */
import { type Codec, emptyCodec, LATEST, nicira, V13, type WireId } from "./codec.js";

/** Bit N: messages of reason N. The first of each pair is for a master or equal, the second for a
 * slave. */
export interface AsyncMasks {
  packetIn: [number, number];
  portStatus: [number, number];
  flowRemoved: [number, number];
}

export interface GetAsyncRequest {
  type: "get_async_request";
}

export interface GetAsyncReply extends AsyncMasks {
  type: "get_async_reply";
}

export interface SetAsync extends AsyncMasks {
  type: "set_async";
}

export const getAsyncRequestCodec: Codec<GetAsyncRequest> = emptyCodec("get_async_request", [
  { name: "OFPT_GET_ASYNC_REQUEST", versions: [V13, LATEST], type: 26 },
]);

function masksCodec<T extends "get_async_reply" | "set_async">(
  type: T,
  wires: readonly WireId[],
): Codec<AsyncMasks & { type: T }> {
  return {
    type,
    wires,
    decode: (r) => ({
      type,
      packetIn: [r.u32(), r.u32()],
      portStatus: [r.u32(), r.u32()],
      flowRemoved: [r.u32(), r.u32()],
    }),
    encode(w, m) {
      for (const mask of [...m.packetIn, ...m.portStatus, ...m.flowRemoved]) w.u32(mask);
    },
  };
}

export const getAsyncReplyCodec: Codec<GetAsyncReply> = masksCodec("get_async_reply", [
  { name: "OFPT_GET_ASYNC_REPLY", versions: [V13, LATEST], type: 27 },
]);

export const setAsyncCodec: Codec<SetAsync> = masksCodec("set_async", [
  { name: "OFPT_SET_ASYNC", versions: [V13, LATEST], type: 28 },
  nicira("NXT_SET_ASYNC_CONFIG", 19, true),
]);

// SPDX-License-Identifier: Apache-2.0
/** OFPT_BARRIER_REQUEST/REPLY (OpenFlow 1.0 §5.3.7). */
import { type Codec, emptyCodec, LATEST, V10, V11 } from "./codec.js";

export interface BarrierRequest {
  type: "barrier_request";
}

export interface BarrierReply {
  type: "barrier_reply";
}

export const barrierRequestCodec: Codec<BarrierRequest> = emptyCodec("barrier_request", [
  { name: "OFPT_BARRIER_REQUEST", versions: [V10, V10], type: 18 },
  { name: "OFPT_BARRIER_REQUEST", versions: [V11, LATEST], type: 20 },
]);

export const barrierReplyCodec: Codec<BarrierReply> = emptyCodec("barrier_reply", [
  { name: "OFPT_BARRIER_REPLY", versions: [V10, V10], type: 19 },
  { name: "OFPT_BARRIER_REPLY", versions: [V11, LATEST], type: 21 },
]);

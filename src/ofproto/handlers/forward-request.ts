// SPDX-License-Identifier: Apache-2.0
import { OfpError } from "../../openflow/errors.js";
import { V13 } from "../../openflow/messages/codec.js";
import { encodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { FORWARD_REASON } from "../../openflow/messages/request-forward.js";
import type { Request } from "./handler.js";

/** Tells the other controllers that want to know of a group-mod or meter-mod (OpenFlow 1.4.1
 * §6.3.7), each in its own version; those whose version cannot say it are left out. */
export function forwardRequest(
  { ofproto, connection: source, xid }: Request,
  message: OfMessage,
  reason: number,
): void {
  ofproto.connections.broadcast("requestForward", reason, (connection) => {
    if (connection === source) return undefined;
    if (reason === FORWARD_REASON.METER_MOD && connection.version < V13) return undefined;
    try {
      const [request] = encodeMessage(message, connection.version, xid);
      return request && { type: "request_forward", request };
    } catch (error) {
      if (error instanceof OfpError) return undefined;
      throw error;
    }
  });
}

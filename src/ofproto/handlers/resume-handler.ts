// SPDX-License-Identifier: Apache-2.0
/** NXT_RESUME: a packet that `controller(pause)` stopped goes on. */
import { extractKey } from "../../odp/extract-key.js";
import { OfpError } from "../../openflow/errors.js";
import { FLOW_FIELDS, Flow } from "../../openflow/flow.js";
import { decodeContinuation } from "../../openflow/messages/continuation.js";
import type { Handler } from "./handler.js";
import { overlay } from "./packet-out-handler.js";

export const resume: Handler<"nx_resume"> = ({ ofproto, connection }, message) => {
  const { data: packet, metadata, tableId, cookie } = message;
  const bytes = message.continuation ?? new Uint8Array(0);
  const continuation = decodeContinuation(bytes, connection.version);
  // Another switch's, or this one's before it was started again.
  if (!ofproto.uuid.every((byte, i) => byte === continuation.bridge[i])) {
    throw new OfpError("NXR_STALE");
  }
  const flow = new Flow();
  extractKey(packet, flow.bytes, ofproto.vlanLimit);
  overlay(flow, metadata);
  const inPort = flow.view.getUint32(FLOW_FIELDS.in_port.offset);
  const { stack, conntracked, actions, actionSet } = continuation;
  ofproto.hooks.onResume?.({
    ...{ packet, inPort, flow },
    state: {
      bridge: ofproto.name,
      tableId,
      ruleCookie: cookie,
      metadata: flow.clone(),
      stack,
      conntracked,
      actions,
      actionSet,
    },
  });
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_PACKET_OUT. */
import { extractKey } from "../../odp/extract-key.js";
import { requireConsistent } from "../../openflow/actions-check.js";
import { OfpError } from "../../openflow/errors.js";
import { FLOW_FIELDS, Flow } from "../../openflow/flow.js";
import { NO_BUFFER } from "../../openflow/messages/port-number.js";
import type { Handler } from "./handler.js";

/** A packet is a match on all its fields. */
const EVERYTHING = new Flow();
EVERYTHING.bytes.fill(0xff);

export const packetOut: Handler<"packet_out"> = ({ ofproto, connection }, message) => {
  // There are no buffers to send from.
  if (message.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
  const flow = new Flow();
  extractKey(message.data, flow.bytes, ofproto.vlanLimit);
  flow.view.setUint32(FLOW_FIELDS.in_port.offset, message.inPort);
  const { data: packet, inPort, actions } = message;
  requireConsistent(actions, { flow, mask: EVERYTHING }, connection.version);
  ofproto.hooks.onPacketOut?.({ packet, inPort, flow, actions });
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_PACKET_OUT. */
import { extractKey } from "../../odp/extract-key.js";
import { requireConsistent } from "../../openflow/actions-check.js";
import { OfpError } from "../../openflow/errors.js";
import { FLOW_FIELDS, Flow } from "../../openflow/flow.js";
import type { Match } from "../../openflow/match.js";
import { NO_BUFFER } from "../../openflow/messages/port-number.js";
import { checkReferences } from "../ofproto-references.js";
import type { Handler, MessageOf, Request } from "./handler.js";

/** A packet is a match on all its fields. */
const EVERYTHING = new Flow();
EVERYTHING.bytes.fill(0xff);

/** Gives a flow the values that a match says. */
export function overlay(flow: Flow, { flow: values, mask }: Match): void {
  for (let i = 0; i < flow.words.length; i++) {
    const bits = mask.words[i] as number;
    if (bits) flow.words[i] = ((flow.words[i] as number) & ~bits) | (values.words[i] as number);
  }
}

/** Checks a packet-out; what is returned sends it. Throws OfpError. */
export function preparePacketOut(
  { ofproto, connection }: Request,
  message: MessageOf<"packet_out">,
): () => void {
  // There are no buffers to send from.
  if (message.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
  const flow = new Flow();
  extractKey(message.data, flow.bytes, ofproto.vlanLimit);
  if (message.metadata) overlay(flow, message.metadata);
  flow.view.setUint32(FLOW_FIELDS.in_port.offset, message.inPort);
  const { data: packet, inPort, actions } = message;
  requireConsistent(actions, { flow, mask: EVERYTHING }, connection.version);
  checkReferences(ofproto, actions);
  return () => ofproto.hooks.onPacketOut?.({ packet, inPort, flow, actions });
}

export const packetOut: Handler<"packet_out"> = (request, message) =>
  preparePacketOut(request, message)();

// SPDX-License-Identifier: Apache-2.0
/** Messages about the switch as a whole. */

import { V11, V13, V14 } from "../../openflow/messages/codec.js";
import { CAPABILITY } from "../../openflow/messages/features.js";
import { VISIBLE_TABLES } from "../ofproto-table.js";
import { FRAG_HANDLING } from "../xbridge.js";
import type { Handler } from "./handler.js";

/** Every action of OpenFlow 1.0: OFPAT_OUTPUT … OFPAT_ENQUEUE. */
const ACTIONS_10 = 0xfff;
const { FLOW_STATS, TABLE_STATS, PORT_STATS, QUEUE_STATS } = CAPABILITY;
const CAPABILITIES = FLOW_STATS | TABLE_STATS | PORT_STATS | QUEUE_STATS;
const FRAG_BITS = 3;
/** OFPC_INVALID_TTL_TO_CONTROLLER, OpenFlow 1.1 and 1.2 (and accepted in 1.0). */
const INVALID_TTL = 4;

function capabilities(version: number): number {
  let bits = CAPABILITIES;
  if (version <= V11) bits |= CAPABILITY.ARP_MATCH_IP;
  if (version >= V11) bits |= CAPABILITY.GROUP_STATS;
  if (version >= V14) bits |= CAPABILITY.BUNDLES;
  return bits;
}

export const features: Handler<"features_request"> = (request) => {
  const { ofproto, connection } = request;
  request.reply({
    type: "features_reply",
    datapathId: ofproto.datapathId,
    nBuffers: 0,
    nTables: VISIBLE_TABLES,
    auxiliaryId: 0,
    capabilities: capabilities(connection.version),
    actions: ACTIONS_10,
    ports: [...ofproto.ports.values()],
  });
};

export const getConfig: Handler<"get_config_request"> = (request) => {
  const { ofproto, connection } = request;
  const ttl = connection.invalidTtlToController && connection.version < V13 ? INVALID_TTL : 0;
  request.reply({
    type: "get_config_reply",
    flags: ofproto.fragHandling | ttl,
    missSendLen: connection.missSendLen,
  });
};

export const setConfig: Handler<"set_config"> = ({ ofproto, connection }, message) => {
  const frag = message.flags & FRAG_BITS;
  if (frag !== ofproto.fragHandling && frag !== FRAG_HANDLING.REASM) {
    ofproto.fragHandling = frag;
    ofproto.hooks.onConfigChanged?.();
  }
  connection.setInvalidTtlToController((message.flags & INVALID_TTL) !== 0);
  connection.missSendLen = message.missSendLen;
};

export const description: Handler<"desc_request"> = (request) => {
  request.reply({ type: "desc_reply", ...request.ofproto.description });
};

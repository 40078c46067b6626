// SPDX-License-Identifier: Apache-2.0
/** Messages about the connection itself. */
import { RateLimit, vlog } from "../../lib/log.js";
import { OfpError } from "../../openflow/errors.js";
import { FLOW_FORMAT, PACKET_IN_FORMAT } from "../../openflow/messages/nicira-settings.js";
import { masksFromWire } from "../connmgr/async-filter.js";
import type { Handler } from "./handler.js";

const log = vlog("connmgr");
const limit = new RateLimit(60, 5);

export const echoRequest: Handler<"echo_request"> = (request, message) => {
  request.reply({ type: "echo_reply", data: message.data });
};

export const echoReply: Handler<"echo_reply"> = () => {};

/** The peer did not like something: there is nothing to do but say so. */
export const error: Handler<"error"> = ({ ofproto, connection }, message) => {
  const code = message.code ?? `type ${message.wire?.type}, code ${message.wire?.code}`;
  log.info(`${ofproto.name}<->${connection.name}: peer reported error ${code}`, limit);
};

/** Everything before has been carried out: handlers do not leave work behind. */
export const barrier: Handler<"barrier_request"> = (request) => {
  request.reply({ type: "barrier_reply" });
};

export const role: Handler<"role_request"> = (request, message) => {
  const { connection, ofproto } = request;
  ofproto.connections.setRole(connection, message.role, message.generationId);
  const nx = message.nx === true;
  const generationId = ofproto.connections.generationId;
  request.reply({
    type: "role_reply",
    role: connection.role,
    ...(nx ? { nx } : {}),
    ...(generationId === undefined ? {} : { generationId }),
  });
};

export const getAsync: Handler<"get_async_request"> = (request) => {
  request.reply({ type: "get_async_reply", masks: request.connection.masks });
};

export const setAsync: Handler<"set_async"> = ({ connection }, message) => {
  connection.masks = masksFromWire(message.masks, connection.masks, connection.version);
  // A service connection that says what it wants, wants something.
  if (connection.settings.kind === "service" && connection.missSendLen === 0) {
    connection.missSendLen = 128;
  }
};

export const flowModTableId: Handler<"flow_mod_table_id"> = ({ connection }, message) => {
  connection.flowModTableId = message.enable;
};

export const setFlowFormat: Handler<"set_flow_format"> = ({ connection }, message) => {
  if (message.format !== FLOW_FORMAT.OPENFLOW10 && message.format !== FLOW_FORMAT.NXM) {
    throw new OfpError("OFPBRC_EPERM");
  }
  connection.flowFormat = message.format;
};

export const setPacketInFormat: Handler<"set_packet_in_format"> = ({ connection }, message) => {
  if (!Object.values<number>(PACKET_IN_FORMAT).includes(message.format)) {
    throw new OfpError("OFPBRC_EPERM");
  }
  connection.packetInFormat = message.format;
};

export const setControllerId: Handler<"set_controller_id"> = ({ connection }, message) => {
  connection.controllerId = message.controllerId;
};

/** Flow ages are always there. */
export const flowAge: Handler<"flow_age"> = () => {};

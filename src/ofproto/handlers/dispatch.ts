// SPDX-License-Identifier: Apache-2.0
/** From a message's bytes to its handler; from what that throws to an error reply. */
import { RateLimit, vlog } from "../../lib/log.js";
import { OfpError } from "../../openflow/errors.js";
import { readHeader } from "../../openflow/messages/frame.js";
import { decodeMessage, messageName, type OfMessage } from "../../openflow/messages/messages.js";
import { ROLE } from "../../openflow/messages/role.js";
import type { OfConnection } from "../connmgr/connection.js";
import type { Ofproto } from "../ofproto.js";
import type { Handler, Handlers, Request } from "./handler.js";
import { HANDLERS } from "./handlers.js";

const log = vlog("connmgr");
const limit = new RateLimit(60, 5);

/** Messages that change the switch: not for slaves (OpenFlow 1.3.5 §6.3.4). */
const REFUSED_TO_SLAVES: ReadonlySet<OfMessage["type"]> = new Set([
  "flow_mod",
  "group_mod",
  "port_mod",
  "table_mod",
  "meter_mod",
  "packet_out",
  "tlv_table_mod",
  "bundle_control",
  "bundle_add",
] as const);

/** Handles one message: calls its handler, or answers with an error. */
export function dispatch(ofproto: Ofproto, connection: OfConnection, bytes: Uint8Array): void {
  try {
    const { message, xid } = decodeMessage(bytes, {
      flowModTableId: connection.flowModTableId,
    });
    const reply = (answer: OfMessage): void => connection.send(answer, xid);
    const whole = connection.multipart.push(message, xid);
    if (whole) handle({ ofproto, connection, xid, bytes, reply }, whole, HANDLERS);
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    if (isError(bytes)) return;
    const what = messageName(bytes) ?? `type ${readHeader(bytes).type} message`;
    log.info(
      `${ofproto.name}<->${connection.name}: sending ${error.code} error reply to ${what}`,
      limit,
    );
    connection.sendError(error, bytes);
  }
}

/** Errors are never answered with errors. */
function isError(bytes: Uint8Array): boolean {
  return readHeader(bytes).type === 1;
}

function handle(request: Request, message: OfMessage, handlers: Handlers): void {
  if (request.connection.role === ROLE.SLAVE && REFUSED_TO_SLAVES.has(message.type)) {
    throw new OfpError("OFPBRC_IS_SECONDARY");
  }
  const handler = handlers[message.type] as Handler<typeof message.type> | undefined;
  if (!handler) throw new OfpError("OFPBRC_BAD_TYPE");
  (handler as (request: Request, message: OfMessage) => void)(request, message);
}

// SPDX-License-Identifier: Apache-2.0
/** What a handler gets and may do. */
import type { OfMessage, OfMessageType } from "../../openflow/messages/messages.js";
import type { OfConnection } from "../connmgr/connection.js";
import type { Ofproto } from "../ofproto.js";

export interface Request {
  readonly ofproto: Ofproto;
  readonly connection: OfConnection;
  readonly xid: number;
  /** The whole message, for errors. */
  readonly bytes: Uint8Array;
  /** Answers with the request's xid. */
  reply(message: OfMessage): void;
}

export type MessageOf<T extends OfMessageType> = Extract<OfMessage, { type: T }>;

/** Serves one type of message. Throws OfpError to answer with an error. */
export type Handler<T extends OfMessageType> = (request: Request, message: MessageOf<T>) => void;

/** Handlers by message type. Types without one are answered with OFPBRC_BAD_TYPE. */
export type Handlers = { readonly [T in OfMessageType]?: Handler<T> };

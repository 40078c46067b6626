// SPDX-License-Identifier: Apache-2.0
/** Bundles (OpenFlow 1.4.1 §6.8 and §7.3.9, as the ONF extension of 1.3). */
import { OfpError } from "../../openflow/errors.js";
import { BUNDLE_CONTROL } from "../../openflow/messages/bundle.js";
import { HEADER_BYTES, readHeader } from "../../openflow/messages/frame.js";
import { decodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import type { Bundle } from "../connmgr/bundle.js";
import type { OfConnection } from "../connmgr/connection.js";
import type { Handler, Request } from "./handler.js";
import { preparePacketOut } from "./packet-out-handler.js";
import { portMod } from "./port-handlers.js";

/** A connection may fill this many bundles at once, each with this many messages. */
const BUNDLES_MAX = 16;
const ENTRIES_MAX = 1_000_000;

/** What may be in a bundle. */
const BUNDLED: ReadonlySet<OfMessage["type"]> = new Set([
  "flow_mod",
  "group_mod",
  "port_mod",
  "packet_out",
] as const);

function open(connection: OfConnection, bundleId: number, flags: number): Bundle {
  if (connection.bundles.has(bundleId)) throw new OfpError("OFPBFC_BAD_ID");
  if (connection.bundles.size >= BUNDLES_MAX) throw new OfpError("OFPBFC_OUT_OF_BUNDLES");
  const bundle: Bundle = { flags, closed: false, entries: [] };
  connection.bundles.set(bundleId, bundle);
  return bundle;
}

function find(connection: OfConnection, bundleId: number, flags: number): Bundle {
  const bundle = connection.bundles.get(bundleId);
  if (!bundle) throw new OfpError("OFPBFC_BAD_ID");
  if (bundle.flags !== flags) {
    connection.bundles.delete(bundleId);
    throw new OfpError("OFPBFC_BAD_FLAGS");
  }
  return bundle;
}

function close(connection: OfConnection, bundleId: number, flags: number): void {
  const bundle = find(connection, bundleId, flags);
  if (bundle.closed) {
    connection.bundles.delete(bundleId);
    throw new OfpError("OFPBFC_BUNDLE_CLOSED");
  }
  bundle.closed = true;
}

/** Applies all messages or none of them; the one that fails is answered by its own error. */
function commit(request: Request, bundleId: number, flags: number): void {
  const { ofproto, connection } = request;
  const bundle = find(connection, bundleId, flags);
  connection.bundles.delete(bundleId);
  const later: (() => void)[] = [];
  let current = request.bytes;
  try {
    ofproto.flows.transact((transaction) => {
      for (const entry of bundle.entries) {
        current = entry.request;
        const { message } = entry;
        const inner: Request = { ...request, bytes: entry.request };
        if (message.type === "flow_mod") ofproto.flows.apply(transaction, message);
        else if (message.type === "group_mod") ofproto.groups.apply(transaction, message);
        else if (message.type === "port_mod") later.push(() => portMod(inner, message));
        else if (message.type === "packet_out") later.push(preparePacketOut(inner, message));
      }
    }, request);
    for (const effect of later) effect();
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    connection.sendError(error, current);
    throw new OfpError("OFPBFC_MSG_FAILED");
  }
}

export const bundleControl: Handler<"bundle_control"> = (request, message) => {
  const { connection } = request;
  const { bundleId, flags, control } = message;
  switch (control) {
    case BUNDLE_CONTROL.OPEN_REQUEST:
      open(connection, bundleId, flags);
      break;
    case BUNDLE_CONTROL.CLOSE_REQUEST:
      close(connection, bundleId, flags);
      break;
    case BUNDLE_CONTROL.COMMIT_REQUEST:
      commit(request, bundleId, flags);
      break;
    case BUNDLE_CONTROL.DISCARD_REQUEST:
      if (!connection.bundles.delete(bundleId)) throw new OfpError("OFPBFC_BAD_ID");
      break;
    default:
      throw new OfpError("OFPBFC_BAD_TYPE");
  }
  // Every reply's type is its request's plus one.
  request.reply({ type: "bundle_control", bundleId, control: control + 1, flags: 0 });
};

export const bundleAdd: Handler<"bundle_add"> = (request, message) => {
  const { connection, xid, bytes } = request;
  if (message.message.length < HEADER_BYTES) throw new OfpError("OFPBFC_MSG_BAD_LEN");
  const inner = readHeader(message.message);
  if (inner.version !== connection.version) throw new OfpError("OFPBFC_BAD_VERSION");
  const isWhole = inner.length >= HEADER_BYTES && inner.length <= message.message.length;
  if (!isWhole) throw new OfpError("OFPBFC_MSG_BAD_LEN");
  if (inner.xid !== xid) throw new OfpError("OFPBFC_MSG_BAD_XID");
  const decoded = decodeMessage(message.message.subarray(0, inner.length)).message;
  if (!BUNDLED.has(decoded.type)) throw new OfpError("OFPBFC_MSG_UNSUP");
  const bundle =
    connection.bundles.get(message.bundleId) ?? open(connection, message.bundleId, message.flags);
  if (bundle.closed) {
    connection.bundles.delete(message.bundleId);
    throw new OfpError("OFPBFC_BUNDLE_CLOSED");
  }
  if (bundle.flags !== message.flags) {
    connection.bundles.delete(message.bundleId);
    throw new OfpError("OFPBFC_BAD_FLAGS");
  }
  if (decoded.type === "flow_mod") request.ofproto.flows.check(decoded);
  if (bundle.entries.length >= ENTRIES_MAX) throw new OfpError("OFPBFC_MSG_TOO_MANY");
  bundle.entries.push({ message: decoded, request: new Uint8Array(bytes) });
};

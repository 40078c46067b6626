// SPDX-License-Identifier: Apache-2.0
/** Puts requests together that come in parts (OpenFlow 1.3.5 §7.3.5): one of each xid. */
import { OfpError } from "../../openflow/errors.js";
import type { OfMessage } from "../../openflow/messages/messages.js";

/** Kinds of requests that may need more than one message. */
type Partial = Extract<OfMessage, { type: "table_features_request" | "flow_monitor_request" }>;
const PARTIAL: ReadonlySet<OfMessage["type"]> = new Set<Partial["type"]>([
  "table_features_request",
  "flow_monitor_request",
]);

/** A peer may have this many requests unfinished, each with this many parts. */
const REQUESTS_MAX = 16;
const PARTS_MAX = 1024;

function join(first: Partial, next: Partial): Partial {
  if (first.type === "table_features_request" && next.type === "table_features_request") {
    return { ...first, tables: [...first.tables, ...next.tables] };
  }
  if (first.type === "flow_monitor_request" && next.type === "flow_monitor_request") {
    return { ...first, monitors: [...first.monitors, ...next.monitors] };
  }
  throw new OfpError("OFPBRC_BAD_TYPE");
}

export class MultipartAssembler {
  readonly #pending = new Map<number, { message: Partial; parts: number }>();

  /** The whole request once its last part is there, undefined before. Throws OfpError for
   * requests that may not come in parts. */
  push(message: OfMessage, xid: number): OfMessage | undefined {
    const more = "more" in message && message.more === true;
    const before = this.#pending.get(xid);
    if (!more && !before) return message;
    this.#pending.delete(xid);
    if (!PARTIAL.has(message.type)) throw new OfpError("OFPBRC_MULTIPART_BUFFER_OVERFLOW");
    const part = message as Partial;
    const whole = before ? join(before.message, part) : part;
    if (!more) return whole;
    const parts = (before?.parts ?? 0) + 1;
    if (parts > PARTS_MAX || this.#pending.size >= REQUESTS_MAX) {
      throw new OfpError("OFPBRC_MULTIPART_BUFFER_OVERFLOW");
    }
    this.#pending.set(xid, { message: whole, parts });
    return undefined;
  }
}

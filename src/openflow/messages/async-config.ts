// SPDX-License-Identifier: Apache-2.0
/**
 * Which asynchronous messages a connection gets (OpenFlow 1.3.5 §7.3.10, 1.4.1 §7.3.10; Nicira's
 * NXT_SET_ASYNC_CONFIG and NXT_SET_ASYNC_CONFIG2 before).
 */
import { OfpError } from "../errors.js";
import { type Codec, emptyCodec, LATEST, nicira, V10, V13, V14 } from "./codec.js";
import { propertyU32, readProperties, writeProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

/** Kinds of messages, in the order of the properties of OpenFlow 1.4. */
export const ASYNC_KINDS = [
  "packetIn",
  "portStatus",
  "flowRemoved",
  "roleStatus",
  "tableStatus",
  "requestForward",
] as const;
export type AsyncKind = (typeof ASYNC_KINDS)[number];

/** Bit N: messages of reason N. The first of each pair is for a master or equal, the second for a
 * slave. */
export type AsyncMasks = Record<AsyncKind, [number, number]>;

/** Reasons that exist: packet-ins have three more from OpenFlow 1.4 on. */
const ALLOWED: Record<AsyncKind, number> = {
  packetIn: 0x7,
  portStatus: 0x7,
  flowRemoved: 0x3f,
  roleStatus: 0x7,
  tableStatus: 0x18,
  requestForward: 0x3,
};
const PACKET_IN_14 = 0x3f;

function allowed(kind: AsyncKind, version: number): number {
  return kind === "packetIn" && version >= V14 ? PACKET_IN_14 : ALLOWED[kind];
}

export interface GetAsyncRequest {
  type: "get_async_request";
}

export interface GetAsyncReply {
  type: "get_async_reply";
  masks: AsyncMasks;
}

export interface SetAsync {
  type: "set_async";
  /** What is absent stays as it is. */
  masks: Partial<Record<AsyncKind, [number | null, number | null]>>;
}

/** No messages at all. */
export function noMasks(): AsyncMasks {
  return {
    ...{ packetIn: [0, 0], portStatus: [0, 0], flowRemoved: [0, 0] },
    ...{ roleStatus: [0, 0], tableStatus: [0, 0], requestForward: [0, 0] },
  };
}

export const getAsyncRequestCodec: Codec<GetAsyncRequest> = emptyCodec("get_async_request", [
  { name: "OFPT_GET_ASYNC_REQUEST", versions: [V13, LATEST], type: 26 },
]);

const LEGACY = ["packetIn", "portStatus", "flowRemoved"] as const;

/** The form of OpenFlow 1.3: it says everything, and unknown reasons are left out. */
function readLegacy(r: WireReader, version: number): AsyncMasks {
  const masks = noMasks();
  for (const kind of LEGACY) {
    const bits = allowed(kind, version);
    masks[kind] = [r.u32() & bits, r.u32() & bits];
  }
  return masks;
}

function writeLegacy(w: WireWriter, masks: SetAsync["masks"], version: number): void {
  for (const kind of LEGACY) {
    for (const mask of masks[kind] ?? [0, 0]) w.u32((mask ?? 0) & allowed(kind, version));
  }
}

/** Properties: two for each kind, the slave's first. */
function readMasks(r: WireReader, version: number, loose: boolean): SetAsync["masks"] {
  const masks: SetAsync["masks"] = {};
  for (const property of readProperties(r)) {
    const kind = ASYNC_KINDS[property.type >> 1];
    if (!kind) {
      if (loose) continue;
      throw new OfpError("OFPACFC_UNSUPPORTED");
    }
    const mask = propertyU32(property);
    const bits = allowed(kind, version);
    if (mask & ~bits && !loose) throw new OfpError("OFPACFC_INVALID");
    const pair = masks[kind] ?? [null, null];
    pair[property.type & 1 ? 0 : 1] = mask & bits;
    masks[kind] = pair;
  }
  return masks;
}

function writeMasks(w: WireWriter, masks: SetAsync["masks"], version: number): void {
  ASYNC_KINDS.forEach((kind, i) => {
    const [master, slave] = masks[kind] ?? [null, null];
    const bits = allowed(kind, version);
    if (slave !== null) writeProperty(w, 2 * i, () => w.u32(slave & bits));
    if (master !== null) writeProperty(w, 2 * i + 1, () => w.u32(master & bits));
  });
}

export const getAsyncReplyCodec: Codec<GetAsyncReply> = {
  type: "get_async_reply",
  wires: [{ name: "OFPT_GET_ASYNC_REPLY", versions: [V13, LATEST], type: 27 }],
  decode(r, { version }) {
    if (version < V14) return { type: "get_async_reply", masks: readLegacy(r, version) };
    const masks = noMasks();
    for (const [kind, pair] of Object.entries(readMasks(r, version, true))) {
      masks[kind as AsyncKind] = [pair[0] ?? 0, pair[1] ?? 0];
    }
    return { type: "get_async_reply", masks };
  },
  encode(w, m, version) {
    if (version < V14) writeLegacy(w, m.masks, version);
    else writeMasks(w, m.masks, version);
  },
};

const CONFIG2 = 27;

export const setAsyncCodec: Codec<SetAsync> = {
  type: "set_async",
  wires: [
    { name: "OFPT_SET_ASYNC", versions: [V13, LATEST], type: 28 },
    nicira("NXT_SET_ASYNC_CONFIG", 19, true),
    nicira("NXT_SET_ASYNC_CONFIG2", CONFIG2, true, [V10, V13]),
  ],
  decode(r, { version }, wire) {
    const isNew = wire.subtype === CONFIG2 || (version >= V14 && wire.vendor === undefined);
    if (isNew) return { type: "set_async", masks: readMasks(r, version, false) };
    return { type: "set_async", masks: readLegacy(r, version) };
  },
  encode(w, m, version, wire) {
    if (version >= V14 && wire.vendor === undefined) writeMasks(w, m.masks, version);
    else writeLegacy(w, m.masks, version);
  },
};

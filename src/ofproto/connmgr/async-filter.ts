// SPDX-License-Identifier: Apache-2.0
/**
 * Which asynchronous messages a connection gets, by reason and role.
 */
import type { AsyncMasks } from "../../openflow/messages/async-config.js";
import { V13 } from "../../openflow/messages/codec.js";
import { PACKET_IN_REASON } from "../ofproto-types.js";

const bit = (reason: number): number => 1 << reason;

const NO_MATCH = bit(PACKET_IN_REASON.NO_MATCH);
const EXPLICIT_MISS = bit(PACKET_IN_REASON.EXPLICIT_MISS);
const IMPLICIT_MISS = bit(PACKET_IN_REASON.IMPLICIT_MISS);
/** The reasons that OpenFlow 1.4 split ACTION into. */
const ACTION_REASONS =
  bit(PACKET_IN_REASON.ACTION) |
  bit(PACKET_IN_REASON.ACTION_SET) |
  bit(PACKET_IN_REASON.GROUP) |
  bit(PACKET_IN_REASON.PACKET_OUT);
/** Reasons that have a number on the wire up to OpenFlow 1.3: NO_MATCH, ACTION, INVALID_TTL. */
const WIRE_REASONS = 0x7;
/** ADD, DELETE, MODIFY. */
const ALL_PORT_REASONS = 0x7;
/** IDLE_TIMEOUT, HARD_TIMEOUT, DELETE; GROUP_DELETE from OpenFlow 1.1 on. */
const FLOW_REMOVED_10 = 0x7;
const FLOW_REMOVED_13 = 0xf;

/** Adds the internal reasons that a wire reason stands for. Before OpenFlow 1.3 a miss needs no
 * flow. */
function widen(mask: number, version: number): number {
  let wide = mask;
  if (mask & bit(PACKET_IN_REASON.ACTION)) wide |= ACTION_REASONS;
  if (mask & NO_MATCH) wide |= EXPLICIT_MISS | (version < V13 ? IMPLICIT_MISS : 0);
  return wide;
}

/** What a connection gets before it asks for anything else. */
export function defaultMasks(version: number): AsyncMasks {
  const packetIn = widen(NO_MATCH | bit(PACKET_IN_REASON.ACTION), version);
  const flowRemoved = version < V13 ? FLOW_REMOVED_10 : FLOW_REMOVED_13;
  return {
    packetIn: [packetIn, 0],
    portStatus: [ALL_PORT_REASONS, ALL_PORT_REASONS],
    flowRemoved: [flowRemoved, 0],
  };
}

/** Nothing at all: `Controller.enable_async_messages` false. */
export function silentMasks(): AsyncMasks {
  return { packetIn: [0, 0], portStatus: [0, 0], flowRemoved: [0, 0] };
}

/** Masks as a peer gave them, in terms of the internal reasons. */
export function masksFromWire(masks: AsyncMasks, version: number): AsyncMasks {
  const [master, slave] = masks.packetIn;
  return { ...masks, packetIn: [widen(master, version), widen(slave, version)] };
}

/** Masks as a peer sees them. */
export function masksToWire(masks: AsyncMasks): AsyncMasks {
  const narrow = (mask: number): number =>
    (mask & WIRE_REASONS) | (mask & EXPLICIT_MISS ? NO_MATCH : 0);
  const [master, slave] = masks.packetIn;
  return { ...masks, packetIn: [narrow(master), narrow(slave)] };
}

/** The reason that goes out: refinements exist in later versions only. */
export function wireReason(reason: number, version: number): number {
  switch (reason) {
    case PACKET_IN_REASON.ACTION_SET:
    case PACKET_IN_REASON.GROUP:
    case PACKET_IN_REASON.PACKET_OUT:
      return PACKET_IN_REASON.ACTION;
    case PACKET_IN_REASON.EXPLICIT_MISS:
      return version < V13 ? PACKET_IN_REASON.ACTION : PACKET_IN_REASON.NO_MATCH;
    case PACKET_IN_REASON.IMPLICIT_MISS:
      return PACKET_IN_REASON.NO_MATCH;
    default:
      return reason;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Which asynchronous messages a connection gets, by reason and role.
 */
import {
  ASYNC_KINDS,
  type AsyncMasks,
  noMasks,
  type SetAsync,
} from "../../openflow/messages/async-config.js";
import { V13, V14 } from "../../openflow/messages/codec.js";
import { FLOW_REMOVED_REASON } from "../../openflow/messages/flow-removed.js";
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
/** ADD, DELETE, MODIFY. */
const ALL_PORT_REASONS = 0x7;
const { IDLE_TIMEOUT, HARD_TIMEOUT, DELETE, GROUP_DELETE, METER_DELETE, EVICTION } =
  FLOW_REMOVED_REASON;
const FLOW_REMOVED_10 = bit(IDLE_TIMEOUT) | bit(HARD_TIMEOUT) | bit(DELETE);
const FLOW_REMOVED_13 = FLOW_REMOVED_10 | bit(GROUP_DELETE);
const FLOW_REMOVED_14 = FLOW_REMOVED_13 | bit(METER_DELETE) | bit(EVICTION);

/** Adds the internal reasons that NO_MATCH stands for. Before OpenFlow 1.3 a miss needs no flow. */
function widen(mask: number, version: number): number {
  if (!(mask & NO_MATCH)) return mask;
  return mask | EXPLICIT_MISS | (version < V13 ? IMPLICIT_MISS : 0);
}

function flowRemovedReasons(version: number): number {
  if (version >= V14) return FLOW_REMOVED_14;
  return version === V13 ? FLOW_REMOVED_13 : FLOW_REMOVED_10;
}

/** What a connection gets before it asks for anything else. */
export function defaultMasks(version: number): AsyncMasks {
  return {
    ...noMasks(),
    packetIn: [widen(NO_MATCH | ACTION_REASONS, version), 0],
    portStatus: [ALL_PORT_REASONS, ALL_PORT_REASONS],
    flowRemoved: [flowRemovedReasons(version), 0],
  };
}

/** Nothing at all: `Controller.enable_async_messages` false. */
export function silentMasks(): AsyncMasks {
  return noMasks();
}

/** `current` with what a peer said, in terms of the internal reasons. */
export function masksFromWire(
  said: SetAsync["masks"],
  current: AsyncMasks,
  version: number,
): AsyncMasks {
  const masks = { ...current };
  for (const kind of ASYNC_KINDS) {
    const internal = (mask: number): number => (kind === "packetIn" ? widen(mask, version) : mask);
    const [master, slave] = said[kind] ?? [null, null];
    masks[kind] = [
      master === null ? current[kind][0] : internal(master),
      slave === null ? current[kind][1] : internal(slave),
    ];
  }
  return masks;
}

/** The reason that goes out: refinements exist in later versions only. */
export function wireReason(reason: number, version: number): number {
  switch (reason) {
    case PACKET_IN_REASON.ACTION_SET:
    case PACKET_IN_REASON.GROUP:
    case PACKET_IN_REASON.PACKET_OUT:
      return version < V14 ? PACKET_IN_REASON.ACTION : reason;
    case PACKET_IN_REASON.EXPLICIT_MISS:
      return version < V13 ? PACKET_IN_REASON.ACTION : PACKET_IN_REASON.NO_MATCH;
    case PACKET_IN_REASON.IMPLICIT_MISS:
      return PACKET_IN_REASON.NO_MATCH;
    default:
      return reason;
  }
}

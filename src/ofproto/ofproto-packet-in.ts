// SPDX-License-Identifier: Apache-2.0
/** From a packet that a flow (or the lack of one) sends up to what each controller gets. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_FIELDS, type Flow } from "../openflow/flow.js";
import { emptyMatch, type Match } from "../openflow/match.js";
import { encodeContinuation } from "../openflow/messages/continuation.js";
import type { OfMessage } from "../openflow/messages/messages.js";
import { PACKET_IN_FORMAT } from "../openflow/messages/nicira-settings.js";
import { NO_BUFFER } from "../openflow/messages/port-number.js";
import { wireReason } from "./connmgr/async-filter.js";
import type { OfConnection } from "./connmgr/connection.js";
import type { PacketInEvent } from "./ofproto-types.js";
import type { FrozenState } from "./recirc.js";

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

const REGISTERS: readonly Place[] = Array.from({ length: FLOW_FIELDS.regs.bytes / 4 }, (_, n) => ({
  offset: FLOW_FIELDS.regs.offset + 4 * n,
  bytes: 4,
}));

/** What a packet-in tells of the pipeline where it is not zero. */
const METADATA: readonly Place[] = [
  KEY_FIELDS.tun_id,
  KEY_FIELDS.tun_src,
  KEY_FIELDS.tun_dst,
  KEY_FIELDS.tun_ipv6_src,
  KEY_FIELDS.tun_ipv6_dst,
  KEY_FIELDS.tun_gbp_id,
  KEY_FIELDS.tun_gbp_flags,
  FLOW_FIELDS.metadata,
  ...REGISTERS,
  KEY_FIELDS.pkt_mark,
  KEY_FIELDS.ct_state,
  KEY_FIELDS.ct_zone,
  KEY_FIELDS.ct_mark,
  KEY_FIELDS.ct_label,
];

/** The match of a packet-in: where the packet came in and the metadata that it has. */
export function packetInMetadata(flow: Flow): Match {
  const match = emptyMatch();
  const copy = ({ offset, bytes }: Place): void => {
    match.flow.bytes.set(flow.bytes.subarray(offset, offset + bytes), offset);
    match.mask.bytes.fill(0xff, offset, offset + bytes);
  };
  copy(FLOW_FIELDS.in_port);
  for (const place of METADATA) {
    const value = flow.bytes.subarray(place.offset, place.offset + place.bytes);
    if (value.some((byte) => byte !== 0)) copy(place);
  }
  return match;
}

/** The message for one connection. A packet that is not buffered is sent whole, whatever `max_len`
 * and `miss_send_len` say (OpenFlow 1.3.5 §7.4.1); the stock switch does so, too. */
function packetInMessage(
  connection: OfConnection,
  event: PacketInEvent,
  metadata: Match,
  bridge: Uint8Array,
): OfMessage {
  const body = {
    bufferId: NO_BUFFER,
    totalLength: event.packet.length,
    reason: wireReason(event.reason, connection.version),
    tableId: event.tableId,
    cookie: event.cookie,
    metadata,
    data: event.packet,
  };
  switch (connection.packetInFormat) {
    case PACKET_IN_FORMAT.NXT_PACKET_IN2:
      return {
        type: "nx_packet_in2",
        ...body,
        ...(event.userdata ? { userdata: event.userdata } : {}),
        ...(event.continuation
          ? { continuation: continuationOf(event.continuation, bridge, connection.version) }
          : {}),
      };
    case PACKET_IN_FORMAT.NXT_PACKET_IN:
      return { type: "nx_packet_in", ...body };
    default:
      return { type: "packet_in", ...body, inPort: inPortOf(event.flow) };
  }
}

function inPortOf(flow: Flow): number {
  return flow.view.getUint32(FLOW_FIELDS.in_port.offset);
}

function continuationOf(state: FrozenState, bridge: Uint8Array, version: number): Uint8Array {
  const { stack, conntracked, actions, actionSet } = state;
  return encodeContinuation({ bridge, stack, conntracked, actions, actionSet }, version);
}

/** Sends to those who have the controller id and want packets of that reason. */
export function sendPacketIn(
  connections: readonly OfConnection[],
  event: PacketInEvent,
  bridge: Uint8Array,
): void {
  let metadata: Match | undefined;
  for (const connection of connections) {
    if (connection.controllerId !== event.controllerId) continue;
    if (!connection.wants("packetIn", event.reason)) continue;
    metadata ??= packetInMetadata(event.flow);
    const match = metadata;
    connection.sendPacketIn(inPortOf(event.flow), () =>
      packetInMessage(connection, event, match, bridge),
    );
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * OFPT_PACKET_IN (OpenFlow 1.0 §5.4.1, 1.1 §A.4.1, 1.3.5 §7.4.1) and Nicira's NXT_PACKET_IN.
 */
import { FLOW_FIELDS } from "../flow.js";
import { emptyMatch, type Match } from "../match.js";
import { readNxMatch, writeNxMatch, writeOxmMatch } from "../nxm-match.js";
import { type Codec, everywhere, nicira, V10, V11, V13 } from "./codec.js";
import { readMatch } from "./match.js";
import { portFrom16, portTo16, readPort } from "./port-number.js";
import type { WireReader } from "./wire.js";

/** What all forms of a packet-in have in common. */
export interface PacketInBody {
  /** NO_BUFFER: the switch keeps no packets. */
  bufferId: number;
  /** Length of the packet, of which `data` may be a prefix. */
  totalLength: number;
  /** OFPR_*. */
  reason: number;
  data: Uint8Array;
}

/** The standard message. OpenFlow 1.0 and 1.1 carry `inPort`, later ones `metadata`. */
export interface PacketIn extends PacketInBody {
  type: "packet_in";
  inPort: number;
  tableId: number;
  cookie: bigint;
  metadata: Match;
}

export interface NxPacketIn extends PacketInBody {
  type: "nx_packet_in";
  tableId: number;
  cookie: bigint;
  metadata: Match;
}

/** A match on a port, as later versions' packet-ins have it. */
function inPortMatch(port: number): Match {
  const match = emptyMatch();
  match.flow.view.setUint32(FLOW_FIELDS.in_port.offset, port);
  match.mask.view.setUint32(FLOW_FIELDS.in_port.offset, 0xffffffff);
  return match;
}

/** "Not said". */
const NO_COOKIE = 0xffffffffffffffffn;

/** OpenFlow 1.1: with the physical port, which is the same here. */
function decode11(r: WireReader, bufferId: number): PacketIn {
  const inPort = readPort(r, V11);
  r.skip(4);
  const [totalLength, reason, tableId] = [r.u16(), r.u8(), r.u8()];
  return {
    ...{ type: "packet_in", bufferId, totalLength, reason, tableId, inPort },
    ...{ cookie: NO_COOKIE, metadata: inPortMatch(inPort), data: r.rest() },
  };
}

export const packetInCodec: Codec<PacketIn> = {
  type: "packet_in",
  wires: everywhere("OFPT_PACKET_IN", 10),
  decode(r, { version }) {
    const bufferId = r.u32();
    if (version === V11) return decode11(r, bufferId);
    const totalLength = r.u16();
    if (version === V10) {
      const inPort = portFrom16(r.u16());
      const reason = r.u8();
      r.skip(1);
      const rest = { tableId: 0, cookie: 0n, metadata: inPortMatch(inPort), data: r.rest() };
      return { type: "packet_in", bufferId, totalLength, reason, inPort, ...rest };
    }
    const [reason, tableId] = [r.u8(), r.u8()];
    const cookie = version >= V13 ? r.u64() : NO_COOKIE;
    const metadata = readMatch(r, { loose: true });
    r.skip(2);
    const inPort = metadata.flow.view.getUint32(FLOW_FIELDS.in_port.offset);
    const rest = { tableId, cookie, metadata, data: r.rest() };
    return { type: "packet_in", bufferId, totalLength, reason, inPort, ...rest };
  },
  encode(w, m, version) {
    const total = Math.min(m.totalLength, 0xffff);
    w.u32(m.bufferId);
    if (version === V10) {
      w.u16(total).u16(portTo16(m.inPort)).u8(m.reason).zeros(1);
    } else if (version === V11) {
      w.u32(m.inPort).u32(m.inPort).u16(total).u8(m.reason).u8(m.tableId);
    } else {
      w.u16(total).u8(m.reason).u8(m.tableId);
      if (version >= V13) w.u64(m.cookie);
      writeOxmMatch(w, m.metadata, version);
      w.zeros(2);
    }
    w.append(m.data);
  },
};

export const nxPacketInCodec: Codec<NxPacketIn> = {
  type: "nx_packet_in",
  wires: [nicira("NXT_PACKET_IN", 17)],
  decode(r) {
    const [bufferId, totalLength, reason] = [r.u32(), r.u16(), r.u8()];
    const [tableId, cookie, matchBytes] = [r.u8(), r.u64(), r.u16()];
    r.skip(6);
    const { match: metadata } = readNxMatch(r, matchBytes, { loose: true });
    r.skip(2);
    const data = r.rest();
    return {
      ...{ type: "nx_packet_in", bufferId, totalLength, reason, tableId, cookie, metadata, data },
    };
  },
  encode(w, m) {
    w.u32(m.bufferId).u16(Math.min(m.totalLength, 0xffff)).u8(m.reason).u8(m.tableId);
    w.u64(m.cookie);
    const lengthAt = w.length;
    w.zeros(8);
    w.setU16(lengthAt, writeNxMatch(w, m.metadata));
    w.zeros(2).append(m.data);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** OFPT_PACKET_OUT (OpenFlow 1.0 §5.3.6, 1.3.5 §7.3.7, 1.5.1 §7.3.6). */
import { readActions, writeActions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import { FLOW_FIELDS } from "../flow.js";
import { emptyMatch, type Match } from "../match.js";
import { OFPP, type OfpAct } from "../ofp-actions.js";
import { type Codec, LATEST, V10, V11, V15 } from "./codec.js";
import { readMatch, writeMatch } from "./match.js";
import { NO_BUFFER, readPort, writePort } from "./port-number.js";
import type { WireReader, WireWriter } from "./wire.js";

export interface PacketOutMessage {
  type: "packet_out";
  bufferId: number;
  /** A port, or OFPP.LOCAL, NONE, CONTROLLER. */
  inPort: number;
  actions: readonly OfpAct[];
  /** The frame; empty when `bufferId` names one. */
  data: Uint8Array;
  /** OpenFlow 1.5: the pipeline fields to start with, `inPort` among them. */
  metadata?: Match;
}

const IN_PORTS: readonly number[] = [OFPP.LOCAL, OFPP.NONE, OFPP.CONTROLLER];
/** First reserved number in the 32-bit form's small half. */
const PORT_MAX = 0xff00;

function checkInPort(inPort: number): void {
  if (inPort >= PORT_MAX && !IN_PORTS.includes(inPort)) throw new OfpError("OFPBRC_BAD_PORT");
}

function readData(r: WireReader, bufferId: number): Uint8Array {
  const data = bufferId === NO_BUFFER ? r.rest() : new Uint8Array(0);
  r.skip(r.left);
  return data;
}

const IN_PORT_OFFSET = FLOW_FIELDS.in_port.offset;

function decode15(r: WireReader, bufferId: number, version: number): PacketOutMessage {
  const actionsBytes = r.u16();
  r.skip(2);
  const metadata = readMatch(r, { pipelineOnly: true });
  // A packet comes from somewhere, if only from the controller.
  if (!metadata.mask.view.getUint32(IN_PORT_OFFSET)) throw new OfpError("OFPBRC_BAD_PORT");
  const inPort = metadata.flow.view.getUint32(IN_PORT_OFFSET);
  const actions = readActions(r, actionsBytes, version);
  checkInPort(inPort);
  const data = readData(r, bufferId);
  return { type: "packet_out", bufferId, inPort, actions, data, metadata };
}

function encode15(w: WireWriter, m: PacketOutMessage, version: number): void {
  const lengthAt = w.length;
  w.zeros(4);
  const metadata = m.metadata ?? emptyMatch();
  metadata.flow.view.setUint32(IN_PORT_OFFSET, m.inPort);
  metadata.mask.view.setUint32(IN_PORT_OFFSET, 0xffffffff);
  writeMatch(w, metadata, version);
  const start = w.length;
  writeActions(w, m.actions, version);
  w.setU16(lengthAt, w.length - start);
  if (m.bufferId === NO_BUFFER) w.append(m.data);
}

export const packetOutCodec: Codec<PacketOutMessage> = {
  type: "packet_out",
  wires: [
    { name: "OFPT_PACKET_OUT", versions: [V10, V10], type: 13 },
    { name: "OFPT_PACKET_OUT", versions: [V11, LATEST], type: 13 },
  ],
  decode(r, { version }) {
    const bufferId = r.u32();
    if (version >= V15) return decode15(r, bufferId, version);
    const inPort = readPort(r, version);
    const actionsBytes = r.u16();
    if (version !== V10) r.skip(6);
    const actions = readActions(r, actionsBytes, version);
    checkInPort(inPort);
    return { type: "packet_out", bufferId, inPort, actions, data: readData(r, bufferId) };
  },
  encode(w, m, version) {
    w.u32(m.bufferId);
    if (version >= V15) {
      encode15(w, m, version);
      return;
    }
    writePort(w, m.inPort, version);
    const lengthAt = w.length;
    w.zeros(version === V10 ? 2 : 8);
    const start = w.length;
    writeActions(w, m.actions, version);
    w.setU16(lengthAt, w.length - start);
    if (m.bufferId === NO_BUFFER) w.append(m.data);
  },
};

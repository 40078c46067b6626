// SPDX-License-Identifier: Apache-2.0
/** OFPT_PACKET_OUT (OpenFlow 1.0 §5.3.6, 1.3.5 §7.3.7). */
import { readActions, writeActions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import { OFPP, type OfpAct } from "../ofp-actions.js";
import { type Codec, LATEST, V10, V11 } from "./codec.js";
import { NO_BUFFER, readPort, writePort } from "./port-number.js";

export interface PacketOutMessage {
  type: "packet_out";
  bufferId: number;
  /** A port, or OFPP.LOCAL, NONE, CONTROLLER. */
  inPort: number;
  actions: readonly OfpAct[];
  /** The frame; empty when `bufferId` names one. */
  data: Uint8Array;
}

const IN_PORTS: readonly number[] = [OFPP.LOCAL, OFPP.NONE, OFPP.CONTROLLER];
/** First reserved number in the 32-bit form's small half. */
const PORT_MAX = 0xff00;

export const packetOutCodec: Codec<PacketOutMessage> = {
  type: "packet_out",
  wires: [
    { name: "OFPT_PACKET_OUT", versions: [V10, V10], type: 13 },
    { name: "OFPT_PACKET_OUT", versions: [V11, LATEST], type: 13 },
  ],
  decode(r, { version }) {
    const bufferId = r.u32();
    const inPort = readPort(r, version);
    const actionsBytes = r.u16();
    if (version !== V10) r.skip(6);
    const actions = readActions(r, actionsBytes, version);
    if (inPort >= PORT_MAX && !IN_PORTS.includes(inPort)) throw new OfpError("OFPBRC_BAD_PORT");
    const data = bufferId === NO_BUFFER ? r.rest() : new Uint8Array(0);
    r.skip(r.left);
    return { type: "packet_out", bufferId, inPort, actions, data };
  },
  encode(w, m, version) {
    w.u32(m.bufferId);
    writePort(w, m.inPort, version);
    const lengthAt = w.length;
    w.zeros(version === V10 ? 2 : 8);
    const start = w.length;
    writeActions(w, m.actions, version);
    w.setU16(lengthAt, w.length - start);
    if (m.bufferId === NO_BUFFER) w.append(m.data);
  },
};

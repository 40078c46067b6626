// SPDX-License-Identifier: Apache-2.0
/** Nicira messages that set a property of the connection. */
import { type Codec, emptyCodec, nicira, V10 } from "./codec.js";

/** NXT_FLOW_MOD_TABLE_ID: OpenFlow 1.0 flow-mods carry a table in the high byte of `command`. */
export interface FlowModTableId {
  type: "flow_mod_table_id";
  enable: boolean;
}

export const flowModTableIdCodec: Codec<FlowModTableId> = {
  type: "flow_mod_table_id",
  wires: [nicira("NXT_FLOW_MOD_TABLE_ID", 15)],
  decode(r) {
    const enable = r.u8() !== 0;
    r.skip(7);
    return { type: "flow_mod_table_id", enable };
  },
  encode(w, m) {
    w.u8(m.enable ? 1 : 0).zeros(7);
  },
};

/** NXT_SET_FLOW_FORMAT: 0 is OpenFlow 1.0, 2 is NXM. */
export interface SetFlowFormat {
  type: "set_flow_format";
  format: number;
}

export const FLOW_FORMAT = { OPENFLOW10: 0, NXM: 2 } as const;

export const setFlowFormatCodec: Codec<SetFlowFormat> = {
  type: "set_flow_format",
  wires: [{ ...nicira("NXT_SET_FLOW_FORMAT", 12), versions: [V10, V10] }],
  decode: (r) => ({ type: "set_flow_format", format: r.u32() }),
  encode(w, m) {
    w.u32(m.format);
  },
};

/** NXT_SET_PACKET_IN_FORMAT. */
export interface SetPacketInFormat {
  type: "set_packet_in_format";
  /** PACKET_IN_FORMAT. */
  format: number;
}

export const PACKET_IN_FORMAT = { STANDARD: 0, NXT_PACKET_IN: 1, NXT_PACKET_IN2: 2 } as const;

export const setPacketInFormatCodec: Codec<SetPacketInFormat> = {
  type: "set_packet_in_format",
  wires: [nicira("NXT_SET_PACKET_IN_FORMAT", 16)],
  decode: (r) => ({ type: "set_packet_in_format", format: r.u32() }),
  encode(w, m) {
    w.u32(m.format);
  },
};

/** NXT_SET_CONTROLLER_ID: which `controller(id=…)` actions reach this connection. */
export interface SetControllerId {
  type: "set_controller_id";
  controllerId: number;
}

export const setControllerIdCodec: Codec<SetControllerId> = {
  type: "set_controller_id",
  wires: [nicira("NXT_SET_CONTROLLER_ID", 20)],
  decode(r) {
    r.skip(6);
    return { type: "set_controller_id", controllerId: r.u16() };
  },
  encode(w, m) {
    w.zeros(6).u16(m.controllerId);
  },
};

/** NXT_FLOW_AGE: kept for old controllers; flow statistics always carry ages. */
export interface FlowAge {
  type: "flow_age";
}

export const flowAgeCodec: Codec<FlowAge> = emptyCodec("flow_age", [nicira("NXT_FLOW_AGE", 18)]);

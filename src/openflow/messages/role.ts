// SPDX-License-Identifier: Apache-2.0
/** Controller roles (OpenFlow 1.3.5 §7.3.9; Nicira's NXT_ROLE_REQUEST before 1.2). */
import { OfpError } from "../errors.js";
import { type Codec, LATEST, nicira, onf, V12, V14, type WireId } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

/** `ofp_controller_role`. */
export const ROLE = { NOCHANGE: 0, EQUAL: 1, MASTER: 2, SLAVE: 3 } as const;

export interface RoleRequest {
  type: "role_request";
  /** ROLE. */
  role: number;
  /** Undefined where the message has none (Nicira's). */
  generationId?: bigint;
  nx?: boolean;
}

export interface RoleReply {
  type: "role_reply";
  role: number;
  /** All ones when there is none yet. */
  generationId?: bigint;
  nx?: boolean;
}

interface RoleBody {
  role: number;
  generationId?: bigint;
  nx?: boolean;
}

function decodeRole(r: WireReader, wire: WireId): RoleBody {
  const role = r.u32();
  if (wire.vendor !== undefined) {
    // OTHER, MASTER, SLAVE count from 0.
    if (role > 2) throw new OfpError("OFPRRFC_BAD_ROLE");
    return { role: role + 1, nx: true };
  }
  if (role > ROLE.SLAVE) throw new OfpError("OFPRRFC_BAD_ROLE");
  r.skip(4);
  return { role, generationId: r.u64() };
}

function encodeRole(w: WireWriter, m: RoleBody, wire: WireId): void {
  if (wire.vendor !== undefined) w.u32(m.role - 1);
  else
    w.u32(m.role)
      .zeros(4)
      .u64(m.generationId ?? 0xffffffffffffffffn);
}

function wires(name: string, type: number, subtype: number): WireId[] {
  return [
    { name: `OFPT_${name}`, versions: [V12, LATEST], type },
    nicira(`NXT_${name}`, subtype, true),
  ];
}

export const roleRequestCodec: Codec<RoleRequest> = {
  type: "role_request",
  wires: wires("ROLE_REQUEST", 24, 10),
  decode: (r, _context, wire) => ({ type: "role_request", ...decodeRole(r, wire) }),
  encode: (w, m, _version, wire) => encodeRole(w, m, wire),
};

export const roleReplyCodec: Codec<RoleReply> = {
  type: "role_reply",
  wires: wires("ROLE_REPLY", 25, 11),
  decode: (r, _context, wire) => ({ type: "role_reply", ...decodeRole(r, wire) }),
  encode: (w, m, _version, wire) => encodeRole(w, m, wire),
};

/** `ofp_controller_role_reason`. */
export const ROLE_REASON = { MASTER_REQUEST: 0, CONFIG: 1, EXPERIMENTER: 2 } as const;

/** Tells a controller that its role changed without its asking (1.4.1 §7.4.4). */
export interface RoleStatus {
  type: "role_status";
  role: number;
  /** ROLE_REASON. */
  reason: number;
  /** Undefined when there is none yet. */
  generationId?: bigint;
}

const NO_GENERATION = 0xffffffffffffffffn;

export const roleStatusCodec: Codec<RoleStatus> = {
  type: "role_status",
  wires: [
    onf("ONFT_ROLE_STATUS", 1911),
    { name: "OFPT_ROLE_STATUS", versions: [V14, LATEST], type: 30 },
  ],
  decode(r) {
    const role = r.u32();
    if (role > ROLE.SLAVE) throw new OfpError("OFPRRFC_BAD_ROLE");
    const reason = r.u8();
    r.skip(3);
    const generationId = r.u64();
    r.skip(r.left);
    const rest = generationId === NO_GENERATION ? {} : { generationId };
    return { type: "role_status", role, reason, ...rest };
  },
  encode(w, m) {
    w.u32(m.role)
      .u8(m.reason)
      .zeros(3)
      .u64(m.generationId ?? NO_GENERATION);
  },
};

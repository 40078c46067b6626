// SPDX-License-Identifier: Apache-2.0
/**
 * Meters (OpenFlow 1.3.5 §7.3.4.4, §7.3.5.12 to §7.3.5.14). Bands and entries are carried as the
 * bytes they are on the wire: the switch has no meters to put into them.
 */
import { type Codec, emptyCodec, LATEST, type Multipart, statsWires, V13 } from "./codec.js";

export const METER_COMMAND = { ADD: 0, MODIFY: 1, DELETE: 2 } as const;
/** `OFPM_ALL`. */
export const METER_ALL = 0xffffffff;

export interface MeterMod {
  type: "meter_mod";
  command: number;
  flags: number;
  meterId: number;
  bands: Uint8Array;
}

export const meterModCodec: Codec<MeterMod> = {
  type: "meter_mod",
  wires: [{ name: "OFPT_METER_MOD", versions: [V13, LATEST], type: 29 }],
  decode: (r) => ({
    type: "meter_mod",
    command: r.u16(),
    flags: r.u16(),
    meterId: r.u32(),
    bands: r.rest(),
  }),
  encode(w, m) {
    w.u16(m.command).u16(m.flags).u32(m.meterId).append(m.bands);
  },
};

export interface MeterStatsRequest {
  type: "meter_stats_request";
  meterId: number;
}

export interface MeterConfigRequest {
  type: "meter_config_request";
  meterId: number;
}

function requestCodec<T extends "meter_stats_request" | "meter_config_request">(
  type: T,
  name: string,
  stat: number,
): Codec<{ type: T; meterId: number }> {
  return {
    type,
    wires: statsWires(name, "request", stat, V13),
    decode(r) {
      const meterId = r.u32();
      r.skip(4);
      return { type, meterId };
    },
    encode(w, m) {
      w.u32(m.meterId).zeros(4);
    },
  };
}

export const meterStatsRequestCodec: Codec<MeterStatsRequest> = requestCodec(
  "meter_stats_request",
  "OFPST_METER",
  9,
);
export const meterConfigRequestCodec: Codec<MeterConfigRequest> = requestCodec(
  "meter_config_request",
  "OFPST_METER_CONFIG",
  10,
);

export interface MeterStatsReply extends Multipart {
  type: "meter_stats_reply";
  entries: Uint8Array;
}

export interface MeterConfigReply extends Multipart {
  type: "meter_config_reply";
  entries: Uint8Array;
}

function replyCodec<T extends "meter_stats_reply" | "meter_config_reply">(
  type: T,
  name: string,
  stat: number,
): Codec<{ type: T; entries: Uint8Array; more?: boolean }> {
  return {
    type,
    wires: statsWires(name, "reply", stat, V13),
    decode: (r) => ({ type, entries: r.rest() }),
    encode(w, m) {
      w.append(m.entries);
    },
  };
}

export const meterStatsReplyCodec: Codec<MeterStatsReply> = replyCodec(
  "meter_stats_reply",
  "OFPST_METER",
  9,
);
export const meterConfigReplyCodec: Codec<MeterConfigReply> = replyCodec(
  "meter_config_reply",
  "OFPST_METER_CONFIG",
  10,
);

export interface MeterFeaturesRequest {
  type: "meter_features_request";
}

export const meterFeaturesRequestCodec: Codec<MeterFeaturesRequest> = emptyCodec(
  "meter_features_request",
  statsWires("OFPST_METER_FEATURES", "request", 11, V13),
);

export interface MeterFeaturesReply {
  type: "meter_features_reply";
  maxMeters: number;
  /** Bit N: band type N. */
  bandTypes: number;
  capabilities: number;
  maxBands: number;
  maxColor: number;
}

export const meterFeaturesReplyCodec: Codec<MeterFeaturesReply> = {
  type: "meter_features_reply",
  wires: statsWires("OFPST_METER_FEATURES", "reply", 11, V13),
  decode(r) {
    const m: MeterFeaturesReply = {
      type: "meter_features_reply",
      maxMeters: r.u32(),
      bandTypes: r.u32(),
      capabilities: r.u32(),
      maxBands: r.u8(),
      maxColor: r.u8(),
    };
    r.skip(2);
    return m;
  },
  encode(w, m) {
    w.u32(m.maxMeters).u32(m.bandTypes).u32(m.capabilities);
    w.u8(m.maxBands).u8(m.maxColor).zeros(2);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** Meters (OpenFlow 1.3.5 §7.3.4.4, §7.3.5.12 to §7.3.5.14). */
import { OfpError } from "../errors.js";
import { METER_COMMAND, METER_FLAG, type MeterBand, type MeterConfig } from "../meter.js";
import { type Codec, emptyCodec, LATEST, type Multipart, statsWires, V13 } from "./codec.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

/** Every band of the standard has this length. */
const BAND_BYTES = 16;
const BAND_DROP = 1;
const BAND_REMARK = 2;

export interface MeterMod extends MeterConfig {
  type: "meter_mod";
  /** METER_COMMAND. */
  command: number;
}

function readBands(r: WireReader): MeterBand[] {
  const bands: MeterBand[] = [];
  while (r.left >= BAND_BYTES) {
    const type = r.u16();
    if (r.u16() !== BAND_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
    if (type !== BAND_DROP && type !== BAND_REMARK) throw new OfpError("OFPMMFC_BAD_BAND");
    const [rate, burstSize, precLevel] = [r.u32(), r.u32(), r.u8()];
    r.skip(3);
    bands.push({ type, rate, burstSize, precLevel: type === BAND_REMARK ? precLevel : 0 });
  }
  if (r.left > 0) throw new OfpError("OFPBRC_BAD_LEN");
  return bands;
}

function writeBands(w: WireWriter, bands: readonly MeterBand[]): void {
  for (const band of bands) {
    w.u16(band.type).u16(BAND_BYTES).u32(band.rate).u32(band.burstSize);
    w.u8(band.precLevel).zeros(3);
  }
}

export const meterModCodec: Codec<MeterMod> = {
  type: "meter_mod",
  wires: [{ name: "OFPT_METER_MOD", versions: [V13, LATEST], type: 29 }],
  decode(r) {
    const [command, flags, meterId] = [r.u16(), r.u16(), r.u32()];
    if (command > METER_COMMAND.DELETE) throw new OfpError("OFPMMFC_BAD_COMMAND");
    if (command === METER_COMMAND.DELETE) {
      r.skip(r.left);
      return { type: "meter_mod", command, flags: 0, meterId, bands: [] };
    }
    const { KBPS, PKTPS } = METER_FLAG;
    if (flags & KBPS && flags & PKTPS) throw new OfpError("OFPMMFC_BAD_FLAGS");
    return { type: "meter_mod", command, flags, meterId, bands: readBands(r) };
  },
  encode(w, m) {
    w.u16(m.command)
      .u16(m.command === METER_COMMAND.DELETE ? 0 : m.flags)
      .u32(m.meterId);
    writeBands(w, m.bands);
  },
};

export interface MeterStatsRequest {
  type: "meter_stats_request";
  /** METER_ID.ALL for all. */
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

export interface MeterStats {
  meterId: number;
  /** Flows that refer to it. */
  flowCount: number;
  packets: number;
  bytes: number;
  durationMs: number;
  /** What each band acted on. */
  bands: readonly { packets: number; bytes: number }[];
}

export interface MeterStatsReply extends Multipart {
  type: "meter_stats_reply";
  meters: MeterStats[];
}

const STATS_BYTES = 40;

function decodeMeterStats(r: WireReader): MeterStats {
  const room = r.left;
  const meterId = r.u32();
  const length = r.u16();
  if (length < STATS_BYTES || length > room) throw new OfpError("OFPBRC_BAD_LEN");
  r.skip(6);
  const flowCount = r.u32();
  const [packets, bytes] = [Number(r.u64()), Number(r.u64())];
  const durationMs = readDuration(r) ?? 0;
  const bands: { packets: number; bytes: number }[] = [];
  const body = r.sub(length - STATS_BYTES);
  while (body.left > 0) bands.push({ packets: Number(body.u64()), bytes: Number(body.u64()) });
  return { meterId, flowCount, packets, bytes, durationMs, bands };
}

export const meterStatsReplyCodec: Codec<MeterStatsReply> = {
  type: "meter_stats_reply",
  wires: statsWires("OFPST_METER", "reply", 9, V13),
  decode(r) {
    const meters: MeterStats[] = [];
    while (r.left > 0) meters.push(decodeMeterStats(r));
    return { type: "meter_stats_reply", meters };
  },
  encode(w, m) {
    for (const meter of m.meters) {
      w.u32(meter.meterId).u16(STATS_BYTES + 16 * meter.bands.length);
      w.zeros(6).u32(meter.flowCount).counter(meter.packets).counter(meter.bytes);
      writeDuration(w, meter.durationMs);
      for (const { packets, bytes } of meter.bands) w.counter(packets).counter(bytes);
      w.mark();
    }
  },
};

export interface MeterConfigReply extends Multipart {
  type: "meter_config_reply";
  meters: MeterConfig[];
}

const CONFIG_BYTES = 8;

function decodeMeterConfig(r: WireReader): MeterConfig {
  const room = r.left;
  const [length, flags, meterId] = [r.u16(), r.u16(), r.u32()];
  if (length < CONFIG_BYTES || length > room) throw new OfpError("OFPBRC_BAD_LEN");
  return { meterId, flags, bands: readBands(r.sub(length - CONFIG_BYTES)) };
}

export const meterConfigReplyCodec: Codec<MeterConfigReply> = {
  type: "meter_config_reply",
  wires: statsWires("OFPST_METER_CONFIG", "reply", 10, V13),
  decode(r) {
    const meters: MeterConfig[] = [];
    while (r.left > 0) meters.push(decodeMeterConfig(r));
    return { type: "meter_config_reply", meters };
  },
  encode(w, m) {
    for (const { meterId, flags, bands } of m.meters) {
      w.u16(CONFIG_BYTES + BAND_BYTES * bands.length)
        .u16(flags)
        .u32(meterId);
      writeBands(w, bands);
      w.mark();
    }
  },
};

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
  /** METER_FLAG bits. */
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

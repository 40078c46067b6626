// SPDX-License-Identifier: Apache-2.0
/**
 * The description of a port (`ofp_phy_port`, OpenFlow 1.0 §5.2.1; `ofp_port`, 1.3.5 §7.2.1) and
 * the messages made of it: OFPMP_PORT_DESC, OFPT_PORT_STATUS, OFPT_PORT_MOD.
 */
import { OfpError } from "../errors.js";
import {
  type Codec,
  everywhere,
  LATEST,
  type Multipart,
  statsWires,
  V10,
  V11,
  V14,
  V15,
} from "./codec.js";
import { readPort, writePort } from "./port-number.js";
import { propertyU32, readProperties, unknownProperty, writeProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

/** A port, version-independent; the bits are those of src/ofproto/ofproto-port.ts. */
export interface PortDesc {
  readonly ofpPort: number;
  readonly name: string;
  hwAddr: Uint8Array;
  config: number;
  state: number;
  curr: number;
  advertised: number;
  supported: number;
  peer: number;
  /** Kilobits per second; OpenFlow 1.1+. */
  currSpeed: number;
  maxSpeed: number;
}

const NAME_BYTES = 16;
/** PORT_DOWN, NO_RECV, NO_FWD, NO_PACKET_IN: what `ofp_port_config` has in OpenFlow 1.1+. */
const CONFIG_11 = 0x65;
const CONFIG_10 = 0x7f;
/** LINK_DOWN and the STP bits; LINK_DOWN, BLOCKED and LIVE. */
const STATE_10 = 0x301;
const STATE_11 = 0x7;
/** 10 Mb … 10 Gb are at the same bits in all versions. */
const SPEEDS_10 = 0x7f;
/** COPPER … PAUSE_ASYM are five bits, at 7 in OpenFlow 1.0 and at 11 later. */
const MEDIA_BITS = 0x1f;

/** Feature bits from OpenFlow 1.0 positions to the 1.1+ ones. */
export function featuresFrom10(bits: number): number {
  return (bits & SPEEDS_10) | (((bits >> 7) & MEDIA_BITS) << 11);
}

/** Feature bits from OpenFlow 1.1+ positions to the 1.0 ones. */
export function featuresTo10(bits: number): number {
  return (bits & SPEEDS_10) | (((bits >> 11) & MEDIA_BITS) << 7);
}

/** `OFPPDPT_ETHERNET` and `OFPPMPT_ETHERNET`. */
const PROPERTY_ETHERNET = 0;
const ENTRY_BYTES_14 = 40;

/** OpenFlow 1.4+: features and speeds are a property. */
function decodePort14(r: WireReader, version: number): PortDesc {
  const ofpPort = readPort(r, version);
  const length = r.u16();
  if (length < ENTRY_BYTES_14) throw new OfpError("OFPBRC_BAD_LEN");
  const entry = r.sub(length - 6);
  entry.skip(2);
  const hwAddr = entry.take(6);
  entry.skip(2);
  const name = entry.text(NAME_BYTES);
  const [config, state] = [entry.u32() & CONFIG_11, entry.u32() & STATE_11];
  const port: PortDesc = {
    ...{ ofpPort, name, hwAddr, config, state, curr: 0, advertised: 0, supported: 0 },
    ...{ peer: 0, currSpeed: 0, maxSpeed: 0 },
  };
  for (const { type, body } of readProperties(entry)) {
    if (type !== PROPERTY_ETHERNET) continue;
    if (body.left !== 28) throw new OfpError("OFPBPC_BAD_LEN");
    body.skip(4);
    const features = (): number => body.u32() & 0xffff;
    port.curr = features();
    port.advertised = features();
    port.supported = features();
    port.peer = features();
    port.currSpeed = body.u32();
    port.maxSpeed = body.u32();
  }
  return port;
}

function encodePort14(w: WireWriter, port: PortDesc): void {
  const start = w.length;
  w.u32(port.ofpPort).zeros(4).append(port.hwAddr).zeros(2).text(port.name, NAME_BYTES);
  w.u32(port.config & CONFIG_11).u32(port.state & STATE_11);
  writeProperty(w, PROPERTY_ETHERNET, () => {
    w.zeros(4).u32(port.curr).u32(port.advertised).u32(port.supported).u32(port.peer);
    w.u32(port.currSpeed).u32(port.maxSpeed);
  });
  w.setU16(start + 4, w.length - start);
}

export function decodePort(r: WireReader, version: number): PortDesc {
  if (version >= V14) return decodePort14(r, version);
  const is10 = version === V10;
  const ofpPort = readPort(r, version);
  if (!is10) r.skip(4);
  const hwAddr = r.take(6);
  if (!is10) r.skip(2);
  const name = r.text(NAME_BYTES);
  const config = r.u32() & (is10 ? CONFIG_10 : CONFIG_11);
  const state = r.u32() & (is10 ? STATE_10 : STATE_11);
  const features = (): number => (is10 ? featuresFrom10(r.u32()) : r.u32() & 0xffff);
  const [curr, advertised, supported, peer] = [features(), features(), features(), features()];
  return {
    ofpPort,
    name,
    hwAddr,
    config,
    state,
    curr,
    advertised,
    supported,
    peer,
    currSpeed: is10 ? speedOf(curr) : r.u32(),
    maxSpeed: is10 ? speedOf(supported) : r.u32(),
  };
}

/** Kilobits per second of the fastest mode among feature bits (1.1+ positions); 0 for none. */
export function speedOf(features: number): number {
  const SPEEDS: readonly (readonly [number, number])[] = [
    [1 << 9, 1_000_000_000],
    [1 << 8, 100_000_000],
    [1 << 7, 40_000_000],
    [1 << 6, 10_000_000],
    [0x30, 1_000_000],
    [0x0c, 100_000],
    [0x03, 10_000],
  ];
  return SPEEDS.find(([bits]) => features & bits)?.[1] ?? 0;
}

export function encodePort(w: WireWriter, port: PortDesc, version: number): void {
  if (version >= V14) {
    encodePort14(w, port);
    return;
  }
  const is10 = version === V10;
  writePort(w, port.ofpPort, version);
  if (!is10) w.zeros(4);
  w.append(port.hwAddr);
  if (!is10) w.zeros(2);
  w.text(port.name, NAME_BYTES);
  w.u32(port.config & (is10 ? CONFIG_10 : CONFIG_11));
  w.u32(port.state & (is10 ? STATE_10 : STATE_11));
  for (const bits of [port.curr, port.advertised, port.supported, port.peer]) {
    w.u32(is10 ? featuresTo10(bits) : bits);
  }
  if (!is10) w.u32(port.currSpeed).u32(port.maxSpeed);
}

export interface PortDescRequest {
  type: "port_desc_request";
  /** Undefined is all, as always before OpenFlow 1.5. */
  port?: number;
}

export interface PortDescReply extends Multipart {
  type: "port_desc_reply";
  ports: PortDesc[];
}

const PORT_DESC = 13;

/** `OFPP_ANY`. */
const PORT_ANY = 0xffffffff;

export const portDescRequestCodec: Codec<PortDescRequest> = {
  type: "port_desc_request",
  wires: statsWires("OFPST_PORT_DESC", "request", PORT_DESC),
  decode(r, { version }) {
    if (version < V15) return { type: "port_desc_request" };
    const port = readPort(r, version);
    r.skip(4);
    return port === PORT_ANY ? { type: "port_desc_request" } : { type: "port_desc_request", port };
  },
  encode(w, m, version) {
    if (version >= V15) w.u32(m.port ?? PORT_ANY).zeros(4);
  },
};

export const portDescReplyCodec: Codec<PortDescReply> = {
  type: "port_desc_reply",
  wires: statsWires("OFPST_PORT_DESC", "reply", PORT_DESC),
  decode(r, { version }) {
    const ports: PortDesc[] = [];
    while (r.left > 0) ports.push(decodePort(r, version));
    return { type: "port_desc_reply", ports };
  },
  encode(w, message, version) {
    for (const port of message.ports) {
      encodePort(w, port, version);
      w.mark();
    }
  },
};

/** `ofp_port_reason`. */
export const PORT_REASON = { ADD: 0, DELETE: 1, MODIFY: 2 } as const;

export interface PortStatus {
  type: "port_status";
  reason: number;
  port: PortDesc;
}

export const portStatusCodec: Codec<PortStatus> = {
  type: "port_status",
  wires: everywhere("OFPT_PORT_STATUS", 12),
  decode(r, { version }) {
    const reason = r.u8();
    if (reason > PORT_REASON.MODIFY) throw new OfpError("NXBRC_BAD_REASON");
    r.skip(7);
    return { type: "port_status", reason, port: decodePort(r, version) };
  },
  encode(w, message, version) {
    w.u8(message.reason).zeros(7);
    encodePort(w, message.port, version);
  },
};

export interface PortMod {
  type: "port_mod";
  port: number;
  hwAddr: Uint8Array;
  config: number;
  mask: number;
  /** Features to advertise, 0 leaves them. */
  advertise: number;
}

function readAdvertise(r: WireReader): number {
  let advertise = 0;
  for (const property of readProperties(r)) {
    if (property.type !== PROPERTY_ETHERNET) throw unknownProperty(property);
    advertise = propertyU32(property);
  }
  return advertise;
}

export const portModCodec: Codec<PortMod> = {
  type: "port_mod",
  wires: [
    { name: "OFPT_PORT_MOD", versions: [V10, V10], type: 15 },
    { name: "OFPT_PORT_MOD", versions: [V11, LATEST], type: 16 },
  ],
  decode(r, { version }) {
    const is10 = version === V10;
    const port = readPort(r, version);
    if (!is10) r.skip(4);
    const hwAddr = r.take(6);
    if (!is10) r.skip(2);
    const bits = is10 ? CONFIG_10 : CONFIG_11;
    const config = r.u32() & bits;
    const mask = r.u32() & bits;
    if (version >= V14) {
      return { type: "port_mod", port, hwAddr, config, mask, advertise: readAdvertise(r) };
    }
    const raw = r.u32();
    r.skip(4);
    const advertise = is10 ? featuresFrom10(raw) : raw;
    return { type: "port_mod", port, hwAddr, config, mask, advertise };
  },
  encode(w, m, version) {
    const is10 = version === V10;
    writePort(w, m.port, version);
    if (!is10) w.zeros(4);
    w.append(m.hwAddr);
    if (!is10) w.zeros(2);
    w.u32(m.config).u32(m.mask);
    if (version >= V14) {
      if (m.advertise) writeProperty(w, PROPERTY_ETHERNET, () => w.u32(m.advertise));
      return;
    }
    w.u32(is10 ? featuresTo10(m.advertise) : m.advertise).zeros(4);
  },
};

// SPDX-License-Identifier: Apache-2.0
/** `encap`, `decap` and `dec_nsh_ttl`: packets that are not, or no longer, Ethernet. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { type EncapProperty, type OfpAct, PACKET_TYPE } from "../ofp-actions.js";
import { PROTOCOLS } from "../protocols.js";
import { keyValues, nextKeyValue } from "../text/key-value.js";
import { bytesFromHex, hexOfBytes, parseU8, parseU16, syntaxError } from "../text/numbers.js";
import {
  action,
  type CheckContext,
  endAction,
  extensible,
  nicira,
  noArgument,
  type ParseContext,
  startVendor,
  V,
} from "./codec.js";

type Encap = Extract<OfpAct, { type: "encap" }>;

const OF13_UP = [V.OF13, V.OF15] as const;
const HEADERS: readonly (readonly [name: string, packetType: number])[] = [
  ["ethernet", PACKET_TYPE.ETHERNET],
  ["nsh", PACKET_TYPE.NSH],
  ["mpls", PACKET_TYPE.MPLS],
  ["mpls_mc", PACKET_TYPE.MPLS_MCAST],
];
/** Class of NSH's properties and their types. */
const CLASS_NSH = 4;
const MD_TYPE = 1;
const TLV = 2;
/** Namespaces of packet types; the second is that of EtherTypes. */
const NAMESPACES = 5;
const NS_ETHERTYPE = 1;
const ETH_TYPE_NSH = 0x894f;

function parseMdType(value: string): EncapProperty {
  const mdType = parseU8(value, "md_type");
  if (mdType < 1 || mdType > 2) throw syntaxError("invalid md_type");
  return { kind: "md_type", mdType };
}

function parseTlv(value: string): EncapProperty {
  const m = /^0x\s*([0-9a-fA-F]{1,4}),\s*(\d+),0x([0-9a-fA-F]{1,251})/.exec(value);
  if (!m) throw syntaxError(`Invalid NSH TLV header: ${value}`);
  const digits = m[3].slice(0, m[3].length & ~1);
  return {
    kind: "tlv",
    tlvClass: Number.parseInt(m[1], 16),
    tlvType: Number(m[2]) & 0xff,
    value: bytesFromHex(digits),
  };
}

function parseProperties(packetType: number, text: string): EncapProperty[] {
  return keyValues(text).map(({ key, value }) => {
    const isKnown = packetType === PACKET_TYPE.NSH && (key === "md_type" || key === "tlv");
    if (!isKnown) throw syntaxError(`Invalid property: ${key}`);
    if (value === "") throw syntaxError("Value missing for encap property");
    return key === "md_type" ? parseMdType(value) : parseTlv(value);
  });
}

function parseEncap(arg: string, c: ParseContext): OfpAct {
  c.usable &= PROTOCOLS.OF13_UP;
  const kv = nextKeyValue(arg);
  if (!kv) throw syntaxError(`Missing encap hdr: ${arg}`);
  const found = HEADERS.find(([name]) => name === kv.key);
  if (!found) throw syntaxError(`Encap hdr not supported: ${kv.value}`);
  const properties = parseProperties(found[1], kv.value);
  return { type: "encap", packetType: found[1], headerSize: 0, properties };
}

function formatProperty(property: EncapProperty): string {
  if (property.kind === "md_type") return `md_type=${property.mdType}`;
  const { tlvClass, tlvType, value } = property;
  const shown = hexOfBytes(value).replace(/^0+(?=.)/, "");
  return `tlv(0x${tlvClass.toString(16).padStart(4, "0")},${tlvType},0x${shown || "0"})`;
}

function readProperty(r: WireReader): EncapProperty {
  if (r.left < 8) throw new OfpError("OFPBAC_BAD_LEN");
  const propertyClass = r.u16();
  const kind = r.u8();
  const length = r.u8();
  const padded = (length + 7) & ~7;
  if (length < 4 || padded - 4 > r.left) throw new OfpError("OFPBAC_BAD_LEN");
  if (propertyClass !== CLASS_NSH) throw new OfpError("NXBAC_UNKNOWN_ED_PROP");
  const body = r.sub(padded - 4);
  if (kind === MD_TYPE) {
    if (length > 8) throw new OfpError("NXBAC_BAD_ED_PROP");
    return { kind: "md_type", mdType: body.u8() };
  }
  if (kind !== TLV) throw new OfpError("NXBAC_UNKNOWN_ED_PROP");
  if (body.left < 4) throw new OfpError("NXBAC_BAD_ED_PROP");
  const [tlvClass, tlvType, valueLength] = [body.u16(), body.u8(), body.u8()];
  if (length !== 8 + ((valueLength + 7) & ~7)) throw new OfpError("NXBAC_BAD_ED_PROP");
  return { kind: "tlv", tlvClass, tlvType, value: body.take(valueLength) };
}

function decodeEncap(r: WireReader): Encap {
  const headerSize = r.u16();
  const packetType = r.u32();
  if (!HEADERS.some(([, type]) => type === packetType)) {
    throw new OfpError("NXBAC_BAD_HEADER_TYPE");
  }
  const properties: EncapProperty[] = [];
  while (r.left > 0) properties.push(readProperty(r));
  return { type: "encap", packetType, headerSize, properties };
}

function writeProperty(w: WireWriter, property: EncapProperty): void {
  if (property.kind === "md_type") {
    w.u16(CLASS_NSH).u8(MD_TYPE).u8(5).u8(property.mdType).zeros(3);
    return;
  }
  const { tlvClass, tlvType, value } = property;
  const padded = (value.length + 7) & ~7;
  w.u16(CLASS_NSH)
    .u8(TLV)
    .u8(8 + padded);
  w.u16(tlvClass).u8(tlvType).u8(value.length).append(value);
  w.zeros(padded - value.length);
}

function checkEncap({ packetType }: Encap, { match: { flow } }: CheckContext): void {
  flow.view.setUint32(KEY_FIELDS.packet_type.offset, packetType);
  if (packetType >>> 16 === NS_ETHERTYPE) {
    flow.view.setUint16(KEY_FIELDS.eth_type.offset, packetType & 0xffff);
  }
  const type = flow.view.getUint16(KEY_FIELDS.eth_type.offset);
  if (type !== 0x0800 && type !== 0x86dd) flow.bytes[KEY_FIELDS.nw_proto.offset] = 0;
}

export const encap = action({
  type: "encap",
  name: "encap",
  parse: parseEncap,
  format({ packetType, properties }) {
    const name = HEADERS.find(([, type]) => type === packetType)?.[0] ?? "UNKNOWN";
    const list = properties.map(formatProperty).join(",");
    return `encap(${name}${list === "" ? "" : `(${list})`})`;
  },
  wires: [extensible(nicira(46, 16, decodeEncap, OF13_UP))],
  encode(w, act) {
    const start = startVendor(w, 46);
    w.u16(act.headerSize).u32(act.packetType);
    for (const property of act.properties) writeProperty(w, property);
    endAction(w, start);
  },
  check: checkEncap,
});

function parseDecap(arg: string): OfpAct {
  const kv = nextKeyValue(arg);
  if (!kv) return { type: "decap", packetType: PACKET_TYPE.USE_NEXT_PROTO };
  if (kv.key !== "packet_type") throw syntaxError(`Invalid decap argument: ${kv.key}`);
  const first = nextKeyValue(kv.value);
  if (first?.key !== "ns") throw syntaxError("Missing packet_type attribute ns");
  const ns = parseU16(first.value, "ns");
  if (ns >= NAMESPACES) throw syntaxError(`Unsupported ns value: ${ns}`);
  const second = nextKeyValue(first.rest);
  if (second?.key !== "type") throw syntaxError("Missing packet_type attribute type");
  return { type: "decap", packetType: ns * 0x10000 + parseU16(second.value, "type") };
}

export const decap = action({
  type: "decap",
  name: "decap",
  parse: parseDecap,
  format({ packetType }) {
    if (packetType === PACKET_TYPE.USE_NEXT_PROTO) return "decap()";
    const type = packetType & 0xffff;
    const shown = type === 0 ? "0" : `0x${type.toString(16)}`;
    return `decap(packet_type(ns=${packetType >>> 16},type=${shown}))`;
  },
  wires: [
    extensible(
      nicira(
        47,
        16,
        (r) => {
          r.skip(2);
          const packetType = r.u32();
          if (r.left > 0) throw new OfpError("NXBAC_UNKNOWN_ED_PROP");
          return { type: "decap", packetType };
        },
        OF13_UP,
      ),
    ),
  ],
  encode(w, act) {
    const start = startVendor(w, 47);
    w.zeros(2).u32(act.packetType);
    endAction(w, start);
  },
  check(_act, { match: { flow } }) {
    const { view } = flow;
    const type = view.getUint16(KEY_FIELDS.eth_type.offset);
    if (view.getUint32(KEY_FIELDS.packet_type.offset) === PACKET_TYPE.ETHERNET) {
      view.setUint32(KEY_FIELDS.packet_type.offset, (NS_ETHERTYPE << 16) | type);
      return;
    }
    // What comes out is known only then: no later action may depend on headers.
    view.setUint32(KEY_FIELDS.packet_type.offset, PACKET_TYPE.UNKNOWN);
    view.setUint16(KEY_FIELDS.eth_type.offset, 0xffff);
  },
});

export const decNshTtl = action({
  type: "dec_nsh_ttl",
  name: "dec_nsh_ttl",
  parse: noArgument({ type: "dec_nsh_ttl" }),
  format: () => "dec_nsh_ttl",
  wires: [nicira(48, 16, () => ({ type: "dec_nsh_ttl" }), OF13_UP)],
  encode(w) {
    endAction(w, startVendor(w, 48));
  },
  check(_act, c) {
    const { view } = c.match.flow;
    const isNsh =
      view.getUint32(KEY_FIELDS.packet_type.offset) === PACKET_TYPE.NSH ||
      view.getUint16(KEY_FIELDS.eth_type.offset) === ETH_TYPE_NSH;
    if (!isNsh) c.consistent = false;
  },
});

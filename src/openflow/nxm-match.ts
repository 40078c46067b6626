// SPDX-License-Identifier: Apache-2.0
/**
 * Matches as lists of NXM entries (NXT_FLOW_MOD) and as OpenFlow 1.2+ `ofp_match` with OXM
 * entries (OpenFlow 1.3.5 §7.2.2).
 */
import { OfpError } from "./errors.js";
import { bytesToBigint, getField, isAllWild, matchField } from "./field-access.js";
import { ETH_TYPE, etherType, IP_PROTO } from "./field-prereqs.js";
import {
  field,
  fieldNumber,
  isMaskValid,
  isPipelineField,
  isValueValid,
  type MfField,
  prereqsOk,
} from "./fields.js";
import { emptyMatch, type Match } from "./match.js";
import { WireReader, type WireWriter } from "./messages/wire.js";
import { type OxmEntry, readEntry, writeEntry } from "./nxm.js";

const U64 = 0xffffffffffffffffn;
/** `ofp_match_type` */
const MATCH_TYPE_STANDARD = 0;
const MATCH_TYPE_OXM = 1;
/** `OFPMT_STANDARD_LENGTH` */
const STANDARD_BYTES = 88;

export interface NxMatchOptions {
  /** Accept NXM_NX_COOKIE, which restricts modify, delete and dump. */
  allowCookie?: boolean;
  /** Skip unknown fields and do not check prerequisites: packet-in metadata. */
  loose?: boolean;
  /** Refuse fields that are not pipeline fields (packet-out of OpenFlow 1.5). */
  pipelineOnly?: boolean;
}

export interface NxMatch {
  match: Match;
  cookie: bigint;
  cookieMask: bigint;
}

function isCookie(entry: OxmEntry): boolean {
  const { oxmClass, oxmField } = entry.header;
  return oxmClass === 1 && oxmField === 30 && entry.value.length === 8 && entry.field === null;
}

function addEntry(match: Match, entry: OxmEntry, f: MfField, options: NxMatchOptions): void {
  if (entry.mask && !isMaskValid(f, entry.mask)) throw new OfpError("OFPBMC_BAD_MASK", f.name);
  if (!isValueValid(f, entry.value)) throw new OfpError("OFPBMC_BAD_VALUE", f.name);
  if (!options.loose && !prereqsOk(f, match.flow, match.mask)) {
    throw new OfpError("OFPBMC_BAD_PREREQ", f.name);
  }
  if (!isAllWild(match.mask, f)) throw new OfpError("OFPBMC_DUP_FIELD", f.name);
  if (options.pipelineOnly && !isPipelineField(f)) {
    throw new OfpError("OFPBRC_PIPELINE_FIELDS_ONLY", f.name);
  }
  matchField(match, f, entry.value, entry.mask);
  keepEthernetImplicit(match, f);
}

const PACKET_TYPE = field("packet_type");

/** Matching on Ethernet packets is what every match does anyway: it stays out of the mask. */
export function keepEthernetImplicit(match: Match, f: MfField): void {
  if (f === PACKET_TYPE && fieldNumber(match.flow, f) === 0) {
    matchField(match, f, 0, new Uint8Array(4));
  }
}

/** Decodes entries without header or padding. Throws OfpError. */
export function decodeNxMatch(bytes: Uint8Array, options: NxMatchOptions = {}): NxMatch {
  const match = emptyMatch();
  let cookie = 0n;
  let cookieMask = 0n;
  // A packet field says "an Ethernet packet", which packet_type must not say again.
  let impliesEthernet = false;
  const r = new WireReader(bytes);
  while (r.left > 0) {
    const entry = readEntry(r);
    if (options.allowCookie && isCookie(entry)) {
      if (cookieMask) throw new OfpError("OFPBMC_DUP_FIELD", "cookie");
      cookie = bytesToBigint(entry.value);
      cookieMask = entry.mask ? bytesToBigint(entry.mask) : U64;
    } else if (entry.field) {
      if (entry.field === PACKET_TYPE && impliesEthernet) throw new OfpError("OFPBMC_DUP_FIELD");
      addEntry(match, entry, entry.field, options);
      impliesEthernet ||= entry.field.prereq !== "none";
    } else if (!options.loose) {
      throw new OfpError("OFPBMC_BAD_FIELD");
    }
  }
  return { match, cookie, cookieMask };
}

/** Reads an `ofp_match` of OpenFlow 1.2+ with its padding. Throws OfpError. */
export function readOxmMatch(r: WireReader, options: NxMatchOptions = {}): Match {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const type = r.u16();
  const length = r.u16();
  if (type === MATCH_TYPE_STANDARD && length !== STANDARD_BYTES) {
    throw new OfpError("OFPBMC_BAD_LEN");
  }
  if (type !== MATCH_TYPE_OXM) throw new OfpError("OFPBMC_BAD_TYPE");
  const padded = Math.ceil(length / 8) * 8;
  if (length < 4 || r.left < padded - 4) throw new OfpError("OFPBMC_BAD_LEN");
  const bytes = r.view(length - 4);
  r.skip(padded - length);
  return decodeNxMatch(bytes, options).match;
}

/** Reads an NXM match of `length` bytes with its padding. Throws OfpError. */
export function readNxMatch(r: WireReader, length: number, options: NxMatchOptions = {}): NxMatch {
  const padded = Math.ceil(length / 8) * 8;
  if (r.left < padded) throw new OfpError("OFPBMC_BAD_LEN");
  const bytes = r.view(length);
  r.skip(padded - length);
  return decodeNxMatch(bytes, options);
}

const names = (text: string): MfField[] => text.split(" ").map(field);

const METADATA_FIRST = names("packet_type dp_hash recirc_id conj_id");
const LINK = names("actset_output eth_src eth_dst eth_type");
const MPLS = names("mpls_tc mpls_bos mpls_ttl mpls_label");
const IPV4_ADDRESSES = names("ip_src ip_dst");
const IPV6_ADDRESSES = names("ipv6_src ipv6_dst");
const IP_REST = names("nw_ecn nw_ttl ipv6_label nw_proto");
const ARP = names("arp_op arp_spa arp_tpa arp_sha arp_tha");
const L4: Record<number, MfField[]> = {
  [IP_PROTO.TCP]: names("tcp_src tcp_dst tcp_flags"),
  [IP_PROTO.UDP]: names("udp_src udp_dst"),
  [IP_PROTO.SCTP]: names("sctp_src sctp_dst"),
};
const ICMPV4 = names("icmp_type icmp_code");
const ICMPV6 = names("icmpv6_type icmpv6_code nd_reserved nd_target nd_options_type nd_sll nd_tll");
const TUNNEL = names(
  "tun_id tun_flags tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags " +
    "tun_erspan_idx tun_erspan_ver tun_erspan_dir tun_erspan_hwid tun_gtpu_flags " +
    "tun_gtpu_msgtype",
);
const NSH = names("nsh_flags nsh_ttl nsh_mdtype nsh_np nsh_spi nsh_si nsh_c1 nsh_c2 nsh_c3 nsh_c4");
const REGISTERS = Array.from({ length: 16 }, (_, n) => field(`reg${n}`));
const XREGISTERS = Array.from({ length: 8 }, (_, n) => field(`xreg${n}`));
const CONNTRACK = names(
  "pkt_mark ct_state ct_zone ct_mark ct_label ct_nw_src ct_ipv6_src ct_nw_dst ct_ipv6_dst",
);
const CT_PORTS = names("ct_nw_proto ct_tp_src ct_tp_dst");

const F = {
  inPort: field("in_port"),
  inPortOxm: field("in_port_oxm"),
  vlanTci: field("vlan_tci"),
  vlanVid: field("vlan_vid"),
  vlanPcp: field("vlan_pcp"),
  frag: field("ip_frag"),
  tos: field("nw_tos"),
  dscp: field("ip_dscp"),
  proto: field("nw_proto"),
  ctProto: field("ct_nw_proto"),
  metadata: field("metadata"),
};

/** What is being written: `version` 0 is NXM. */
interface Put {
  w: WireWriter;
  match: Match;
  version: number;
}

function put(p: Put, f: MfField): void {
  if (isAllWild(p.match.mask, f)) return;
  const mask = getField(p.match.mask, f);
  writeEntry(p.w, f, p.version, getField(p.match.flow, f), f.maskable ? mask : null);
}

function putAll(p: Put, fields: readonly MfField[]): void {
  for (const f of fields) put(p, f);
}

function putVlan(p: Put): void {
  if (!p.version) {
    put(p, F.vlanTci);
    return;
  }
  const vid = fieldNumber(p.match.flow, F.vlanVid);
  const mask = fieldNumber(p.match.mask, F.vlanVid);
  if (mask) {
    const bytes = mask === 0x1fff ? null : getField(p.match.mask, F.vlanVid);
    writeEntry(p.w, F.vlanVid, p.version, getField(p.match.flow, F.vlanVid), bytes);
  }
  if (vid) put(p, F.vlanPcp);
}

function putIp(p: Put): void {
  const { flow, mask } = p.match;
  const isV4 = etherType(flow) === ETH_TYPE.IP;
  putAll(p, isV4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
  const frag = fieldNumber(mask, F.frag);
  if (frag) {
    const bytes = frag === 3 ? null : Uint8Array.of(frag);
    writeEntry(p.w, F.frag, p.version, getField(flow, F.frag), bytes);
  }
  put(p, p.version ? F.dscp : F.tos);
  putAll(p, IP_REST);
  if (!fieldNumber(mask, F.proto)) return;
  const proto = fieldNumber(flow, F.proto);
  const ports = L4[proto];
  if (ports) putAll(p, ports);
  else if (isV4 && proto === IP_PROTO.ICMP) putAll(p, ICMPV4);
  else if (!isV4 && proto === IP_PROTO.ICMPV6) {
    putAll(
      p,
      ICMPV6.filter((f) => prereqsOk(f, flow)),
    );
  }
}

function putEntries(p: Put): void {
  const { flow } = p.match;
  putAll(p, METADATA_FIRST);
  put(p, p.version ? F.inPortOxm : F.inPort);
  putAll(p, LINK);
  putVlan(p);
  const type = etherType(flow);
  if (type === ETH_TYPE.MPLS || type === ETH_TYPE.MPLS_MCAST) putAll(p, MPLS);
  if (type === ETH_TYPE.IP || type === ETH_TYPE.IPV6) putIp(p);
  else if (type === ETH_TYPE.ARP || type === ETH_TYPE.RARP) putAll(p, ARP);
  putAll(p, TUNNEL);
  if (type === ETH_TYPE.NSH) putAll(p, NSH);
  putAll(p, p.version < 6 ? REGISTERS : XREGISTERS);
  putAll(p, CONNTRACK);
  if (fieldNumber(flow, F.ctProto)) putAll(p, CT_PORTS);
  put(p, F.metadata);
}

/** Writes entries without header or padding; `version` 0 is NXM. Returns their bytes. A cookie is
 * written when `cookieMask` is not 0. */
export function writeEntries(
  w: WireWriter,
  match: Match,
  version: number,
  cookie = 0n,
  cookieMask = 0n,
): number {
  const start = w.length;
  putEntries({ w, match, version });
  if (cookieMask) {
    const isMasked = cookieMask !== U64;
    w.u16(1)
      .u8((30 << 1) | (isMasked ? 1 : 0))
      .u8(isMasked ? 16 : 8);
    w.u64(cookie & cookieMask);
    if (isMasked) w.u64(cookieMask);
  }
  return w.length - start;
}

/** Writes an NXM match and its padding; returns the bytes without the padding. */
export function writeNxMatch(w: WireWriter, match: Match, cookie = 0n, cookieMask = 0n): number {
  const start = w.length;
  const length = writeEntries(w, match, 0, cookie, cookieMask);
  w.pad(8, start);
  return length;
}

/** Writes an `ofp_match` of OpenFlow 1.2+ and its padding; returns the bytes without it. */
export function writeOxmMatch(w: WireWriter, match: Match, version: number): number {
  const start = w.length;
  w.u16(MATCH_TYPE_OXM).u16(0);
  const length = 4 + writeEntries(w, match, version);
  w.setU16(start + 2, length);
  w.pad(8, start);
  return length;
}

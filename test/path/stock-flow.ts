// SPDX-License-Identifier: Apache-2.0
/** A packet's flow as `ovs-ofctl parse-pcap` prints it, from our key, part by part. */
import { FRAG_LATER, KEY_FIELDS, type KeyFieldName } from "../../pmd/shm/flow-key.js";
import { ipv4Text, ipv6Text, macText, TCP_FLAG_NAMES } from "../../src/odp/text.js";

const WORDS: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  2048: { 1: "icmp", 6: "tcp", 17: "udp", 132: "sctp" },
  34525: { 6: "tcp6", 17: "udp6", 58: "icmp6", 132: "sctp6" },
};
const PLAIN: Readonly<Record<number, string>> = {
  2048: "ip",
  34525: "ipv6",
  2054: "arp",
  32821: "rarp",
  34887: "mpls",
  34888: "mplsm",
};

/** Bottom of the label stack. */
const BOTTOM = 0x100;

class Key {
  constructor(readonly bytes: Uint8Array) {}

  number(name: KeyFieldName): number {
    const { offset, bytes } = KEY_FIELDS[name];
    return this.bytes.subarray(offset, offset + bytes).reduce((sum, byte) => sum * 256 + byte, 0);
  }
  mac = (name: KeyFieldName) => macText(this.bytes, KEY_FIELDS[name].offset);
  ipv4 = (name: KeyFieldName) => ipv4Text(this.bytes, KEY_FIELDS[name].offset);
  ipv6 = (name: KeyFieldName) => ipv6Text(this.bytes, KEY_FIELDS[name].offset);
}

function vlanParts(key: Key): string[] {
  const outer = key.number("vlan_tci0");
  if (outer === 0) return ["vlan_tci=0x0000"];
  const parts = [`dl_vlan=${outer & 0xfff}`, `dl_vlan_pcp=${outer >> 13}`];
  const inner = key.number("vlan_tci1");
  if (inner === 0) return [...parts, "vlan_tci1=0x0000"];
  return [...parts, `dl_vlan1=${inner & 0xfff}`, `dl_vlan_pcp1=${inner >> 13}`];
}

function mplsParts(key: Key): string[] {
  const entry = key.number("mpls_lse0");
  const second = key.number("mpls_lse1");
  const more: string[] = [];
  if (!(entry & BOTTOM)) more.push(`mpls_lse1=${second}`);
  if (!(entry & BOTTOM) && !(second & BOTTOM)) more.push(`mpls_lse2=${key.number("mpls_lse2")}`);
  return [
    ...more,
    `mpls_label=${entry >>> 12}`,
    `mpls_tc=${(entry >>> 9) & 7}`,
    `mpls_ttl=${entry & 255}`,
    `mpls_bos=${(entry >>> 8) & 1}`,
  ];
}

function arpParts(key: Key): string[] {
  return [
    `arp_spa=${key.ipv4("nw_src")}`,
    `arp_tpa=${key.ipv4("nw_dst")}`,
    `arp_op=${key.number("nw_proto")}`,
    `arp_sha=${key.mac("arp_sha")}`,
    `arp_tha=${key.mac("arp_tha")}`,
  ];
}

function ipParts(key: Key, type: number): string[] {
  const tos = key.number("nw_tos");
  const addresses =
    type === 0x0800
      ? [`nw_src=${key.ipv4("nw_src")}`, `nw_dst=${key.ipv4("nw_dst")}`]
      : [
          `ipv6_src=${key.ipv6("ipv6_src")}`,
          `ipv6_dst=${key.ipv6("ipv6_dst")}`,
          `ipv6_label=0x${key.number("ipv6_label").toString(16).padStart(5, "0")}`,
        ];
  return [
    ...addresses,
    `nw_tos=${tos & 0xfc}`,
    `nw_ecn=${tos & 3}`,
    `nw_ttl=${key.number("nw_ttl")}`,
    `nw_frag=${["no", "first", "", "later"][key.number("nw_frag")]}`,
  ];
}

function transportParts(key: Key, type: number): string[] {
  if (key.number("nw_frag") & FRAG_LATER) return [];
  const [source, destination] = [key.number("tp_src"), key.number("tp_dst")];
  const protocol = key.number("nw_proto");
  if (protocol === (type === 0x0800 ? 1 : 58)) {
    const parts = [`icmp_type=${source}`, `icmp_code=${destination}`];
    const isNd = protocol === 58 && (source === 135 || source === 136) && destination === 0;
    if (!isNd) return parts;
    return [
      ...parts,
      `nd_target=${key.ipv6("nd_target")}`,
      `nd_sll=${key.mac("arp_sha")}`,
      `nd_tll=${key.mac("arp_tha")}`,
    ];
  }
  if (![1, 2, 6, 17, 58, 132].includes(protocol)) return [];
  const ports = [`tp_src=${source}`, `tp_dst=${destination}`];
  if (protocol !== 6) return ports;
  const flags = TCP_FLAG_NAMES.filter((_, bit) => key.number("tcp_flags") & (1 << bit));
  return [...ports, `tcp_flags=${flags.length ? flags.join("|") : "0"}`];
}

/** Sorted. */
export function flowParts(bytes: Uint8Array): string[] {
  const key = new Key(bytes);
  const type = key.number("eth_type");
  const special = WORDS[type]?.[key.number("nw_proto")];
  const word = special ?? PLAIN[type];
  const parts = [...vlanParts(key), `dl_src=${key.mac("eth_src")}`, `dl_dst=${key.mac("eth_dst")}`];
  parts.push(word ?? `dl_type=0x${type.toString(16).padStart(4, "0")}`);
  if (type === 0x0800 || type === 0x86dd) {
    parts.push(...ipParts(key, type), ...transportParts(key, type));
    if (!special) parts.push(`nw_proto=${key.number("nw_proto")}`);
  } else if (type === 0x0806 || type === 0x8035) parts.push(...arpParts(key));
  else if (type === 0x8847 || type === 0x8848) parts.push(...mplsParts(key));
  return parts.sort();
}

/** The parts of a printed flow, sorted, without its port. */
export function shownParts(line: string): string[] {
  return line
    .split(",")
    .filter((part) => part !== "in_port=ANY")
    .sort();
}

// SPDX-License-Identifier: Apache-2.0
/** Fields of packet headers. Order and properties: `ovs-fields(7)`. */
import { KEY_FIELDS, KEY_OVERLAYS } from "../../pmd/shm/flow-key.js";
import {
  ericssonOxm,
  type FieldRow,
  nshOxm,
  nxmNx,
  nxmOf,
  onf13,
  oxm12,
  oxm13,
  row,
} from "./mf-field.js";

const K = KEY_FIELDS;
const O = KEY_OVERLAYS;
const HEX = "hexadecimal";
const WRITE = { writable: true } as const;
const MASK_WRITE = { maskable: true, writable: true } as const;

const ETH = { ...MASK_WRITE, format: "ethernet", prereq: "ethernet" } as const;

const LINK: readonly FieldRow[] = [
  row("eth_src", K.eth_src, {
    ...ETH,
    alias: "dl_src",
    headers: [nxmOf("ETH_SRC", 2), oxm12("ETH_SRC", 4)],
  }),
  row("eth_dst", K.eth_dst, {
    ...ETH,
    alias: "dl_dst",
    headers: [nxmOf("ETH_DST", 1), oxm12("ETH_DST", 3)],
  }),
  row("eth_type", K.eth_type, {
    alias: "dl_type",
    format: HEX,
    prereq: "ethernet",
    headers: [nxmOf("ETH_TYPE", 3), oxm12("ETH_TYPE", 5)],
  }),
  row("vlan_tci", K.vlan_tci0, {
    ...MASK_WRITE,
    format: HEX,
    prereq: "ethernet",
    headers: [nxmOf("VLAN_TCI", 4)],
  }),
  row("dl_vlan", K.vlan_tci0, { ...WRITE, bits: 12, prereq: "ethernet" }),
  row("vlan_vid", K.vlan_tci0, {
    ...MASK_WRITE,
    bits: 12,
    // The value includes the "tag is here" bit.
    storedMask: 0x1fff,
    prereq: "ethernet",
    headers: [oxm12("VLAN_VID", 6)],
  }),
  row("dl_vlan_pcp", K.vlan_tci0, { ...WRITE, bytes: 1, bits: 3, shift: 13, prereq: "ethernet" }),
  row("vlan_pcp", K.vlan_tci0, {
    ...WRITE,
    bytes: 1,
    bits: 3,
    shift: 13,
    prereq: "vlan",
    headers: [oxm12("VLAN_PCP", 7)],
  }),
];

const MPLS = { prereq: "mpls", writable: true } as const;
const MPLS_ROWS: readonly FieldRow[] = [
  row("mpls_label", K.mpls_lse0, {
    ...MPLS,
    bits: 20,
    shift: 12,
    headers: [oxm12("MPLS_LABEL", 34)],
  }),
  row("mpls_tc", K.mpls_lse0, {
    ...MPLS,
    bytes: 1,
    bits: 3,
    shift: 9,
    headers: [oxm12("MPLS_TC", 35)],
  }),
  row("mpls_bos", K.mpls_lse0, {
    bytes: 1,
    bits: 1,
    shift: 8,
    prereq: "mpls",
    headers: [oxm13("MPLS_BOS", 36)],
  }),
  row("mpls_ttl", K.mpls_lse0, { ...MPLS, bytes: 1, headers: [nxmNx("MPLS_TTL", 30)] }),
];

const IP: readonly FieldRow[] = [
  row("ip_src", K.nw_src, {
    ...MASK_WRITE,
    alias: "nw_src",
    format: "ipv4",
    prereq: "ipv4",
    headers: [nxmOf("IP_SRC", 7), oxm12("IPV4_SRC", 11)],
  }),
  row("ip_dst", K.nw_dst, {
    ...MASK_WRITE,
    alias: "nw_dst",
    format: "ipv4",
    prereq: "ipv4",
    headers: [nxmOf("IP_DST", 8), oxm12("IPV4_DST", 12)],
  }),
  row("ipv6_src", K.ipv6_src, {
    ...MASK_WRITE,
    format: "ipv6",
    prereq: "ipv6",
    headers: [nxmNx("IPV6_SRC", 19), oxm12("IPV6_SRC", 26)],
  }),
  row("ipv6_dst", K.ipv6_dst, {
    ...MASK_WRITE,
    format: "ipv6",
    prereq: "ipv6",
    headers: [nxmNx("IPV6_DST", 20), oxm12("IPV6_DST", 27)],
  }),
  row("ipv6_label", K.ipv6_label, {
    ...MASK_WRITE,
    bits: 20,
    storedMask: 0xffffffff,
    format: HEX,
    prereq: "ipv6",
    headers: [nxmNx("IPV6_LABEL", 27), oxm12("IPV6_FLABEL", 28)],
  }),
  row("nw_proto", K.nw_proto, {
    alias: "ip_proto",
    prereq: "ip",
    headers: [nxmOf("IP_PROTO", 6), oxm12("IP_PROTO", 10)],
  }),
  row("nw_tos", K.nw_tos, {
    ...WRITE,
    storedMask: 0xfc,
    prereq: "ip",
    headers: [nxmOf("IP_TOS", 5)],
  }),
  row("ip_dscp", K.nw_tos, {
    ...WRITE,
    bits: 6,
    shift: 2,
    prereq: "ip",
    headers: [oxm12("IP_DSCP", 8)],
  }),
  row("nw_ecn", K.nw_tos, {
    ...WRITE,
    alias: "ip_ecn",
    bits: 2,
    prereq: "ip",
    headers: [nxmNx("IP_ECN", 28), oxm12("IP_ECN", 9)],
  }),
  row("nw_ttl", K.nw_ttl, { ...WRITE, prereq: "ip", headers: [nxmNx("IP_TTL", 29)] }),
  row("ip_frag", K.nw_frag, {
    alias: "nw_frag",
    bits: 2,
    maskable: true,
    format: "frag",
    prereq: "ip",
    headers: [nxmNx("IP_FRAG", 26)],
  }),
];

const ARP: readonly FieldRow[] = [
  row("arp_op", K.nw_proto, {
    ...WRITE,
    bytes: 2,
    storedMask: 0xff,
    prereq: "arp",
    headers: [nxmOf("ARP_OP", 15), oxm12("ARP_OP", 21)],
  }),
  row("arp_spa", K.nw_src, {
    ...MASK_WRITE,
    format: "ipv4",
    prereq: "arp",
    headers: [nxmOf("ARP_SPA", 16), oxm12("ARP_SPA", 22)],
  }),
  row("arp_tpa", K.nw_dst, {
    ...MASK_WRITE,
    format: "ipv4",
    prereq: "arp",
    headers: [nxmOf("ARP_TPA", 17), oxm12("ARP_TPA", 23)],
  }),
  row("arp_sha", K.arp_sha, {
    ...MASK_WRITE,
    format: "ethernet",
    prereq: "arp",
    headers: [nxmNx("ARP_SHA", 17), oxm12("ARP_SHA", 24)],
  }),
  row("arp_tha", K.arp_tha, {
    ...MASK_WRITE,
    format: "ethernet",
    prereq: "arp",
    headers: [nxmNx("ARP_THA", 18), oxm12("ARP_THA", 25)],
  }),
];

const TRANSPORT: readonly FieldRow[] = [
  row("tcp_src", K.tp_src, {
    ...MASK_WRITE,
    alias: "tp_src",
    prereq: "tcp",
    headers: [nxmOf("TCP_SRC", 9), oxm12("TCP_SRC", 13)],
  }),
  row("tcp_dst", K.tp_dst, {
    ...MASK_WRITE,
    alias: "tp_dst",
    prereq: "tcp",
    headers: [nxmOf("TCP_DST", 10), oxm12("TCP_DST", 14)],
  }),
  row("tcp_flags", K.tcp_flags, {
    bits: 12,
    storedMask: 0xffff,
    maskable: true,
    format: "tcp_flags",
    prereq: "tcp",
    headers: [nxmNx("TCP_FLAGS", 34), onf13("TCP_FLAGS", 42)],
  }),
  row("udp_src", K.tp_src, {
    ...MASK_WRITE,
    prereq: "udp",
    headers: [nxmOf("UDP_SRC", 11), oxm12("UDP_SRC", 15)],
  }),
  row("udp_dst", K.tp_dst, {
    ...MASK_WRITE,
    prereq: "udp",
    headers: [nxmOf("UDP_DST", 12), oxm12("UDP_DST", 16)],
  }),
  row("sctp_src", K.tp_src, { ...MASK_WRITE, prereq: "sctp", headers: [oxm12("SCTP_SRC", 17)] }),
  row("sctp_dst", K.tp_dst, { ...MASK_WRITE, prereq: "sctp", headers: [oxm12("SCTP_DST", 18)] }),
];

/** ICMP type and code: one byte on the wire, two in the flow. */
function icmp(name: string, version: "icmpv4" | "icmpv6", isType: boolean): FieldRow {
  const what = isType ? "TYPE" : "CODE";
  const headers =
    version === "icmpv4"
      ? [nxmOf(`ICMP_${what}`, isType ? 13 : 14), oxm12(`ICMPV4_${what}`, isType ? 19 : 20)]
      : [nxmNx(`ICMPV6_${what}`, isType ? 21 : 22), oxm12(`ICMPV6_${what}`, isType ? 29 : 30)];
  return row(name, isType ? K.tp_src : K.tp_dst, {
    ...WRITE,
    bytes: 1,
    storedMask: 0xffff,
    prereq: version,
    headers,
  });
}

const ICMP: readonly FieldRow[] = [
  icmp("icmp_type", "icmpv4", true),
  icmp("icmp_code", "icmpv4", false),
  icmp("icmpv6_type", "icmpv6", true),
  icmp("icmpv6_code", "icmpv6", false),
  row("nd_target", K.nd_target, {
    ...MASK_WRITE,
    format: "ipv6",
    prereq: "nd",
    headers: [nxmNx("ND_TARGET", 23), oxm12("IPV6_ND_TARGET", 31)],
  }),
  row("nd_sll", K.arp_sha, {
    ...MASK_WRITE,
    format: "ethernet",
    prereq: "nd_solicit",
    headers: [nxmNx("ND_SLL", 24), oxm12("IPV6_ND_SLL", 32)],
  }),
  row("nd_tll", K.arp_tha, {
    ...MASK_WRITE,
    format: "ethernet",
    prereq: "nd_advert",
    headers: [nxmNx("ND_TLL", 25), oxm12("IPV6_ND_TLL", 33)],
  }),
  row("nd_reserved", O.nd_reserved, {
    ...WRITE,
    prereq: "nd",
    headers: [ericssonOxm("ICMPV6_ND_RESERVED", 1)],
  }),
  row("nd_options_type", O.nd_options_type, {
    ...WRITE,
    prereq: "nd",
    headers: [ericssonOxm("ICMPV6_ND_OPTIONS_TYPE", 2)],
  }),
];

const NSH_ROWS: readonly FieldRow[] = [
  row("nsh_flags", O.nsh_flags, { ...MASK_WRITE, prereq: "nsh", headers: [nshOxm("FLAGS", 1)] }),
  row("nsh_mdtype", O.nsh_mdtype, { prereq: "nsh", headers: [nshOxm("MDTYPE", 2)] }),
  row("nsh_np", O.nsh_np, { prereq: "nsh", headers: [nshOxm("NP", 3)] }),
  row("nsh_spi", O.nsh_path_hdr, {
    ...WRITE,
    alias: "nsp",
    bits: 24,
    shift: 8,
    format: HEX,
    prereq: "nsh",
    headers: [nshOxm("SPI", 4)],
  }),
  row(
    "nsh_si",
    { offset: O.nsh_path_hdr.offset + 3, bytes: 1 },
    { ...WRITE, alias: "nsi", prereq: "nsh", headers: [nshOxm("SI", 5)] },
  ),
  ...[1, 2, 3, 4].map((n) =>
    row(
      `nsh_c${n}`,
      { offset: O.nsh_context.offset + 4 * (n - 1), bytes: 4 },
      {
        ...MASK_WRITE,
        alias: `nshc${n}`,
        format: HEX,
        prereq: "nsh",
        headers: [nshOxm(`C${n}`, 5 + n)],
      },
    ),
  ),
  row("nsh_ttl", O.nsh_ttl, { ...WRITE, prereq: "nsh", headers: [nshOxm("TTL", 10)] }),
];

export const PACKET_ROWS: readonly FieldRow[] = [
  ...LINK,
  ...MPLS_ROWS,
  ...IP,
  ...ARP,
  ...TRANSPORT,
  ...ICMP,
  ...NSH_ROWS,
];

// SPDX-License-Identifier: Apache-2.0
/** Generated flow tables over all fields and actions, and packets that have something to do with
 * them. The same seed gives the same. Some flows are nonsense, which a switch refuses. */
import type { Random } from "./random.js";

type Make = (r: Random) => string;

const pick =
  (...items: readonly (string | number)[]): Make =>
  (r) =>
    String(r.pick(items));
const mac = pick("50:54:00:00:00:01", "50:54:00:00:00:02", "aa:bb:cc:00:00:05");
const ip = pick("10.0.0.1", "10.0.0.129", "10.0.1.1", "192.168.0.1");
const ip6 = pick("2001:db8::1", "2001:db8::ff", "fe80::7");
const ipMatch = pick("10.0.0.1", "10.0.0.0/24", "10.0.0.0/9", "10.0.0.1/255.0.0.255");
const ip6Match = pick("2001:db8::1", "2001:db8::/64", "fe80::/10");
const macMatch = pick("50:54:00:00:00:01", "01:00:00:00:00:00/01:00:00:00:00:00");
const port = pick(22, 53, 80, 1024);
const portMatch = pick(22, 53, 80, "0x400/0xfc00", "0x10/0x10");
const small = pick(0, 1, 2, 7);
const mask32 = pick("0", "0x5", "0x0/0x1", "0x10/0xff", "0x1");
const number32 = pick(0, 1, 5, "0x12345", "0x10");

/** Kinds of packets: the words that make them, fields to match, fields that packets have. */
interface Kind {
  readonly words: string;
  readonly match: Readonly<Record<string, Make>>;
  readonly packet: Readonly<Record<string, Make>>;
}

const IP_MATCH: Readonly<Record<string, Make>> = {
  nw_tos: pick(0, 32, 184),
  nw_ecn: pick(0, 1, 3),
  nw_ttl: pick(1, 64),
};
const IP_PACKET: Readonly<Record<string, Make>> = {
  nw_ttl: pick(1, 2, 64),
  nw_tos: pick(0, 32),
  nw_ecn: pick(0, 3),
};
const v4 = { nw_src: ipMatch, nw_dst: ipMatch, ...IP_MATCH };
const v4Packet = { nw_src: ip, nw_dst: ip, ...IP_PACKET };
const v6 = { ipv6_src: ip6Match, ipv6_dst: ip6Match, ipv6_label: pick("0x12", "0/1"), ...IP_MATCH };
const v6Packet = { ipv6_src: ip6, ipv6_dst: ip6, ipv6_label: pick(0, "0x12"), ...IP_PACKET };
const transport = (name: string, value: Make): Record<string, Make> => ({
  [`${name}_src`]: value,
  [`${name}_dst`]: value,
});
const flags = pick("+syn", "+syn-ack", "0x2", "-rst");
const LABELS = { mpls_label: pick(0, 5, 1000), mpls_tc: small, mpls_bos: pick(0, 1) };
const NSH = {
  nsh_flags: pick(0, 1),
  nsh_ttl: pick(1, 2, 63),
  nsh_spi: pick("0x123", 0),
  nsh_si: pick(255, 3),
};
const NEIGHBOUR = { nd_target: ip6, nd_reserved: pick(0, 5) };

const KINDS: readonly Kind[] = [
  { words: "", match: {}, packet: {} },
  { words: "ip", match: { ...v4, ip_frag: pick("no", "yes", "later") }, packet: v4Packet },
  {
    words: "tcp",
    match: { ...v4, ...transport("tcp", portMatch), tcp_flags: flags },
    packet: { ...v4Packet, ...transport("tcp", port), tcp_flags: pick("0x2", "0x12") },
  },
  {
    words: "udp",
    match: { ...v4, ...transport("udp", portMatch) },
    packet: { ...v4Packet, ...transport("udp", port) },
  },
  {
    words: "sctp",
    match: { ...v4, ...transport("sctp", portMatch) },
    packet: { ...v4Packet, ...transport("sctp", port) },
  },
  {
    words: "icmp",
    match: { ...v4, icmp_type: pick(0, 8), icmp_code: pick(0) },
    packet: { ...v4Packet, icmp_type: pick(0, 8), icmp_code: pick(0, 1) },
  },
  { words: "ipv6", match: v6, packet: v6Packet },
  {
    words: "tcp6",
    match: { ...v6, ...transport("tcp", portMatch), tcp_flags: flags },
    packet: { ...v6Packet, ...transport("tcp", port) },
  },
  {
    words: "udp6",
    match: { ...v6, ...transport("udp", portMatch) },
    packet: { ...v6Packet, ...transport("udp", port) },
  },
  {
    words: "icmp6",
    match: { ...v6, icmpv6_type: pick(128, 135) },
    packet: { ...v6Packet, icmpv6_type: pick(128, 129), icmpv6_code: pick(0, 1) },
  },
  {
    words: "icmp6,icmpv6_type=135,icmpv6_code=0",
    match: { ...v6, ...NEIGHBOUR, nd_sll: macMatch },
    packet: { ...v6Packet, nd_target: ip6, nd_sll: mac },
  },
  {
    words: "icmp6,icmpv6_type=136,icmpv6_code=0",
    match: { ...v6, ...NEIGHBOUR, nd_tll: macMatch },
    packet: { ...v6Packet, nd_target: ip6, nd_tll: mac },
  },
  {
    words: "arp",
    match: {
      ...{ arp_op: pick(1, 2), arp_spa: ipMatch, arp_tpa: ipMatch },
      ...{ arp_sha: macMatch, arp_tha: macMatch },
    },
    packet: {
      ...{ arp_op: pick(1, 2), arp_spa: ip, arp_tpa: ip, arp_sha: mac, arp_tha: mac },
    },
  },
  { words: "mpls", match: LABELS, packet: { ...LABELS, mpls_ttl: pick(1, 2, 64) } },
  { words: "mplsm", match: LABELS, packet: { ...LABELS, mpls_ttl: pick(1, 64) } },
  { words: "dl_type=0x894f", match: NSH, packet: { ...NSH, nsh_ttl: pick(1, 63) } },
];

const METADATA: Readonly<Record<string, Make>> = {
  reg1: mask32,
  reg2: mask32,
  xreg3: mask32,
  xxreg3: mask32,
  metadata: pick("0", "0x7", "0x1/0x1"),
  pkt_mark: mask32,
  tun_id: mask32,
  tun_src: ipMatch,
  actset_output: pick(2, 3),
};
const LINK: Readonly<Record<string, Make>> = {
  in_port: pick(1, 2, 3, 4, 5, "LOCAL"),
  dl_src: macMatch,
  dl_dst: macMatch,
  dl_vlan: pick(10, 20),
  dl_vlan_pcp: small,
  vlan_tci: pick("0", "0x1000/0x1000", "0x100a/0x1fff"),
  vlan_vid: pick(0, "0x1000/0x1000", 10),
};
const CONNTRACK: Readonly<Record<string, Make>> = {
  ct_state: pick("-trk", "+trk", "+trk+est"),
  ct_zone: small,
  ct_mark: mask32,
};

/** Set-fields with good values, some of which the packet may not have. */
const SETTABLE: Readonly<Record<string, Make>> = {
  ...{ eth_src: mac, eth_dst: mac, vlan_vid: pick("4106"), vlan_pcp: small },
  ...{ ip_src: ip, ip_dst: ip, ipv6_src: ip6, ipv6_dst: ip6, ipv6_label: pick("0x12", "0x77") },
  ...{ ip_dscp: pick(0, 8, 46), nw_ecn: pick(0, 1, 3), nw_ttl: pick(1, 9), nw_tos: pick(0, 32) },
  ...{ tcp_src: port, tcp_dst: port, udp_src: port, udp_dst: port, sctp_dst: port },
  ...{ icmp_type: pick(0, 8, 3), icmpv6_type: pick(128, 136), icmp_code: small },
  ...{ arp_op: pick(1, 2), arp_spa: ip, arp_tpa: ip, arp_sha: mac, arp_tha: mac },
  ...{ nd_target: ip6, nd_sll: mac, nd_tll: mac, nd_reserved: small, nd_options_type: small },
  ...{ mpls_label: pick(7, 8), mpls_tc: small, mpls_ttl: pick(1, 9) },
  ...{ nsh_flags: small, nsh_ttl: pick(1, 9), nsh_spi: pick("0x77"), nsh_si: small },
  ...{ nsh_c1: number32, nsh_c4: number32 },
  ...{ reg1: number32, reg2: number32, xreg1: number32, xxreg1: number32, metadata: number32 },
  ...{ pkt_mark: number32, tun_id: number32, in_port: pick(1, 2, 3) },
};
const MASKED: Readonly<Record<string, string>> = {
  eth_src: "00:00:00:00:00:01/00:00:00:00:00:ff",
  ip_src: "1.0.0.0/255.0.0.0",
  ipv6_dst: "2002::/16",
  reg1: "0x4/0xf",
  metadata: "0x1/0x3",
  tcp_dst: "0x1/0x3",
  pkt_mark: "0x6/0x7",
  nsh_c1: "0x1/0xf",
};
const SUBFIELDS = [
  ...["reg1[0..7]", "reg2[4..11]", "NXM_NX_REG1[8..15]", "xreg1[8..15]", "eth_src[0..7]"],
  ...["ip_src[0..7]", "nw_ttl[]", "tcp_dst[0..7]", "ipv6_dst[0..7]", "metadata[0..7]"],
  ...["pkt_mark[0..7]", "arp_spa[0..7]", "icmp_type[]", "vlan_tci[0..7]", "tun_id[0..7]"],
];
const WIDE = ["reg1[0..15]", "reg2[]", "xreg1[]"];
const HASHES = [
  ...["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp"],
  ...["nw_src", "nw_dst", "symmetric_l3"],
];

const setField: Make = (r) => {
  const name = r.pick(Object.keys(SETTABLE));
  const masked = r.oneIn(3) ? MASKED[name] : undefined;
  return `set_field:${masked ?? SETTABLE[name](r)}->${name}`;
};
const basis = pick(0, 50);
const links = pick(1, 2, 3, 8, 70);

const ACTIONS: readonly Make[] = [
  ...Array.from({ length: 8 }, () => setField),
  ...Array.from({ length: 3 }, (): Make => (r) => `output:${r.pick([1, 2, 3, 4, 5])}`),
  pick("normal", "flood", "all", "local", "in_port"),
  pick("controller", "controller:100", "controller(max_len=5,id=7,reason=no_match)"),
  pick("controller(userdata=01.02,max_len=64)", "dec_ttl", "dec_ttl(1,2)", "strip_vlan"),
  pick("enqueue:2:3", "set_queue:5", "pop_queue", "note:01.02", "exit"),
  pick("output(port=2,max_len=100)", "output:reg1[0..15]", "output:NXM_NX_REG2[]"),
  (r) => `load:0x${r.below(256).toString(16)}->${r.pick(SUBFIELDS)}`,
  (r) => `move:${r.pick(SUBFIELDS)}->${r.pick(SUBFIELDS)}`,
  (r) => `push:${r.pick(SUBFIELDS)}`,
  (r) => `push:${r.pick(SUBFIELDS)},pop:${r.pick(SUBFIELDS)}`,
  pick("push_vlan:0x8100", "push_vlan:0x88a8", "pop_vlan", "mod_vlan_vid:20", "mod_vlan_pcp:3"),
  pick("mod_dl_src:50:54:00:00:00:09", "mod_nw_src:9.9.9.9", "mod_nw_tos:32", "mod_nw_ecn:2"),
  pick("mod_nw_ttl:7", "mod_tp_src:99", "mod_tp_dst:98", "set_tunnel:5"),
  pick("push_mpls:0x8847", "push_mpls:0x8848", "pop_mpls:0x0800", "pop_mpls:0x8847"),
  pick("push_mpls:0x8847", "pop_mpls:0x86dd", "pop_mpls:0x0800", "dec_mpls_ttl"),
  pick("set_mpls_label:9", "set_mpls_tc:3", "set_mpls_ttl:5", "dec_mpls_ttl"),
  (r) =>
    `multipath(${r.pick(HASHES)},${basis(r)},` +
    `${r.pick(["modulo_n", "hash_threshold", "hrw", "iter_hash"])},${links(r)},` +
    `${r.pick([0, 3, 100])},${r.pick(WIDE)})`,
  (r) => {
    const members = r.pick(["2,3", "1,2,3,4", "9,2", "NORMAL,3", ""]);
    const algorithm = r.pick(["hrw", "active_backup"]);
    return `bundle(${r.pick(HASHES)},${basis(r)},${algorithm},ofport,members:${members})`;
  },
  (r) => `bundle_load(${r.pick(HASHES)},${basis(r)},hrw,ofport,${r.pick(WIDE)},members:2,3,4)`,
  (r) => `check_pkt_larger(${r.pick([100, 1500])})->reg1[${r.below(4)}]`,
  pick("encap(nsh)", "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))", "encap(ethernet)"),
  pick("encap(mpls)", "decap()", "dec_nsh_ttl", "decap(packet_type(ns=0,type=0))"),
  pick("debug_recirc", "debug_slow", "sample(probability=5)"),
  pick("ct_clear", "ct(commit)", "ct(zone=5,table=2)", "ct(commit,zone=reg1[0..15],nat(src))"),
  pick(
    "ct(commit,force,exec(set_field:0x5/0xf->ct_mark,load:1->ct_label[3]))",
    "ct(table=1,nat)",
    "ct(commit,alg=ftp,nat(dst=10.0.0.1-10.0.0.9:80-90,random))",
  ),
  (r) => `resubmit(,${1 + r.below(4)})`,
  (r) => `resubmit(${r.pick([1, 2])},${1 + r.below(3)})`,
];

function actionsOf(r: Random, table: number): string[] {
  if (r.oneIn(15)) return ["drop"];
  const actions: string[] = [];
  for (let n = 1 + r.below(5); n > 0; n--) {
    actions.push(r.oneIn(12) ? `clone(${some(r)})` : r.pick(ACTIONS)(r));
  }
  if (r.oneIn(12)) actions.push("clear_actions");
  if (r.oneIn(6)) actions.push(`write_actions(${some(r)})`);
  if (r.oneIn(9)) actions.push(`write_metadata:${r.pick(["0x5", "0x7/0xf"])}`);
  if (table < 3 && r.oneIn(4)) actions.push(`goto_table:${table + 1}`);
  return actions;
}

const some: Make = (r) =>
  Array.from({ length: 1 + r.below(3) }, () => r.pick(ACTIONS)(r)).join(",");

function matchOf(r: Random, kind: Kind, table: number): string[] {
  const match = kind.words === "" ? [] : [kind.words];
  const from = (fields: Readonly<Record<string, Make>>, oneIn: number): void => {
    for (const [name, make] of Object.entries(fields)) {
      if (r.oneIn(oneIn)) match.push(`${name}=${make(r)}`);
    }
  };
  from(LINK, 14);
  from(kind.match, 9);
  from(METADATA, table > 0 ? 20 : 90);
  from(CONNTRACK, 50);
  return match;
}

/** Flows of one table set, at different priorities. */
export function wideTables(r: Random, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const table = r.pick([0, 0, 0, 1, 1, 2, 3]);
    const kind = r.oneIn(2) ? KINDS[0] : r.pick(KINDS);
    const head = [`table=${table}`, `priority=${r.pick([100, 300, 500]) + i}`];
    if (r.oneIn(4)) head.push(`cookie=0x${(1 + r.below(1000)).toString(16)}`);
    const match = matchOf(r, kind, table);
    return `${[...head, ...match].join(",")},actions=${actionsOf(r, table).join(",")}`;
  });
}

/** A packet as an argument of ofproto/trace. */
export function widePacket(r: Random): string {
  const kind = r.pick(KINDS);
  const parts = [`in_port=${r.pick([1, 2, 3, 4, "LOCAL"])}`];
  if (kind.words !== "") parts.push(kind.words);
  parts.push(`dl_src=${mac(r)},dl_dst=${mac(r)}`);
  if (r.oneIn(4)) parts.push(`dl_vlan=${r.pick([10, 20])},dl_vlan_pcp=${r.below(8)}`);
  for (const [name, make] of Object.entries(kind.packet)) parts.push(`${name}=${make(r)}`);
  if (kind.words === "dl_type=0x894f") parts.push("nsh_mdtype=1,nsh_np=3");
  if (r.oneIn(5)) parts.push(`reg1=${number32(r)}`);
  if (r.oneIn(8)) parts.push(`pkt_mark=${r.pick([1, 5])}`);
  if (r.oneIn(9)) parts.push("ct_state=trk|est,ct_zone=1");
  return parts.join(",");
}

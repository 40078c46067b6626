// SPDX-License-Identifier: Apache-2.0
/** Random actions and fields beyond the everyday ones, for random-flows.ts. */
import type { Random } from "./random-flows.js";

type Make = (r: Random) => string;

const FIELDS = [
  ...["eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp"],
  ...["nw_src", "nw_dst", "symmetric_l3"],
];
const members = (r: Random): string =>
  Array.from({ length: r.below(5) }, () => r.pick(["1", "2", "LOCAL", "300"])).join(",");

/** Without prerequisites. */
export const EXTENSIONS: readonly Make[] = [
  (r) =>
    `multipath(${r.pick(FIELDS)},${r.below(65536)},` +
    `${r.pick(["modulo_n", "hash_threshold", "hrw", "iter_hash"])},${1 + r.below(16)},` +
    `${r.below(100)},${r.pick(["reg1[]", "reg2[4..9]", "NXM_NX_REG0[0..15]"])})`,
  (r) =>
    `bundle(${r.pick(FIELDS)},${r.below(99)},${r.pick(["hrw", "active_backup"])},ofport,` +
    `${r.pick(["members", "slaves"])}:${members(r)})`,
  (r) =>
    `sample(probability=${1 + r.below(65535)},collector_set_id=${r.below(9)},` +
    `obs_domain_id=${r.u32()},obs_point_id=${r.u32()}${r.pick(["", ",ingress", ",egress"])})`,
  (r) => `sample(probability=5,sampling_port=${1 + r.below(9)})`,
  (r) => `check_pkt_larger(${r.below(65536)})->reg${r.below(16)}[${r.below(32)}]`,
  () => "ct_clear",
  (r) => `push_mpls:${r.pick(["0x8847", "0x8848"])},set_field:${r.below(1 << 20)}->mpls_label`,
  (r) =>
    `push_mpls:0x8847,set_mpls_label:${r.below(1 << 20)},set_mpls_tc:${r.below(8)},` +
    `set_mpls_ttl:${r.below(256)},dec_mpls_ttl,pop_mpls:0x${r.hex(4)}`,
];

/** From OpenFlow 1.3 on. */
export const ENCAPSULATIONS: readonly Make[] = [
  () => "encap(nsh),encap(ethernet)",
  (r) => `encap(nsh(md_type=2,tlv(0x${r.hex(4)},${r.below(256)},0x${r.hex(2 + 2 * r.below(9))})))`,
  () => "encap(mpls),encap(ethernet)",
  () => "decap(),decap()",
  (r) => `decap(packet_type(ns=${r.below(5)},type=0x${r.hex(4)}))`,
];

const nat = (r: Random): string =>
  r.pick([
    "nat",
    "nat(src)",
    `nat(dst=10.0.0.${1 + r.below(9)})`,
    `nat(src=10.0.0.1-10.0.0.${1 + r.below(200)}:${1 + r.below(99)}-${100 + r.below(99)},hash)`,
    "nat(src=10.0.0.1,persistent,random)",
  ]);

/** For IPv4. */
export const TRACKING: readonly Make[] = [
  (r) => `ct(${r.pick(["", "table=5", "zone=7,table=9", "zone=reg1[0..15]"])})`,
  (r) => `ct(commit,${nat(r)},zone=${r.below(65536)})`,
  (r) =>
    `ct(commit${r.pick(["", ",force"])},exec(set_field:0x${r.hex(4)}/0x${r.hex(4)}->ct_mark,` +
    `load:0x${r.hex(2)}->ct_label[${r.below(40)}..63]))`,
  () => "ct(nat,table=3)",
];

/** For MPLS. */
export const LABELS: readonly Make[] = [
  (r) => `set_mpls_label:${r.below(1 << 20)}`,
  (r) => `set_field:${r.below(8)}->mpls_tc`,
  () => "dec_mpls_ttl",
  (r) => `pop_mpls:${r.pick(["0x0800", "0x8847"])}`,
];

/** For the NSH. */
export const NSH_ACTIONS: readonly Make[] = [
  () => "dec_nsh_ttl",
  (r) => `set_field:0x${r.hex(6)}->nsh_spi`,
  (r) => `set_field:0x${r.hex(8)}/0x${r.hex(8)}->nsh_c${1 + r.below(4)}`,
  (r) => `set_field:${r.below(64)}->nsh_ttl`,
];

export const NSH_FIELDS: readonly (readonly [string, Make])[] = [
  ["nsh_flags", (r) => `${r.below(4)}/${r.below(4)}`],
  ["nsh_ttl", (r) => String(r.below(64))],
  ["nsh_mdtype", () => "1"],
  ["nsh_np", (r) => String(r.below(5))],
  ["nsh_spi", (r) => `0x${r.hex(6)}`],
  ["nsh_si", (r) => String(r.below(256))],
  ["nsh_c1", (r) => `0x${r.hex(8)}/0x${r.hex(8)}`],
];

/** Flows that are wrong, or nearly so. */
export const DOUBTFUL: readonly string[] = [
  "actions=multipath(eth_src,50,modulo_n,1,0)",
  "actions=multipath(xx,50,modulo_n,1,0,reg0)",
  "actions=multipath(eth_src,50,modulo_n,65537,0,reg0)",
  "actions=multipath(eth_src,50,modulo_n,17,0,reg0[0..3])",
  "actions=multipath(eth_src,50,fubar,17,0,reg0[0..3])",
  "actions=multipath(eth_src,50,hrw,17,0,tun_erspan_idx)",
  "actions=bundle(eth_src,0,hrw,ofport)",
  "actions=bundle(eth_src,0,hrw,ofport,mem:1)",
  "actions=bundle(eth_src,0,hrw,port,members:1)",
  "actions=bundle(eth_src,0,hrw,ofport,members:xx)",
  "actions=bundle(eth_src,0,hrw,ofport,members:CONTROLLER)",
  "actions=bundle(eth_src,0,hrv,ofport,members:1)",
  "actions=bundle_load(eth_src,0,hrw,ofport,reg0[0..3],members:1)",
  "actions=bundle_load(symmetric_l3,7,active_backup,ofport,reg0[],members:1,LOCAL)",
  "actions=sample(probability=0)",
  "actions=sample(collector_set_id=1)",
  "actions=sample(probability=5,foo=1)",
  "actions=sample(probability=5,sampling_port=foo)",
  "actions=check_pkt_larger(1500)",
  "actions=check_pkt_larger(1500)->reg0",
  "actions=check_pkt_larger(70000)->reg0[1]",
  "actions=delete_field:reg0",
  "actions=delete_field:foo",
  "actions=encap(foo=1)",
  "actions=encap(nsh(foo=1))",
  "actions=encap(nsh(md_type=3))",
  "actions=encap(nsh(tlv(0x1,2)))",
  "actions=encap(ethernet(md_type=1))",
  "actions=decap(foo)",
  "actions=decap(packet_type(ns=7,type=1))",
  "actions=decap(packet_type(type=1))",
  "ip,actions=ct(foo)",
  "actions=ct(commit)",
  "ip,actions=ct(force)",
  "ip,actions=ct(alg=foo)",
  "ip,actions=ct(alg=ftp)",
  "tcp,actions=ct(alg=ftp)",
  "ip,actions=ct(table=255)",
  "ip,actions=ct(table=foo)",
  "ip,actions=ct(zone=70000)",
  "ip,actions=ct(zone=foo)",
  "ip,actions=ct(commit,exec(set_field:1->reg0))",
  "ip,actions=ct(commit,exec(output:1))",
  "ip,actions=ct(exec(set_field:1->ct_mark))",
  "ip,actions=ct(commit,nat(src=fe80::1))",
  "ip,actions=ct(commit,nat(src=1.2.3.4-1.2.3.1))",
  "ip,actions=ct(commit,nat(src=1.2.3.4:70-60))",
  "ip,actions=ct(commit,nat(src=1.2.3.4x))",
  "ip,actions=ct(commit,nat(src,dst))",
  "ip,actions=ct(commit,nat(hash))",
  "ip,actions=ct(commit,nat(src,hash,random))",
  "ip,actions=ct(commit,nat(foo))",
  "ip,actions=nat(src)",
  "ip,actions=set_field:1->ct_mark",
  "actions=dec_mpls_ttl",
  "actions=dec_nsh_ttl",
  "actions=set_mpls_label()",
  "actions=set_mpls_label(0x100000)",
  "actions=set_mpls_tc(9)",
  "actions=set_mpls_ttl(300)",
  "actions=push_mpls:x",
  "actions=pop_mpls:0x800",
  "dl_type=0x894f,nsh_spi=5/7,actions=1",
  "dl_type=0x894f,nsh_spi=0x1000000,actions=1",
  "actions=write_actions(push_mpls:0x8847,encap(nsh),ct_clear)",
  "actions=set_field:5->tun_gtpu_flags",
  "actions=set_field:5->nsh_np",
  "actions=clone(nat),1",
  "actions=clone(ct(commit)),1",
  "packet_type=(1,0x894f),nsh_ttl=3,actions=decap(),1",
  "packet_type=(1,0x800),nw_src=1.2.3.4,actions=encap(ethernet),set_field:0:1:2:3:4:5->eth_dst",
  "icmp6,icmpv6_type=136,icmpv6_code=0,nd_reserved=5/6,actions=1",
  "nd_options_type=1,actions=1",
];

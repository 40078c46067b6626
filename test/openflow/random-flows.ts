// SPDX-License-Identifier: Apache-2.0
/** Random flows in text, reproducible from a seed. */
import {
  ENCAPSULATIONS,
  EXTENSIONS,
  LABELS,
  NSH_ACTIONS,
  NSH_FIELDS,
  TRACKING,
} from "./random-extensions.js";

/** A small generator (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, n). */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n) | 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  u32(): number {
    return (this.below(65536) * 65536 + this.below(65536)) >>> 0;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join("");
  }
}

type Make = (r: Random) => string;

const mac = (r: Random): string => Array.from({ length: 6 }, () => r.hex(2)).join(":");
const ip = (r: Random): string =>
  Array.from({ length: 4 }, () => (r.chance(20) ? 0 : r.below(256))).join(".");
const ipv6 = (r: Random): string => {
  const words = Array.from({ length: 8 }, () => (r.chance(50) ? "0" : r.hex(1 + r.below(4))));
  return r.chance(10) ? `::ffff:${ip(r)}` : words.join(":");
};
const maskMac = (r: Random): string => (r.chance(30) ? `${mac(r)}/${mac(r)}` : mac(r));
const maskIp = (r: Random): string =>
  r.pick<Make>([ip, (x) => `${ip(x)}/${x.below(33)}`, (x) => `${ip(x)}/${ip(x)}`])(r);
const maskIpv6 = (r: Random): string =>
  r.pick<Make>([
    ipv6,
    (x) => `${ipv6(x)}/${x.below(129)}`,
    (x) => `${ipv6(x)}/f${ipv6(x).replace(/^[^:]*/, x.hex(3))}`,
  ])(r);
const hexMask =
  (digits: number) =>
  (r: Random): string =>
    r.chance(50) ? `0x${r.hex(digits)}` : `0x${r.hex(digits)}/0x${r.hex(digits)}`;
const number =
  (n: number) =>
  (r: Random): string =>
    r.chance(30) ? `0x${r.below(n).toString(16)}` : String(r.below(n));
const numberMask =
  (n: number) =>
  (r: Random): string =>
    r.chance(60) ? number(n)(r) : `${number(n)(r)}/${number(n)(r)}`;

const ANYWHERE: readonly (readonly [string, Make])[] = [
  ["in_port", (r) => r.pick(["1", "2", "LOCAL", "65534", "controller", "0xfffffffe".slice(0, 1)])],
  ["dl_src", maskMac],
  ["eth_dst", maskMac],
  ["dl_vlan", number(4096)],
  ["dl_vlan_pcp", number(8)],
  ["vlan_tci", hexMask(4)],
  ["vlan_vid", (r) => r.pick(["0x1005", "0x1000/0x1000", "0", "0x1064/0x1fff"])],
  ["metadata", hexMask(12)],
  ["reg0", hexMask(8)],
  ["reg7", hexMask(6)],
  ["reg15", numberMask(100000)],
  ["xreg1", hexMask(16)],
  ["xxreg1", hexMask(30)],
  ["tun_id", hexMask(8)],
  ["tun_src", maskIp],
  ["tun_dst", maskIp],
  ["tun_ipv6_dst", maskIpv6],
  ["tun_gbp_id", numberMask(65536)],
  ["tun_flags", (r) => r.pick(["+oam", "-oam", "oam", "0"])],
  ["pkt_mark", hexMask(8)],
  ["ct_state", (r) => r.pick(["+trk", "-trk", "+new+trk", "+est-rel+rpl-inv+trk", "0x21/0x21"])],
  ["ct_zone", number(65536)],
  ["ct_mark", hexMask(8)],
  ["ct_label", hexMask(32)],
  ["conj_id", number(1000)],
  ["dp_hash", hexMask(8)],
  ["reg3[4..9]", number(64)],
  ["actset_output", (r) => r.pick(["5", "LOCAL"])],
];
const IP: readonly (readonly [string, Make])[] = [
  ["nw_tos", (r) => String(4 * r.below(64))],
  ["ip_dscp", number(64)],
  ["nw_ecn", number(4)],
  ["nw_ttl", number(256)],
  ["ip_frag", (r) => r.pick(["no", "yes", "first", "later", "not_later"])],
];
const V4: readonly (readonly [string, Make])[] = [["nw_src", maskIp], ["ip_dst", maskIp], ...IP];
const V6: readonly (readonly [string, Make])[] = [
  ["ipv6_src", maskIpv6],
  ["ipv6_dst", maskIpv6],
  ["ipv6_label", (r) => hexMask(5)(r)],
  ...IP,
];
const ports = (a: string, b: string): readonly (readonly [string, Make])[] => [
  [a, numberMask(65536)],
  [b, numberMask(65536)],
];
const TCP_FLAGS: readonly [string, Make] = [
  "tcp_flags",
  (r) => r.pick(["+syn-ack", "syn|ack", "0x12/0x3f", "+[800]", "0", "fin"]),
];
const ICMP = ports("icmp_type", "icmp_code").map(([n]) => [n, number(256)] as const);
const ICMP6 = ports("icmpv6_type", "icmpv6_code").map(([n]) => [n, number(256)] as const);
const KINDS: readonly (readonly [string, readonly (readonly [string, Make])[]])[] = [
  ["", []],
  ["ip", V4],
  ["ip,nw_proto=47", V4],
  ["tcp", [...V4, ...ports("tp_src", "tcp_dst"), TCP_FLAGS]],
  ["udp", [...V4, ...ports("udp_src", "udp_dst")]],
  ["sctp", [...V4, ...ports("sctp_src", "sctp_dst")]],
  ["icmp", [...V4, ...ICMP]],
  ["ipv6", V6],
  ["tcp6", [...V6, ...ports("tcp_src", "tp_dst"), TCP_FLAGS]],
  ["udp6", [...V6, ...ports("udp_src", "udp_dst")]],
  ["icmp6", [...V6, ...ICMP6]],
  ["icmp6,icmpv6_type=135,icmpv6_code=0", [...V6, ["nd_target", maskIpv6], ["nd_sll", maskMac]]],
  ["icmp6,icmpv6_type=136,icmpv6_code=0", [...V6, ["nd_target", maskIpv6], ["nd_tll", maskMac]]],
  [
    "arp",
    [
      ["arp_op", number(256)],
      ["arp_spa", maskIp],
      ["arp_tpa", maskIp],
      ["arp_sha", maskMac],
      ["arp_tha", maskMac],
    ],
  ],
  ["rarp", [["arp_op", number(4)]]],
  ["dl_type=0x1234", []],
  ["dl_type=0x894f", NSH_FIELDS],
  [
    "mpls",
    [
      ["mpls_label", number(1 << 20)],
      ["mpls_tc", number(8)],
      ["mpls_bos", number(2)],
      ["mpls_ttl", number(256)],
    ],
  ],
];

/** A match; its kind (`tcp` …) comes first. */
export function randomMatch(r: Random): { kind: string; text: string } {
  const [kind, fields] = r.pick(KINDS);
  const parts = kind ? [kind] : [];
  const pool = [...fields, ...fields, ...ANYWHERE];
  const names = new Set<string>();
  for (let n = r.below(5); n > 0; n--) {
    const [name, make] = r.pick(pool);
    const stem = name.replace(/\d.*$/, "").replace(/^.*vlan.*$/, "vlan");
    if (names.has(stem)) continue;
    names.add(stem);
    parts.push(`${name}=${make(r)}`);
  }
  return { kind, text: parts.join(",") };
}

const LEARN_SPECS: readonly Make[] = [
  () => "NXM_OF_VLAN_TCI[0..11]",
  () => "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]",
  () => "eth_type=0x800,nw_proto=6,NXM_OF_TCP_DST[0..9]=NXM_NX_REG3[4..13]",
  (r) => `eth_type=0x86dd,ipv6_dst=${ipv6(r)}`,
  (r) => `reg${r.below(16)}[3..18]=0x${r.hex(4)}`,
  (r) => `xxreg1=0x${r.hex(20)}`,
  (r) => `in_port=${r.pick(["3", "LOCAL"])}`,
  (r) => `load:0x${r.hex(7)}->NXM_NX_REG${r.below(16)}[2..30]`,
  (r) => `load:0x${r.hex(18)}->NXM_NX_XXREG2[5..77]`,
  () => "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]",
  () => "output:NXM_OF_IN_PORT[]",
  () => "output:reg5[0..15]",
];
const LEARN_OPTIONS: readonly Make[] = [
  (r) => `table=${r.below(255)}`,
  (r) => `idle_timeout=${r.below(70000)}`,
  (r) => `hard_timeout=${r.below(100)}`,
  (r) => `fin_idle_timeout=${r.below(100)}`,
  (r) => `fin_hard_timeout=${r.below(100)}`,
  (r) => `priority=${r.below(70000)}`,
  (r) => `cookie=0x${r.hex(16)}`,
  () => "send_flow_rem",
  () => "delete_learned",
  (r) => `limit=${r.below(9)}`,
  (r) => `result_dst=reg7[${r.below(32)}]`,
];

function randomLearn(r: Random): string {
  const parts = Array.from({ length: r.below(4) }, () => r.pick(LEARN_OPTIONS)(r));
  for (let n = r.below(4); n > 0; n--) parts.push(r.pick(LEARN_SPECS)(r));
  return `learn(${parts.join(",")})`;
}

const SIMPLE: readonly Make[] = [
  ...EXTENSIONS,
  randomLearn,
  randomLearn,
  (r) => `clone(${randomLearn(r)})`,
  (r) => `output:${1 + r.below(100)}`,
  (r) => String(1 + r.below(50)),
  (r) => r.pick(["NORMAL", "FLOOD", "ALL", "LOCAL", "IN_PORT", "TABLE"]),
  (r) => r.pick(["CONTROLLER", "controller:128", "CONTROLLER:0"]),
  (r) => `controller(reason=${r.pick(["no_match", "action"])},max_len=123,id=${r.below(9)})`,
  () => "controller(reason=invalid_ttl)",
  (r) => `controller(userdata=01.02.${r.hex(2)},pause,meter_id=${1 + r.below(5)})`,
  (r) => `output(port=${1 + r.below(9)},max_len=${14 + r.below(1000)})`,
  () => "output:NXM_NX_REG0[]",
  () => "output:reg1[0..15]",
  (r) => `enqueue:${1 + r.below(9)}:${r.below(8)}`,
  (r) => `enqueue(LOCAL,${r.below(8)})`,
  (r) => `set_queue:${r.below(8)}`,
  () => "pop_queue",
  (r) => `mod_vlan_vid:${r.below(4096)}`,
  (r) => `mod_vlan_pcp:${r.below(8)}`,
  (r) => `mod_dl_src:${mac(r)}`,
  (r) => `mod_dl_dst:${mac(r)}`,
  (r) => `resubmit:${1 + r.below(9)}`,
  (r) => `resubmit(,${r.below(255)})`,
  (r) => `resubmit(${1 + r.below(9)},${r.below(255)})`,
  (r) => `load:0x${r.hex(4)}->NXM_NX_REG${r.below(16)}[8..31]`,
  (r) => `load:0x${r.hex(2)}->OXM_OF_METADATA[0..15]`,
  (r) => `load:0x${r.hex(8)}->xxreg0[0..63]`,
  (r) => `set_field:0x${r.hex(8)}->reg${r.below(16)}`,
  (r) => `set_field:0x${r.hex(4)}/0x${r.hex(4)}->reg${r.below(16)}`,
  (r) => `set_field:0x${r.hex(10)}->metadata`,
  (r) => `set_field:${mac(r)}->eth_src`,
  (r) => `set_field:${mac(r)}/${mac(r)}->eth_dst`,
  (r) => `set_field:0x${r.hex(20)}->xxreg2`,
  (r) => `set_field:${ip(r)}->tun_dst`,
  (r) => `set_field:0x${r.hex(6)}->tun_id`,
  (r) => `set_field:${r.below(65536)}->tun_gbp_id`,
  () => "move:NXM_NX_REG0[]->NXM_NX_REG1[]",
  () => "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
  () => "move:reg0[0..11]->reg4[4..15]",
  () => "move:in_port[]->reg3[0..15]",
  () => "push:NXM_NX_REG5[]",
  () => "pop:reg5[0..7]",
  () => "push:metadata[3..40]",
  (r) => `set_tunnel:0x${r.hex(6)}`,
  (r) => `set_tunnel64:0x${r.hex(12)}`,
  (r) => `note:${r.hex(2)}.${r.hex(2)}.${r.hex(2)}`,
  (r) => `note:${r.hex(24)}`,
  () => "exit",
  (r) => `group:${r.below(100)}`,
  (r) => `clone(load:0x${r.hex(2)}->reg1[0..7],output:${1 + r.below(9)})`,
];
const NEEDS_IP4: readonly Make[] = [
  (r) => `mod_nw_src:${ip(r)}`,
  (r) => `mod_nw_dst:${ip(r)}`,
  (r) => `mod_nw_tos:${4 * r.below(64)}`,
  (r) => `mod_nw_ecn:${r.below(4)}`,
  (r) => `mod_nw_ttl:${r.below(256)}`,
  (r) => `set_field:${ip(r)}->ip_src`,
  (r) => `set_field:${ip(r)}/${ip(r)}->nw_dst`,
  (r) => `set_field:${r.below(64)}->ip_dscp`,
  (r) => `set_field:${4 * r.below(64)}->nw_tos`,
  (r) => `set_field:${r.below(4)}->ip_ecn`,
  (r) => `set_field:${r.below(256)}->nw_ttl`,
  (r) => `load:0x${r.hex(4)}->NXM_OF_IP_DST[16..31]`,
  () => "dec_ttl",
  () => "dec_ttl(1,2,3)",
  () => "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]",
];
const ENDING: Make = (r) =>
  r.pick([
    "fin_timeout",
    `fin_timeout(idle_timeout=${r.below(99)})`,
    `fin_timeout(hard_timeout=${r.below(99)},idle_timeout=5)`,
  ]);
const PORTS = (proto: string): readonly Make[] => [
  (r) => `mod_tp_src:${r.below(65536)}`,
  (r) => `mod_tp_dst:${r.below(65536)}`,
  (r) => `set_field:${r.below(65536)}->${proto}_src`,
  (r) => `set_field:${r.below(65536)}->${proto}_dst`,
];
const BY_KIND: Readonly<Record<string, readonly Make[]>> = {
  ip: [...NEEDS_IP4, ...TRACKING],
  mpls: LABELS,
  "dl_type=0x894f": NSH_ACTIONS,
  tcp: [...NEEDS_IP4, ENDING, ...PORTS("tcp")],
  udp: [...NEEDS_IP4, ...PORTS("udp")],
  sctp: [...NEEDS_IP4, ...PORTS("sctp")],
  arp: [
    (r) => `set_field:${ip(r)}->arp_spa`,
    (r) => `set_field:${r.below(256)}->arp_op`,
    (r) => `set_field:${mac(r)}->arp_sha`,
    () => "move:NXM_NX_ARP_SHA[]->NXM_OF_ETH_DST[]",
  ],
  ipv6: [
    (r) => `set_field:${ipv6(r)}->ipv6_dst`,
    (r) => `set_field:0x${r.hex(5)}->ipv6_label`,
    () => "dec_ttl",
    (r) => `mod_nw_ttl:${r.below(256)}`,
  ],
};
const TAGGED: readonly Make[] = [
  () => "strip_vlan",
  () => "pop_vlan",
  (r) => `set_field:${4096 + r.below(4096)}->vlan_vid`,
  (r) => `set_field:${r.below(8)}->vlan_pcp`,
  (r) => `set_vlan_vid:${r.below(4096)}`,
];
const INSTRUCTIONS: readonly Make[] = [
  (r) => `goto_table:${100 + r.below(100)}`,
  (r) => `write_metadata:0x${r.hex(8)}`,
  (r) => `write_metadata:0x${r.hex(8)}/0x${r.hex(8)},goto_table:250`,
  (r) => `clear_actions,goto_table:${200 + r.below(50)}`,
  (r) => `write_actions(output:${1 + r.below(9)},set_field:${mac(r)}->eth_src)`,
  (r) => `clear_actions,write_actions(NORMAL,mod_dl_dst:${mac(r)}),goto_table:201`,
];

/** What actions may be used. */
export interface ActionChoice {
  instructions: boolean;
  push: boolean;
}

/** Actions that fit a match of this kind. */
export function randomActions(r: Random, kind: string, text: string, choice: ActionChoice): string {
  if (r.chance(5)) return "drop";
  if (r.chance(4)) {
    const of = 2 + r.below(63);
    const clause = `conjunction(${r.below(2 ** 32)},${1 + r.below(of)}/${of})`;
    return r.chance(50) ? clause : `${clause},note:0${r.below(9)},conjunction(7,1/2)`;
  }
  const isTagged = /dl_vlan=/.test(text);
  const pool = [
    ...SIMPLE,
    ...(BY_KIND[kind] ?? []),
    ...(BY_KIND[kind] ?? []),
    ...(isTagged ? TAGGED : []),
    ...(choice.instructions ? ENCAPSULATIONS : []),
    ...(choice.push ? [() => "push_vlan:0x8100,set_field:4100->vlan_vid"] : []),
  ];
  let pushed = false;
  const parts: string[] = [];
  for (let n = 1 + r.below(4); n > 0; n--) {
    const part = r.pick(pool)(r);
    const isVlan = /vlan/.test(part);
    // At most one of them, so that each stays consistent with the match.
    if (isVlan && pushed) continue;
    pushed ||= isVlan;
    parts.push(part);
  }
  if (choice.instructions && r.chance(30)) parts.push(r.pick(INSTRUCTIONS)(r));
  return parts.join(",");
}

/** A whole flow for `add-flow`. */
export function randomFlow(r: Random, choice: ActionChoice): string {
  const { kind, text } = randomMatch(r);
  const parts = [`table=${r.below(90)}`];
  if (r.chance(70)) parts.push(`priority=${r.below(65536)}`);
  if (r.chance(30)) parts.push(`cookie=0x${r.hex(10)}`);
  if (r.chance(20)) parts.push(`idle_timeout=${r.below(100)}`);
  if (r.chance(20)) parts.push(`hard_timeout=${r.below(100)}`);
  if (r.chance(10)) parts.push("send_flow_rem");
  if (r.chance(10)) parts.push("check_overlap");
  if (text) parts.push(text);
  return `${parts.join(",")},actions=${randomActions(r, kind, text, choice)}`;
}

// SPDX-License-Identifier: Apache-2.0
/** Generated flow tables and packets, as text for both switches. The same seed gives the same. */
import { Random } from "./random.js";

export interface TraceCase {
  /** Flows by bridge, as `ovs-ofctl add-flows` reads them. */
  flows: Record<string, string[]>;
  /** `br_flow` arguments of ofproto/trace. */
  packets: string[];
}

const MACS = ["50:54:00:00:00:01", "50:54:00:00:00:02", "aa:bb:cc:00:00:05", "01:80:c2:00:00:00"];
const MAC_MATCHES = [
  ...MACS,
  "01:00:00:00:00:00/01:00:00:00:00:00",
  "50:54:00:00:00:00/ff:ff:ff:ff:ff:00",
];
const IPS = ["10.0.0.1", "10.0.0.129", "10.0.1.1", "10.128.7.9", "192.168.0.1"];
const IP_MATCHES = [...IPS, "10.0.0.0/24", "10.0.0.0/9", "0.0.0.0/1", "10.0.0.1/255.0.0.255"];
const IP6S = ["2001:db8::1", "2001:db8::ff", "fe80::7", "2001:db9::1"];
const IP6_MATCHES = [...IP6S, "2001:db8::/64", "2001::/16", "fe80::/10"];
const VLANS = [1, 10, 20, 30];
const PORTS = [22, 53, 80, 443, 1024, 4096];
const PORT_MATCHES = ["22", "53", "80", "443", "1024", "0x400/0xfc00", "0x1000/0xf000"];

const ANY_IP = ["ip", "tcp", "udp", "icmp", "sctp"] as const;
const ANY_IP6 = ["ipv6", "tcp6", "udp6", "icmp6"] as const;
type Kind = (typeof ANY_IP)[number] | (typeof ANY_IP6)[number] | "arp" | "";

const isV4 = (kind: Kind): boolean => ANY_IP.some((k) => k === kind);
const isV6 = (kind: Kind): boolean => ANY_IP6.some((k) => k === kind);
const hasPorts = (kind: Kind): boolean => /^(tcp|udp|sctp)/.test(kind);

/** One table set for `br0` (ports 1 … 4, patch 5) and `br1` (ports 1, 2, patch 5), and packets. */
export function generateCase(seed: number): TraceCase {
  const random = new Random(seed);
  const flows = {
    br0: tablesOf(random, 4 + random.below(14)),
    br1: tablesOf(random, 1 + random.below(5)),
  };
  if (random.oneIn(3)) flows.br1.push("priority=1,actions=normal");
  if (random.oneIn(3)) flows.br0.push("priority=1,actions=normal");
  const packets = Array.from({ length: 5 }, () => generatePacket(random));
  return { flows, packets };
}

function tablesOf(random: Random, count: number): string[] {
  const flows: string[] = [];
  for (let i = 0; i < count; i++) {
    const table = random.pick([0, 0, 0, 1, 1, 2, 3]);
    const kind = random.pick<Kind>(["", "", ...ANY_IP, ...ANY_IP6, "arp", "tcp", "udp"]);
    const match = matchOf(random, kind, table);
    // Never two alike: which of them is looked at first is nobody's promise, and so is the mask.
    const priority = `priority=${random.pick([100, 200, 300, 400, 500]) + i}`;
    const cookie = random.oneIn(4) ? [`cookie=0x${(1 + random.below(1000)).toString(16)}`] : [];
    const head = [`table=${table}`, ...cookie, priority, ...match].join(",");
    flows.push(`${head},actions=${actionsOf(random, kind, match, table).join(",")}`);
  }
  return flows;
}

function matchOf(random: Random, kind: Kind, table: number): string[] {
  const match: string[] = kind === "" ? [] : [kind];
  const maybe = (n: number, text: () => string): void => {
    if (random.oneIn(n)) match.push(text());
  };
  maybe(3, () => `in_port=${random.pick([1, 2, 3, 4, 5, "LOCAL"])}`);
  maybe(5, () => `dl_src=${random.pick(MAC_MATCHES)}`);
  maybe(5, () => `dl_dst=${random.pick(MAC_MATCHES)}`);
  maybe(6, () =>
    random.pick([
      `dl_vlan=${random.pick(VLANS)}`,
      "vlan_vid=0",
      "vlan_tci=0x1000/0x1000",
      `dl_vlan=${random.pick(VLANS)},dl_vlan_pcp=${random.below(8)}`,
    ]),
  );
  if (table > 0) maybe(3, () => `reg1=${random.pick(["0", "0x5", "0x0/0x1", "0x10/0xff"])}`);
  if (table > 0) maybe(6, () => `metadata=${random.pick(["0", "0x7", "0x1/0x1"])}`);
  networkMatch(random, kind, match);
  return match;
}

const FRAGS = ["later", "no", "yes", "first", "not_later"];

function networkMatch(random: Random, kind: Kind, match: string[]): void {
  // Later fragments have no ports to match on.
  const isLaterOk = kind === "ip" || kind === "ipv6";
  const maybe = (n: number, text: () => string): void => {
    if (random.oneIn(n)) match.push(text());
  };
  if (isV4(kind)) {
    maybe(3, () => `nw_src=${random.pick(IP_MATCHES)}`);
    maybe(2, () => `nw_dst=${random.pick(IP_MATCHES)}`);
  } else if (isV6(kind)) {
    maybe(3, () => `ipv6_src=${random.pick(IP6_MATCHES)}`);
    maybe(2, () => `ipv6_dst=${random.pick(IP6_MATCHES)}`);
    maybe(9, () => `ipv6_label=${random.pick(["0", "0x12"])}`);
  } else if (kind === "arp") {
    maybe(2, () => `arp_op=${random.pick([1, 2])}`);
    maybe(3, () => `arp_spa=${random.pick(IP_MATCHES)}`);
    maybe(3, () => `arp_tpa=${random.pick(IP_MATCHES)}`);
    maybe(5, () => `arp_sha=${random.pick(MAC_MATCHES)}`);
  }
  if (isV4(kind) || isV6(kind)) {
    maybe(7, () => `nw_tos=${random.pick([0, 32, 184])}`);
    maybe(9, () => `nw_ttl=${random.pick([1, 64])}`);
    maybe(9, () => `nw_frag=${random.pick(FRAGS.slice(isLaterOk ? 0 : 1))}`);
  }
  if (hasPorts(kind)) {
    maybe(3, () => `tp_src=${random.pick(PORT_MATCHES)}`);
    maybe(2, () => `tp_dst=${random.pick(PORT_MATCHES)}`);
  }
  if (kind.startsWith("tcp"))
    maybe(5, () => `tcp_flags=${random.pick(["+syn", "+syn-ack", "0x2"])}`);
  if (kind === "icmp" || kind === "icmp6") {
    maybe(3, () => `icmp_type=${kind === "icmp" ? random.pick([0, 8]) : random.pick([128, 135])}`);
  }
}

function actionsOf(random: Random, kind: Kind, match: readonly string[], table: number): string[] {
  if (random.oneIn(12)) return ["drop"];
  const tagged = match.some((part) => part.startsWith("dl_vlan="));
  const actions: string[] = [];
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) {
    const action = actionOf(random, kind, tagged && i === 0, table);
    // A packet has two tags at most.
    const isSecond = action.startsWith("push_vlan") && actions.join().includes("push_vlan");
    if (!isSecond) actions.push(action);
  }
  if (random.oneIn(7)) actions.push(`write_actions(${writeSet(random, kind)})`);
  if (table < 3 && random.oneIn(4))
    actions.push(`goto_table:${table + 1 + random.below(3 - table)}`);
  return actions;
}

function writeSet(random: Random, kind: Kind): string {
  const set = [
    `output:${1 + random.below(5)}`,
    `set_field:${random.pick(MACS)}->eth_dst`,
    ...(isV4(kind) || isV6(kind) ? ["dec_ttl"] : []),
  ];
  return set.filter((_, i) => i === 0 || random.oneIn(2)).join(",");
}

function actionOf(random: Random, kind: Kind, tagged: boolean, table: number): string {
  const port = (): number => 1 + random.below(5);
  const common = [
    () => `output:${port()}`,
    () => `output:${port()}`,
    () => `resubmit(,${table + 1})`,
    () => `resubmit(${port()},${random.below(4)})`,
    () => random.pick(["normal", "flood", "all", "in_port", "local"]),
    () => `controller(max_len=${random.pick([64, 65535])},id=${random.below(3)})`,
    () => `set_field:${random.pick(MACS)}->eth_src`,
    () => `set_field:${random.pick(MACS)}->eth_dst`,
    () => `set_field:0:0:0:0:0:${random.below(9)}/00:00:00:00:00:ff->eth_dst`,
    () => `set_field:0x${random.below(32).toString(16)}->reg1`,
    () => `set_field:0x${random.below(4)}0/0xf0->reg1`,
    () => "move:NXM_NX_REG1[0..15]->NXM_NX_REG2[16..31]",
    () => `set_field:${random.below(9)}->metadata`,
    () => "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
    () => "push:NXM_NX_REG1[],pop:NXM_NX_REG3[]",
    () => `set_queue:${random.below(4)},output:${port()},pop_queue`,
    () => `clone(set_field:${random.pick(MACS)}->eth_src,output:${port()})`,
    () => `output:NXM_NX_REG1[0..2]`,
    () => `set_field:${random.below(9)}->pkt_mark`,
    () => "note:00.01.02.03.04.05",
    () => "exit",
  ];
  return random.oneIn(2) ? random.pick(common)() : specificAction(random, kind, tagged);
}

function specificAction(random: Random, kind: Kind, tagged: boolean): string {
  if (random.oneIn(3)) {
    const vlan = random.pick(VLANS);
    if (tagged) return random.pick(["pop_vlan", `set_field:${4096 + vlan}->vlan_vid`, "pop_vlan"]);
    return `push_vlan:0x8100,set_field:${4096 + vlan}->vlan_vid`;
  }
  if (kind === "arp") {
    return random.pick([
      `set_field:${random.pick(IPS)}->arp_spa`,
      "set_field:2->arp_op",
      `set_field:${random.pick(MACS)}->arp_tha`,
    ]);
  }
  const choices = [`output:${1 + random.below(5)}`];
  if (isV4(kind) || isV6(kind)) {
    choices.push(
      "dec_ttl",
      `set_field:${random.pick([0, 8, 46])}->ip_dscp`,
      "set_field:2->nw_ecn",
      "set_field:9->nw_ttl",
    );
  }
  if (isV4(kind)) {
    choices.push(
      `set_field:${random.pick(IPS)}->ip_src`,
      `set_field:${random.pick(IPS)}->ip_dst`,
      "set_field:10.9.0.0/255.255.0.0->ip_dst",
      "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]",
    );
  }
  if (isV6(kind)) {
    choices.push(`set_field:${random.pick(IP6S)}->ipv6_dst`, "set_field:0x77->ipv6_label");
  }
  if (hasPorts(kind)) {
    const proto = kind.replace("6", "");
    choices.push(
      `set_field:${random.pick(PORTS)}->${proto}_dst`,
      `set_field:${random.pick(PORTS)}->${proto}_src`,
    );
  }
  if (kind === "icmp") choices.push("set_field:3->icmp_type");
  return random.pick(choices);
}

function generatePacket(random: Random): string {
  const kind = random.pick<Kind>(["", ...ANY_IP, ...ANY_IP6, "arp", "tcp", "udp", "tcp6"]);
  const parts = [`in_port=${random.pick([1, 2, 3, 4, "LOCAL"])}`];
  parts.push(kind === "" ? `dl_type=${random.pick(["0x88cc", "0x1234", "0x5ff"])}` : kind);
  parts.push(
    `dl_src=${random.pick(MACS.slice(0, 3))}`,
    `dl_dst=${random.pick([...MACS, "ff:ff:ff:ff:ff:ff"])}`,
  );
  if (random.oneIn(3)) parts.push(`dl_vlan=${random.pick(VLANS)},dl_vlan_pcp=${random.below(8)}`);
  if (isV4(kind)) parts.push(`nw_src=${random.pick(IPS)},nw_dst=${random.pick(IPS)}`);
  if (isV6(kind)) parts.push(`ipv6_src=${random.pick(IP6S)},ipv6_dst=${random.pick(IP6S)}`);
  if (isV4(kind) || isV6(kind)) {
    parts.push(`nw_ttl=${random.pick([1, 2, 64])},nw_tos=${random.pick([0, 32])}`);
    const frag = random.pick(["", "", "", "no", "first", "later"]);
    if (frag !== "") parts.push(`nw_frag=${frag}`);
    if (hasPorts(kind) && frag !== "later") {
      const proto = kind.replace("6", "");
      parts.push(`${proto}_src=${random.pick(PORTS)},${proto}_dst=${random.pick(PORTS)}`);
      if (kind.startsWith("tcp")) parts.push(`tcp_flags=${random.pick(["0", "0x2", "0x12"])}`);
    }
    if (kind === "icmp" && frag !== "later") parts.push(`icmp_type=${random.pick([0, 8])}`);
    if (kind === "icmp6" && frag !== "later") parts.push(`icmpv6_type=${random.pick([128, 135])}`);
  }
  if (kind === "arp") {
    parts.push(
      `arp_op=${random.pick([1, 2])},arp_spa=${random.pick(IPS)},arp_tpa=${random.pick(IPS)}`,
    );
    parts.push(`arp_sha=${random.pick(MACS)}`);
  }
  return parts.join(",");
}

// SPDX-License-Identifier: Apache-2.0
/** Packets made of flow keys: reading them again gives the keys. */
import { describe, expect, it } from "vitest";
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import { composePacket } from "../../src/odp/compose-packet.js";
import { extractKey } from "../../src/odp/extract-key.js";
import { formatFlowKey } from "../../src/odp/format-key.js";
import { parseFlowKey } from "../../src/odp/parse-key.js";

const ETH = "eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a)";
const IPV4 = (proto: number, frag = "no") =>
  `eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,proto=${proto},tos=4,ttl=64,frag=${frag})`;
const IPV6 = (proto: number) =>
  `eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0x12,proto=${proto},tclass=0,hlimit=255,` +
  "frag=no)";

/** Flow, length without `--len` in bytes. */
const CASES: readonly (readonly [flow: string, bytes: number])[] = [
  [`${ETH},${IPV4(1)},icmp(type=8,code=0)`, 14 + 20 + 8 + 64],
  [`${ETH},${IPV4(1)},icmp(type=3,code=1)`, 14 + 20 + 8],
  [`${ETH},${IPV4(6)},tcp(src=8,dst=9),tcp_flags(ack)`, 14 + 20 + 20 + 64],
  [`${ETH},${IPV4(6)},tcp(src=8,dst=9),tcp_flags(syn)`, 14 + 20 + 20],
  [`${ETH},${IPV4(17)},udp(src=53,dst=1024)`, 14 + 20 + 8 + 64],
  [`${ETH},${IPV4(132)},sctp(src=1,dst=2)`, 14 + 20 + 12],
  [`${ETH},${IPV4(17, "later")}`, 14 + 20],
  [`${ETH},${IPV6(17)},udp(src=53,dst=1024)`, 14 + 40 + 8 + 64],
  [`${ETH},${IPV6(58)},icmpv6(type=128,code=0)`, 14 + 40 + 8 + 64],
  [
    `${ETH},${IPV6(58)},icmpv6(type=135,code=0),nd(target=fe80::3,sll=00:00:00:00:00:05),` +
      "nd_ext(nd_reserved=0,nd_options_type=1)",
    14 + 40 + 8 + 16 + 8,
  ],
  [
    `${ETH},eth_type(0x0806),arp(sip=1.2.3.4,tip=5.6.7.8,op=1,sha=00:00:00:00:00:01,` +
      "tha=00:00:00:00:00:02)",
    14 + 28,
  ],
  [`${ETH},eth_type(0x8100),vlan(vid=5,pcp=3),encap(${IPV4(17)},udp(src=1,dst=2))`, 18 + 92],
  [
    `${ETH},eth_type(0x8847),mpls(label=20,tc=1,ttl=64,bos=0,label=7,tc=0,ttl=63,bos=1)`,
    14 + 4 + 4,
  ],
  [`${ETH},eth_type(0x1234)`, 14],
];

function keyOf(flow: string): Uint8Array {
  const parsed = parseFlowKey(flow);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed.key;
}

describe("a packet made of a flow", () => {
  it.each(CASES)("%s", (flow, bytes) => {
    const wanted = keyOf(flow);
    const packet = composePacket(wanted, 64)!;
    expect(packet.length).toBe(bytes);
    const key = new Uint8Array(KEY_BYTES);
    extractKey(packet, key);
    expect(formatFlowKey(key, null)).toBe(formatFlowKey(wanted, null));
  });

  it("is as long as asked for, its lengths and checksums right", () => {
    const key = keyOf(`${ETH},${IPV4(17)},udp(src=53,dst=1024)`);
    const packet = composePacket(key, 0, 100)!;
    expect(packet.length).toBe(100);
    const view = new DataView(packet.buffer);
    expect(view.getUint16(16)).toBe(86);
    expect(view.getUint16(38)).toBe(66);
    const sum = (at: number, end: number, start = 0) => {
      let total = start;
      for (let i = at; i < end; i += 2) total += view.getUint16(i);
      while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
      return total;
    };
    expect(sum(14, 34)).toBe(0xffff);
    expect(sum(34, 100, sum(26, 34) + 17 + 66)).toBe(0xffff);
  });

  it("cannot be shorter than its headers", () => {
    expect(composePacket(keyOf(`${ETH},${IPV6(17)},udp(src=1,dst=2)`), 0, 60)).toBeUndefined();
  });
});

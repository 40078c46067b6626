// SPDX-License-Identifier: Apache-2.0
/**
 * Traffic of which a small share is meant to hurt the rest. First the hostile packets are one
 * dropped flow; then rules are added that make them what they are.
 */
import { ipv4, udpFrame } from "../../test/harness/pcap.js";

export interface HostileCase {
  readonly name: string;
  /** One packet in so many is hostile. */
  readonly every: number;
  /** The n-th hostile packet. */
  readonly hostile: (n: number) => Uint8Array;
  /** What makes hostile packets hostile; port 1 receives. */
  readonly rules: readonly string[];
  readonly otherConfig: Readonly<Record<string, string>>;
}

/** Packets of a capture: as many as the endless source preloads without using up its pool. */
export const PACKETS = 32768;
const ESTABLISHED = 1024;
/** Established flows come first, so that no other rule makes them look at more. */
export const ESTABLISHED_RULE = "priority=1000,in_port=1,udp,nw_dst=10.1.0.0/16,actions=output:2";

/** Packets of the same few flows, from then on installed. */
function established(n: number): Uint8Array {
  const flow = n % ESTABLISHED;
  return udpFrame({
    ...{ src: ipv4("10.0.0.0") + flow, dst: ipv4("10.1.0.1") + (flow & 0xff) },
    ...{ srcPort: 1024 + flow, dstPort: 2000 },
  });
}

/** @param scale of the number of packets: 1 is all of them */
export function framesOf({ every, hostile }: HostileCase, scale: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(PACKETS * scale) }, (_, i) =>
    i % every === every - 1 ? hostile(Math.floor(i / every)) : established(i),
  );
}

/** A value that differs from `value`, of `bits` bits, in bit `n` from the top, and no bit above. */
function differingAt(value: number, bits: number, n: number): number {
  return (value ^ (2 ** (bits - 1 - n))) >>> 0;
}

export const CASES: readonly HostileCase[] = [
  {
    // Rules look at both ports of these packets, and there is room for two flows only: one for
    // those that are established, one for the first of the others. All the rest miss, every time.
    name: "miss storm",
    // Some 100 000 a second at the rate of the endless source.
    every: 300,
    hostile: (n) =>
      udpFrame({
        ...{ src: ipv4("172.16.0.0") + (n >> 8), dst: ipv4("99.0.0.1") },
        ...{ srcPort: 1024 + n, dstPort: 3000 + (n & 0xff) },
      }),
    rules: [
      "priority=500,in_port=1,udp,nw_dst=99.0.0.1,actions=" +
        "move:NXM_OF_UDP_SRC[]->NXM_NX_REG0[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG1[0..15]",
    ],
    otherConfig: { "flow-limit": "2" },
  },
  {
    // An access list on addresses and ports, and packets each of which differs from its rules at
    // another bit: every packet needs a mask of its own to be told from them.
    name: "mask explosion",
    every: 64,
    hostile: (n) =>
      udpFrame({
        src: differingAt(ipv4("172.16.5.9"), 32, n % 32),
        dst: differingAt(ipv4("99.7.7.7"), 32, Math.floor(n / 32) % 16),
        ...{ srcPort: 4000, dstPort: 4000 },
      }),
    rules: [
      "priority=500,in_port=1,ip,nw_src=172.16.5.9,actions=output:2",
      "priority=400,in_port=1,ip,nw_dst=99.7.7.7,actions=output:2",
    ],
    otherConfig: { "emc-insert-inv-prob": "0" },
  },
];

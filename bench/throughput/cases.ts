// SPDX-License-Identifier: Apache-2.0
/** What is measured: traffic, OpenFlow rules and settings, the same for every switch. */
import { ipv4, udpFrame } from "../../test/harness/pcap.js";

export interface Case {
  readonly name: string;
  /** Frames of the capture that is replayed without end. */
  readonly frames: (scale: number) => Uint8Array[];
  /** OpenFlow rules; port 1 receives, port 2 sends. */
  readonly rules: readonly string[];
  readonly otherConfig: Readonly<Record<string, string>>;
}

const EMC_ALWAYS = { "emc-insert-inv-prob": "1" };
/** As many as the endless source preloads without using up a pool of packet buffers. */
const MICROFLOWS = 32768;
const EMC_OFF = { "emc-insert-inv-prob": "0" };

/** `count` microflows, spread over the prefixes 1/1, 01/2, 001/3 … (`masks` of them). */
function microflows(count: number, masks = 1): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const mask = i % masks;
    // The first `mask` bits are 0, the next is 1, the rest count.
    const src = (0x80000000 >>> mask) + (Math.floor(i / masks) & 0xffff);
    return udpFrame({
      ...{ src, dst: ipv4("10.1.0.1") + (i & 0xff) },
      ...{ srcPort: 1024 + (i % 60000), dstPort: 2000 + ((i >>> 8) & 0xff) },
    });
  });
}

/** Rules on nw_src of prefix lengths 1…`masks` over disjoint prefixes, so that each is a mask. */
function prefixRules(masks: number): string[] {
  return Array.from({ length: masks }, (_, i) => {
    const prefix = 0x80000000 >>> i;
    const text = [24, 16, 8, 0].map((shift) => (prefix >>> shift) & 0xff).join(".");
    return `in_port=1,ip,nw_src=${text}/${i + 1},actions=output:2`;
  });
}

export const CASES: readonly Case[] = [
  {
    name: "simple match",
    frames: () => microflows(1),
    rules: ["in_port=1,actions=output:2"],
    otherConfig: EMC_ALWAYS,
  },
  {
    name: "exact match, 1 k flows",
    frames: (scale) => microflows(Math.ceil(1024 * scale)),
    rules: ["in_port=1,udp,actions=output:2"],
    otherConfig: EMC_ALWAYS,
  },
  {
    name: "tuple space, 1 mask",
    frames: (scale) => microflows(Math.ceil(MICROFLOWS * scale)),
    rules: prefixRules(1),
    otherConfig: EMC_OFF,
  },
  {
    name: "tuple space, 8 masks",
    frames: (scale) => microflows(Math.ceil(MICROFLOWS * scale), 8),
    rules: prefixRules(8),
    otherConfig: EMC_OFF,
  },
];

// SPDX-License-Identifier: Apache-2.0
/** What is measured: traffic, OpenFlow rules and settings, the same for every switch. */
import { ipv4, udpFrame } from "../../test/harness/pcap.js";

export interface Case {
  readonly name: string;
  /** Frames of the capture that is replayed without end; `scale` 1 for the whole case. */
  readonly frames: (scale: number) => Uint8Array[];
  /** OpenFlow rules; port 1 receives, port 2 sends. */
  readonly rules: readonly string[];
  readonly otherConfig: Readonly<Record<string, string>>;
  /** A guest that forwards from port 3 to port 4 and back. */
  readonly guest?: true;
}

const EMC_ALWAYS = { "emc-insert-inv-prob": "1", "smc-enable": "false" };
const EMC_OFF = { "emc-insert-inv-prob": "0", "smc-enable": "false" };
const SMC = { "emc-insert-inv-prob": "0", "smc-enable": "true" };
const K = 1024;

/** `count` microflows, spread over the prefixes 1/1, 01/2, 001/3 … (`masks` of them). */
function microflows(count: number, masks = 1): (scale: number) => Uint8Array[] {
  const frame = (i: number): Uint8Array => {
    const mask = i % masks;
    // The first `mask` bits are 0, the next is 1, the rest count.
    const prefix = 0x80000000 >>> mask;
    const src = prefix + (Math.floor(i / masks) & 0xffff & (prefix - 1));
    return udpFrame({
      ...{ src, dst: ipv4("10.1.0.1") + (i & 0xff) },
      ...{ srcPort: 1024 + (i % 60000), dstPort: 2000 + ((i >>> 8) & 0xff) },
    });
  };
  return (scale) => Array.from({ length: Math.ceil(count * scale) }, (_, i) => frame(i));
}

/** Rules on nw_src of prefix lengths 1…`masks` over disjoint prefixes, so that each is a mask. */
function prefixRules(masks: number): string[] {
  return Array.from({ length: masks }, (_, i) => {
    const prefix = 0x80000000 >>> i;
    const text = [24, 16, 8, 0].map((shift) => (prefix >>> shift) & 0xff).join(".");
    return `in_port=1,ip,nw_src=${text}/${i + 1},actions=output:2`;
  });
}

function exact(name: string, flows: number): Case {
  return {
    name: `exact match, ${name}`,
    frames: microflows(flows),
    rules: ["in_port=1,udp,actions=output:2"],
    otherConfig: EMC_ALWAYS,
  };
}

function tuples(masks: number): Case {
  return {
    name: `tuple space, ${masks} mask${masks > 1 ? "s" : ""}`,
    frames: microflows(64 * K, masks),
    rules: prefixRules(masks),
    otherConfig: EMC_OFF,
  };
}

function rewriting(name: string, actions: string): Case {
  return {
    name,
    frames: microflows(K),
    rules: [`in_port=1,udp,actions=${actions},output:2`],
    otherConfig: EMC_ALWAYS,
  };
}

export const CASES: readonly Case[] = [
  {
    name: "simple match",
    frames: microflows(1),
    rules: ["in_port=1,actions=output:2"],
    otherConfig: EMC_ALWAYS,
  },
  exact("1 flow", 1),
  exact("1 k flows", K),
  exact("8 k flows", 8 * K),
  exact("64 k flows", 64 * K),
  {
    name: "signature match, 64 k",
    frames: microflows(64 * K),
    rules: ["in_port=1,udp,actions=output:2"],
    otherConfig: SMC,
  },
  ...[1, 4, 8, 16, 24].map(tuples),
  rewriting("L3 rewrite", "mod_dl_src:2:0:0:0:0:a,mod_dl_dst:2:0:0:0:0:b,dec_ttl"),
  rewriting("push VLAN", "mod_vlan_vid:100"),
  {
    name: "vhost loop",
    frames: microflows(1),
    rules: ["in_port=1,actions=output:3", "in_port=4,actions=output:2", "in_port=3,actions=drop"],
    otherConfig: EMC_ALWAYS,
    guest: true,
  },
];

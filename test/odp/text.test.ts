// SPDX-License-Identifier: Apache-2.0
/** Texts that the stock switch 3.1 printed, printed again and read back. */
import { describe, expect, it } from "vitest";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import { formatFlowKey } from "../../src/odp/format-key.js";
import { parseOdpActions } from "../../src/odp/parse-actions.js";
import { parseFlowKey } from "../../src/odp/parse-key.js";
import { ipv6Text, type PortNames } from "../../src/odp/text.js";
import { formatUfid, parseUfid } from "../../src/odp/ufid.js";

const VERBOSE =
  "skb_priority(0/0),skb_mark(0/0),ct_state(0/0),ct_zone(0/0),ct_mark(0/0),ct_label(0/0),";
const MACS = "eth(src=50:54:00:00:00:05/00:00:00:00:00:00,dst=50:54:00:00:00:07/00:00:00:00:00:00)";

/** `dpctl/dump-flows`. */
const FLOWS = [
  "recirc_id(0),in_port(2),packet_type(ns=0,id=0),eth(src=50:54:00:00:00:07," +
    "dst=50:54:00:00:00:05),eth_type(0x86dd),ipv6(frag=no)",
  "recirc_id(0),in_port(2),packet_type(ns=0,id=0),eth_type(0x0806),arp(op=1)",
  "recirc_id(0),in_port(2),packet_type(ns=0,id=0),eth_type(0x8100),vlan(vid=5,pcp=2/0x0)," +
    "encap(eth_type(0x0800),ipv4(frag=no))",
  "recirc_id(0),in_port(2),packet_type(ns=0,id=0),eth_type(0x86dd),ipv6(proto=58,frag=no)," +
    "icmpv6(type=135,code=0),nd(target=::8,sll=50:54:00:00:00:09)",
  "recirc_id(0x1),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800)," +
    "ipv4(dst=10.1.0.0/255.255.0.0,proto=6,ttl=64,frag=later)",
  "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=6,frag=no)," +
    "tcp(src=1/0xff,dst=80),tcp_flags(+syn-ack)",
  "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0/0xffff)",
];

/** `dpctl/dump-flows -m`. */
const VERBOSE_FLOWS = [
  `${VERBOSE}recirc_id(0),dp_hash(0/0),in_port(p2),packet_type(ns=0,id=0),${MACS},` +
    "eth_type(0x0806),arp(sip=1.2.3.4/0.0.0.0,tip=1.1.1.1/0.0.0.0,op=1," +
    "sha=50:54:00:00:00:05/00:00:00:00:00:00,tha=50:54:00:00:00:05/00:00:00:00:00:00)",
  `${VERBOSE}recirc_id(0),dp_hash(0/0),in_port(p2),packet_type(ns=0,id=0),${MACS},` +
    "eth_type(0x8100),vlan(vid=5,pcp=2/0x0),encap(eth_type(0x0800),ipv4(src=1.2.3.4/0.0.0.0," +
    "dst=5.6.7.8/0.0.0.0,proto=1/0,tos=0/0,ttl=64/0,frag=no),icmp(type=8/0,code=0/0))",
  `${VERBOSE}recirc_id(0),dp_hash(0/0),in_port(p2),packet_type(ns=0,id=0),${MACS},` +
    "eth_type(0x86dd),ipv6(src=::1/::,dst=::2/::,label=0/0,proto=58,tclass=0/0,hlimit=3/0," +
    "frag=no),icmpv6(type=135,code=0),nd(target=::8,sll=50:54:00:00:00:09," +
    "tll=00:00:00:00:00:00/00:00:00:00:00:00)",
];

const ACTIONS = [
  "drop",
  "1,3,100",
  "set(ipv4(dst=9.9.9.9,ttl=63)),userspace(pid=0,controller(reason=1,dont_send=1," +
    "continuation=0,recirc_id=1,rule_cookie=0,controller_id=0,max_len=65535)),3",
  "set(ipv6(dst=::7,label=0x12,tclass=0x1/0x3)),set(udp(src=3)),3," +
    "set(eth(src=aa:00:00:00:00:00/ff:00:00:00:00:00)),1",
  "userspace(pid=0,slow_path(action))",
  "set(arp(op=2)),3",
  "pop_vlan,push_vlan(vid=10,pcp=0),push_vlan(tpid=0x88a8,vid=5,pcp=7),2",
  "set(skb_priority(0x7)),set(skb_mark(0x5)),2",
  "trunc(100),2,recirc(0x1)",
  "hash(l4(0)),recirc(0xa)",
  "set(icmp(type=3,code=0)),set(icmpv6(type=135,code=0)),set(nd(target=::5)),2",
];

const NAMES: PortNames = {
  nameOf: (port) => (port === 2 ? "p2" : undefined),
  numberOf: (name) => (name === "p2" ? 2 : undefined),
};

function parsed(text: string): { key: Uint8Array; mask: Uint8Array } {
  const flow = parseFlowKey(text, NAMES);
  if ("error" in flow) throw new Error(flow.error);
  return flow;
}

describe("datapath flows", () => {
  it.each(FLOWS)("prints %s", (text) => {
    const { key, mask } = parsed(text);
    expect(formatFlowKey(key, mask)).toBe(text);
  });

  it.each(VERBOSE_FLOWS)("prints verbosely %s", (text) => {
    const { key, mask } = parsed(text);
    expect(formatFlowKey(key, mask, { verbose: true, names: NAMES })).toBe(text);
  });

  it("shows the second of two tags as the payload's type unless two tags are looked at", () => {
    const text =
      "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x88a8),vlan(vid=1,pcp=0)," +
      "encap(eth_type(0x8100),vlan(vid=2,pcp=0),encap(eth_type(0x0800),ipv4(frag=no)))";
    const { key, mask } = parsed(text);
    expect(formatFlowKey(key, mask, { vlanLimit: 2 })).toBe(text);
    expect(formatFlowKey(key, mask)).toBe(
      "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x88a8),vlan(vid=1,pcp=0)," +
        "encap(eth_type(0x8100))",
    );
  });

  it.each([
    ["in_port=1,tcp", "in_port=1,tcp"],
    ["in_port(1),eth_type(0x0800),ipv4(src=1.2.3)", "ipv4(src=1.2.3)"],
    ["in_port(1),bogus(1)", "bogus(1)"],
    ["in_port(1", "in_port(1"],
    ["in_port(nosuch)", "in_port(nosuch)"],
    ["in_port(1),vlan(vid=5000)", "vlan(vid=5000)"],
  ])("refuses %s", (text, at) => {
    expect(parseFlowKey(text, NAMES)).toEqual({ error: `syntax error at ${at}` });
  });

  it("skips a ufid", () => {
    const text = "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x1234)";
    const id = "ufid:6e0fd7ef-1d26-4d69-9c98-98f199796c08";
    expect(parsed(`${id}, ${text}`)).toEqual(parsed(text));
    expect(formatUfid(parseUfid(id) ?? new Uint8Array())).toBe(id);
    expect(parseUfid("ufid:6e0fd7ef")).toBeNull();
  });
});

describe("datapath actions", () => {
  it.each(ACTIONS)("prints and reads %s", (text) => {
    const actions = parseOdpActions(text);
    expect(actions).not.toBeNull();
    expect(formatOdpActions(actions ?? [])).toBe(text);
  });

  it("prints and reads ports by name", () => {
    expect(formatOdpActions(parseOdpActions("p2,3", NAMES) ?? [], { names: NAMES })).toBe("p2,3");
  });

  it.each([
    "bogus",
    "set(ipv4(dst=9.9.9.999))",
    "set(foo(a=1))",
    "recirc(x)",
    "push_vlan(1)",
    "1)",
  ])("refuses %s", (text) => {
    expect(parseOdpActions(text)).toBeNull();
  });
});

describe("IPv6 addresses", () => {
  it.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["00000000000000000000ffff01020304", "::ffff:1.2.3.4"],
    ["00000000000000000000000001020304", "::1.2.3.4"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["00010000000200000000000300000000", "1:0:2::3:0:0"],
    ["ffffffffffffffff0000000000000000", "ffff:ffff:ffff:ffff::"],
    ["00000000000000000000000000000008", "::8"],
  ])("prints %s", (digits, text) => {
    expect(ipv6Text(Buffer.from(digits, "hex"), 0)).toBe(text);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** What is wrong with a flow, in the words of ovs-ofctl; and which flow formats can carry it. */
import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { formatProtocols } from "../../src/openflow/protocols.js";
import { Random, randomFlow } from "./random-flows.js";

const OPTIONS = ["-O", "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"];

/** The verdict of ovs-ofctl: `error: …` or `usable: …`. */
function theirs(line: string): Promise<string> {
  return new Promise((resolve) => {
    execFile("ovs-ofctl", [...OPTIONS, "parse-flow", "--", line], (_error, stdout, stderr) => {
      const failure = /^ovs-ofctl: (.*)$/m.exec(stderr);
      const usable = /^usable protocols: (.*)$/m.exec(stdout);
      if (usable) resolve(`usable: ${usable[1]}`);
      else resolve(failure ? `error: ${failure[1]}` : `neither: ${stdout}${stderr}`);
    });
  });
}

function ours(line: string): string {
  try {
    return `usable: ${formatProtocols(parseFlow(line, FLOW_COMMAND.ADD).usable)}`;
  } catch (error) {
    if (error instanceof Error && error.name === "OperatorError") return `error: ${error.message}`;
    throw error;
  }
}

const CASES = [
  "",
  "tcp",
  "actions=",
  "actions",
  "actions=drop",
  "action=drop",
  "tcp,actions=drop,output:1",
  "foo,actions=1",
  "foo=bar,actions=1",
  "in_port=x,actions=1",
  "in_port=-1,actions=1",
  "in_port=65280,actions=1",
  "in_port=70000,actions=1",
  "in_port=4294967294,actions=1",
  "in_port=,actions=1",
  "in_port_oxm=7,actions=1",
  "in_port_oxm=70000,actions=1",
  "priority=65536,actions=1",
  "priority=-1,actions=1",
  "priority=x,actions=1",
  "priority,actions=1",
  "table=256,actions=1",
  "table=255,actions=1",
  "table=x,actions=1",
  "cookie=1/1,actions=1",
  "cookie=x,actions=1",
  "cookie=,actions=1",
  "cookie=99999999999999999999,actions=1",
  "idle_timeout=70000,actions=1",
  "importance=5,actions=1",
  "out_port=5,actions=1",
  "duration=5s,n_packets=0,n_bytes=3,idle_age=1,hard_age=2,actions=1",
  "reset_counts,actions=1",
  "no_packet_counts,actions=1",
  "no_byte_counts,actions=1",
  "dl_src=00:11:22:33:44,actions=1",
  "dl_src=00:11:22:33:44:55/ff,actions=1",
  "dl_src=00:11:22:33:44:55:66,actions=1",
  "dl_src=*,actions=1",
  "dl_type=0x10000,actions=1",
  "dl_type=0x0800/0xff,actions=1",
  "dl_type=*,actions=1",
  "dl_vlan=5000,actions=1",
  "dl_vlan=0xffff,actions=1",
  "dl_vlan=70000,actions=1",
  "dl_vlan=1/1,actions=1",
  "dl_vlan_pcp=9,actions=1",
  "vlan_tci=0/0x1000,actions=1",
  "nw_src=1.2.3,actions=1",
  "ip,nw_src=1.2.3.4/33,actions=1",
  "ip,nw_src=1.2.3.4/,actions=1",
  "ip,nw_src=1.2.3.4/1.2,actions=1",
  "ip,nw_src=1.2.3.4/255.0.255.0,actions=1",
  "ip,nw_src=300.2.3.4,actions=1",
  "ipv6,ipv6_src=1::2::3,actions=1",
  "ipv6,ipv6_src=1::2/129,actions=1",
  "ipv6,ipv6_src=1::2/x,actions=1",
  "ipv6,ipv6_src=1::2/ffff,actions=1",
  "ipv6,ipv6_src=fe80::1:2/64,actions=1",
  "ipv6,nw_ttl=5,actions=1",
  "ipv6,nw_tos=4,actions=1",
  "tcp6,tp_src=4,actions=1",
  "nw_tos=3,actions=1",
  "ip,nw_tos=256,actions=1",
  "ip,nw_tos=0x100,actions=1",
  "ip,nw_ecn=1,actions=1",
  "ip,nw_ecn=9,actions=1",
  "ip_frag=maybe,actions=1",
  "tcp,tp_src=70000,actions=1",
  "tcp,tp_src=1/70000,actions=1",
  "tcp,tp_src=1/x,actions=1",
  "tcp,tp_src=x,actions=1",
  "tcp,tp_src=80/0xfff0,actions=1",
  "tcp,tcp_flags=+foo,actions=1",
  "tcp,tcp_flags=+syn+syn,actions=1",
  "tcp,tcp_flags=+synack,actions=1",
  "tcp,tcp_flags=syn/ack,actions=1",
  "tcp,tcp_flags=0x1000/0x1000,actions=1",
  "tcp,tcp_flags=,actions=1",
  "ct_state=+bad,actions=1",
  "ct_state=trk,actions=1",
  "ct_state=0x100/0x100,actions=1",
  "ct_mark=5,ct_nw_src=1.2.3.4,actions=1",
  "tun_flags=+df,actions=1",
  "tun_ttl=5,actions=1",
  "reg16=5,actions=1",
  "reg0=0x100000000,actions=1",
  "reg0[0..40]=5,actions=1",
  "reg0[5..1]=5,actions=1",
  "reg0[0..3]=77,actions=1",
  "reg0[0..3]=x,actions=1",
  "reg0[32]=1,actions=1",
  "reg0[=1,actions=1",
  "nosuch[0]=1,actions=1",
  "metadata=1/0xff,actions=1",
  "skb_priority=5,actions=1",
  "packet_type=(1,0x800),actions=1",
  "packet_type=5,actions=1",
  "packet_type=(x,1),actions=1",
  "recirc_id=5,actions=1",
  "actset_output=70000,actions=1",
  "eth,actions=1",
  "actions=foo",
  "actions=foo:1",
  "actions=apply_actions(output:1)",
  "actions=output",
  "actions=output:x",
  "actions=output:reg0",
  "actions=output:reg0[0..40]",
  "actions=output(port=1,max_len=5)",
  "actions=output(port=1,max_len=x)",
  "actions=output(port=flood,max_len=100)",
  "actions=output(port=1,max_len=100,x=1)",
  "actions=output(port=x,max_len=100)",
  "actions=output_trunc:1",
  "actions=65280",
  "actions=70000",
  "actions=none",
  "actions=any",
  "actions=controller:70000",
  "actions=controller:x",
  "actions=controller(max_len=5,reason=bar)",
  "actions=controller(id=70000)",
  "actions=controller(foo=5)",
  "actions=controller(userdata=0g)",
  "actions=controller(userdata=)",
  "actions=enqueue:5",
  "actions=enqueue:x:5",
  "actions=enqueue:5:x",
  "actions=enqueue:flood:5",
  "actions=set_queue:x",
  "actions=set_queue:",
  "actions=mod_vlan_vid:4096",
  "actions=mod_vlan_vid:x",
  "actions=mod_vlan_vid",
  "actions=set_vlan_vid:5",
  "dl_vlan=4,actions=set_vlan_vid:5",
  "actions=mod_vlan_pcp:8",
  "actions=strip_vlan",
  "dl_vlan=4,actions=strip_vlan",
  "dl_vlan=4,actions=strip_vlan,strip_vlan",
  "actions=push_vlan:0x8100",
  "actions=push_vlan:0x88a8",
  "actions=push_vlan:0x1234",
  "actions=push_vlan:0x8100,push_vlan:0x8100,push_vlan:0x8100",
  "dl_vlan=4,actions=push_vlan:0x8100,push_vlan:0x8100",
  "actions=mod_dl_src:1",
  "actions=mod_dl_src:00:11:22:33:44:55:66",
  "actions=mod_nw_src:1.2.3.4",
  "ip,actions=mod_nw_src:1.2.3",
  "ip,actions=mod_nw_tos:3",
  "ip,actions=mod_nw_tos:300",
  "ip,actions=mod_nw_ecn:4",
  "ip,actions=mod_nw_ttl:256",
  "ip,actions=set_nw_ttl:5",
  "ip,actions=mod_tp_src:80",
  "tcp,actions=mod_tp_src:80000",
  "arp,actions=mod_tp_src:80",
  "tcp,ip_frag=later,actions=mod_tp_src:80",
  "actions=dec_ttl",
  "ip,actions=dec_ttl(x)",
  "ip,actions=dec_ttl( , )",
  "actions=resubmit",
  "actions=resubmit:x",
  "actions=resubmit(,)",
  "actions=resubmit(1,256)",
  "actions=resubmit(1,2,ct)",
  "actions=resubmit(1,2,x)",
  "ct_state=+trk+est,actions=resubmit(1,2,ct)",
  "actions=load:5",
  "actions=load:5->",
  "actions=load:5->foo[]",
  "actions=load:x->reg0[]",
  "actions=load:16->reg0[0..3]",
  "actions=load:0x1ffffffff->reg0[]",
  "actions=load:5->reg0[0..3",
  "actions=load:5->NXM_OF_IP_SRC[]",
  "actions=load:5->NXM_OF_ETH_TYPE[]",
  "actions=load:5->ct_mark[]",
  "actions=set_field:5->foo",
  "actions=set_field:5",
  "actions=set_field:5->",
  "actions=set_field:5->eth_type",
  "actions=set_field:x->reg0",
  "actions=set_field:5->ip_src",
  "actions=set_field:1.2.3.4->ip_src",
  "actions=set_field:5->vlan_vid",
  "dl_vlan=1,actions=set_field:5->vlan_vid",
  "dl_vlan=1,actions=set_field:9->vlan_pcp",
  "actions=set_field:5->vlan_pcp",
  "ip,actions=set_field:77->ip_dscp",
  "ip,actions=set_field:3->nw_tos",
  "actions=set_field:1->tun_flags",
  "actions=set_field:oam->tun_flags",
  "actions=set_field:5->in_port",
  "actions=set_field:5->in_port_oxm",
  "actions=set_field:0x1234/0xff->metadata",
  "actions=move:reg0[]",
  "actions=move:reg0[]->reg1[0..3]",
  "actions=move:reg0[]->eth_type[]",
  "actions=move:NXM_OF_IP_SRC[]->reg0[]",
  "ip,actions=move:NXM_OF_IP_SRC[]->reg0[]",
  "actions=push:reg0[]x",
  "actions=push:foo[]",
  "actions=pop:eth_type[]",
  "actions=push:ip_src[]",
  "actions=set_tunnel:x",
  "actions=set_tunnel:0x1ffffffff",
  "actions=note:1",
  "actions=note:xx",
  "actions=note:",
  "actions=exit,exit",
  "actions=group:x",
  "actions=group:5",
  "actions=clone(output:1,clone(2),exit)",
  "actions=clone(goto_table:5)",
  "actions=clone(foo)",
  "actions=clone(meter:1)",
  "actions=goto_table:x",
  "actions=goto_table:5",
  "table=5,actions=goto_table:5",
  "table=5,actions=goto_table:6",
  "actions=goto_table:5,output:1",
  "actions=goto_table:5,goto_table:6",
  "actions=write_metadata:x",
  "actions=write_metadata:5/x",
  "actions=write_metadata:5/6,write_metadata:5",
  "actions=meter:5,1",
  "actions=meter:0",
  "actions=meter:x",
  "actions=1,meter:5",
  "actions=clear_actions,1",
  "actions=1,clear_actions",
  "actions=write_actions(1),clear_actions",
  "actions=write_actions(goto_table:5)",
  "actions=write_actions(foo)",
  "actions=write_actions(mod_nw_src:1.2.3.4)",
  "actions=write_actions(drop)",
  "actions=1,2,3,goto_table:3,",
  "actions=OUTPUT:1,Normal",
  "actions = 1",
  "tcp actions=1",
  "tcp,,tp_src=80,,,actions=,,1,,2",
  "udp,tp_dst=53 priority=5 actions=1",
];

function mutated(r: Random): string {
  const line = randomFlow(r, { instructions: true, push: true });
  const at = r.below(line.length);
  const junk = r.pick(["x", "", ",", "=", "(", ")", ":", "/", "[", "9", "-", "0x", " ", "->", "."]);
  return line.slice(0, at) + junk + line.slice(at + r.below(3));
}

async function disagreements(lines: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const line of lines) {
    const [a, b] = [ours(line), await theirs(line)];
    if (a !== b) wrong.push(`${line}\n  ${a}\n  ${b}`);
  }
  return wrong;
}

describe("verdicts on flows are those of ovs-ofctl", () => {
  it("for each known way to be wrong or limited", async () => {
    expect(await disagreements(CASES)).toEqual([]);
  });

  it("for random flows with a random mistake", async () => {
    const r = new Random(2023);
    const lines = Array.from({ length: 300 }, () => mutated(r));
    expect(await disagreements(lines)).toEqual([]);
  });
});

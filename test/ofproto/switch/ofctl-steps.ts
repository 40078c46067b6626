// SPDX-License-Identifier: Apache-2.0
/** What the stock ovs-ofctl is made to do to two switches; the answers must be the same. */

export interface Step {
  args: readonly string[];
  input?: string;
}

/** Steps in one version: command lines, some with what they read. */
export const stepsIn = (
  version: string,
  ...steps: (string | readonly [string, string])[]
): Step[] =>
  steps.map((step) => {
    const [line, input] = typeof step === "string" ? [step, undefined] : step;
    const args = ["-O", version, ...splitWords(line)];
    return input === undefined ? { args } : { args, input };
  });

/** Words at spaces, except those inside single quotes. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? (m[2] as string));
}

const INFORMATION = [
  "show br0",
  "dump-desc br0",
  "dump-tables br0",
  "dump-ports br0",
  "dump-ports br0 p1",
  "dump-ports br0 7",
  "dump-ports-desc br0",
  "get-frags br0",
  "probe br0",
  "ping br0",
];

const FLOWS = `
table=0,priority=10,in_port=1,actions=output:2
table=0,priority=11,in_port=1,tcp,tp_dst=80,actions=output:2
cookie=0x1234,priority=12,ip,nw_src=10.0.0.0/8,actions=drop
cookie=0x1235,priority=12,ip,nw_dst=10.1.2.3,nw_tos=32,actions=mod_nw_dst:10.9.9.9,output:1
priority=13,dl_vlan=5,actions=strip_vlan,NORMAL
priority=14,dl_vlan=6,dl_vlan_pcp=3,actions=mod_vlan_vid:7,mod_vlan_pcp:1,output:2
priority=15,arp,nw_src=192.168.0.1,actions=FLOOD
priority=16,dl_src=00:11:22:33:44:55,actions=mod_dl_dst:00:01:02:03:04:05,LOCAL
idle_timeout=300,priority=17,udp,tp_src=53,actions=controller
hard_timeout=400,idle_timeout=200,priority=18,icmp,icmp_type=8,actions=ALL
`;

const MORE_FLOWS = `
table=1,priority=20,ipv6,ipv6_dst=2001:db8::/32,actions=output:1
table=2,priority=21,reg0=0x5,metadata=0x77,actions=resubmit(,3)
table=3,priority=22,tcp6,tp_dst=0x1000/0xf000,actions=load:0x1->NXM_NX_REG1[0..3],output:2
table=3,priority=24,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],output:2
table=3,priority=23,icmp6,icmp_type=135,nd_target=fe80::1,actions=drop
table=4,priority=24,ip,ip_frag=later,actions=in_port
table=253,priority=1,actions=dec_ttl,output:1
`;

const EDITS_10 = [
  ["add-flows br0 -", FLOWS],
  "dump-flows br0",
  "--no-stats dump-flows br0",
  "dump-aggregate br0",
  "dump-aggregate br0 ip",
  "dump-flows br0 ip",
  "dump-flows br0 in_port=1",
  "dump-flows br0 out_port=2",
  "dump-flows br0 cookie=0x1234/-1",
  "mod-flows br0 ip,actions=output:LOCAL",
  "dump-flows br0",
  "mod-flows br0 priority=77,dl_type=0x1234,actions=output:1",
  "--strict mod-flows br0 priority=77,dl_type=0x1234,actions=output:2",
  "--strict mod-flows br0 priority=78,dl_type=0x1235,actions=output:2",
  "mod-flows br0 cookie=0x1235/-1,actions=output:1",
  "mod-flows br0 cookie=0x9999/-1,priority=3,actions=output:1",
  "dump-flows br0",
  "add-flow br0 check_overlap,priority=12,ip,nw_src=10.1.0.0/16,actions=drop",
  "add-flow br0 check_overlap,priority=12,ip,nw_src=10.0.0.0/8,actions=output:1",
  "add-flow br0 check_overlap,priority=99,ip,nw_src=10.0.0.0/8,actions=output:1",
  "add-flow br0 table=254,actions=drop",
  "add-flow br0 send_flow_rem,priority=5,actions=drop",
  "dump-flows br0",
  "del-flows br0 out_port=1",
  "dump-flows br0",
  "--strict del-flows br0 dl_vlan=5",
  "--strict del-flows br0 priority=13,dl_vlan=5",
  "del-flows br0 cookie=0x1234/-1",
  "del-flows br0 tcp",
  "del-flows br0 table=254",
  "dump-flows br0",
  "dump-tables br0",
  "del-flows br0",
  "dump-flows br0",
] as const;

const NICIRA = [
  ["add-flows br0 -", MORE_FLOWS],
  "dump-flows br0",
  "dump-flows br0 table=3",
  "dump-flows br0 table=9",
  "dump-tables br0",
  "-F nxm+table_id dump-flows br0 tcp6",
  "-F nxm del-flows br0 table=3,tcp6",
  "dump-aggregate br0 table=3",
  ["replace-flows br0 -", `${FLOWS}table=4,priority=9,actions=drop\n`],
  "dump-flows br0",
  ["replace-flows --readd br0 -", FLOWS],
  "dump-flows br0",
  ["diff-flows br0 -", "priority=1,actions=drop\n"],
  "del-flows br0",
] as const;

const PORTS = [
  "mod-port br0 p1 down",
  "mod-port br0 1 no-flood",
  "mod-port br0 p2 no-packet-in",
  "mod-port br0 p2 no-receive",
  "mod-port br0 LOCAL no-forward",
  "mod-port br0 nosuch up",
  "dump-ports-desc br0",
  "mod-port br0 p1 up",
  "mod-port br0 1 flood",
  "mod-port br0 p2 packet-in",
  "mod-port br0 p2 receive",
  "mod-port br0 LOCAL forward",
  "dump-ports-desc br0",
  "set-frags br0 drop",
  "get-frags br0",
  "set-frags br0 nx-match",
  "get-frags br0",
  "set-frags br0 normal",
  "get-frags br0",
  "packet-out br0 'in_port=1,packet=00112233445566778899aabb0800,actions=output:7'",
  "packet-out br0 'in_port=controller,packet=00112233445566778899aabb0800,actions=drop'",
];

const EDITS_13 = [
  ["add-flows br0 -", FLOWS],
  "dump-flows br0",
  "dump-flows br0 cookie=0x1234/-1,out_port=2",
  "mod-flows br0 ip,actions=output:LOCAL",
  "mod-flows br0 dl_type=0x1234,actions=output:1",
  "dump-flows br0",
  "add-flow br0 cookie=5,priority=10,in_port=1,actions=output:LOCAL",
  "mod-flows br0 reset_counts,tcp,actions=drop",
  "add-flow br0 reset_counts,no_packet_counts,priority=40,in_port=2,actions=drop",
  "add-flow br0 no_byte_counts,send_flow_rem,check_overlap,priority=41,in_port=2,actions=drop",
  "add-flow br0 check_overlap,priority=41,dl_type=0x99,actions=drop",
  "add-flow br0 table=1,actions=goto_table:2",
  "add-flow br0 table=1,priority=2,actions=goto_table:1",
  "add-flow br0 table=1,priority=3,actions=write_metadata:0x12/0xff,goto_table:7",
  "add-flow br0 table=1,priority=4,actions=clear_actions,write_actions(output:1),goto_table:9",
  "add-flow br0 priority=5,actions=push_vlan:0x8100,set_field:4099->vlan_vid,output:1",
  "add-flow br0 priority=6,ip,actions=set_field:1.2.3.4->ip_src,dec_ttl,CONTROLLER:100",
  "add-flow br0 priority=7,tcp,actions=set_field:80->tcp_dst,apply",
  "dump-flows br0",
  "del-flows br0 table=254",
  "add-flow br0 table=254,actions=drop",
  "del-flows br0 out_group=5",
  "del-flows br0 'out_port=1'",
  "dump-flows br0",
  "dump-tables br0",
  "del-flows br0",
  "dump-flows br0",
  "queue-get-config br0 9",
  "queue-stats br0 9",
  "dump-groups br0",
  "dump-group-stats br0",
  "dump-meters br0",
  "meter-stats br0",
] as const;

const BUNDLES = [
  ["--bundle add-flows br0 -", FLOWS],
  "dump-flows br0",
  "--bundle add-flow br0 priority=1,actions=drop",
  [
    "--bundle add-flows br0 -",
    "priority=60,in_port=1,actions=drop\nadd table=254,actions=drop\npriority=61,actions=drop\n",
  ],
  "dump-flows br0",
  "--bundle mod-flows br0 ip,actions=output:1",
  "--bundle del-flows br0 tcp",
  ["--bundle replace-flows br0 -", "priority=9,actions=output:1\n"],
  "dump-flows br0",
  "--bundle del-flows br0",
] as const;

export const OFCTL_STEPS: readonly Step[] = [
  ...stepsIn("OpenFlow10", ...INFORMATION, ...EDITS_10, ...NICIRA, ...PORTS),
  ...stepsIn("OpenFlow13", ...INFORMATION, ...EDITS_13, ...PORTS, ...BUNDLES),
  ...stepsIn(
    "OpenFlow10",
    "add-flow br0 priority=3,actions=drop",
    "mod-flows br0 priority=4,actions=drop",
  ),
  ...stepsIn(
    "OpenFlow13",
    "dump-flows br0",
    "mod-flows br0 reset_counts,check_overlap,actions=output:1",
  ),
  ...stepsIn("OpenFlow10,OpenFlow13", "show br0", "dump-flows br0"),
];

// SPDX-License-Identifier: Apache-2.0
/** What the stock ovs-ofctl is made to say in each version; the answers must be the same. */
import { type Step, stepsIn } from "./ofctl-steps.js";

const VERSIONS = [
  "OpenFlow10",
  "OpenFlow11",
  "OpenFlow12",
  "OpenFlow13",
  "OpenFlow14",
  "OpenFlow15",
];

const FLOWS = `
table=0,priority=10,in_port=1,actions=output:2
table=1,importance=7,cookie=0x12,priority=11,tcp,nw_src=10.1.0.0/255.255.0.0,tp_dst=80,actions=LOCAL
table=2,priority=12,dl_vlan=5,dl_vlan_pcp=3,actions=strip_vlan,NORMAL
table=2,priority=13,vlan_tci=0x1000/0x1000,actions=IN_PORT
table=3,priority=14,dl_src=00:11:22:00:00:00/ff:ff:ff:00:00:00,metadata=0x12/0xff,actions=drop
table=4,priority=15,mpls,mpls_label=77,mpls_tc=3,actions=CONTROLLER:99
table=5,priority=16,arp,arp_spa=10.0.0.1,arp_op=1,actions=FLOOD
table=6,idle_timeout=90,hard_timeout=80,send_flow_rem,ip,nw_tos=32,actions=goto_table:7
table=7,icmp,icmp_type=8,icmp_code=0,actions=write_metadata:0x5/0xf,goto_table:9
`;

const EVERYWHERE = [
  "show br0",
  "dump-desc br0",
  "dump-tables br0",
  "dump-table-features br0",
  "dump-table-desc br0",
  "dump-ports br0",
  "dump-ports br0 p1",
  "dump-ports-desc br0",
  "dump-ports-desc br0 p2",
  "dump-ports-desc br0 9",
  "queue-stats br0",
  "queue-stats br0 p1 1",
  "queue-get-config br0",
  "queue-get-config br0 p1",
  "queue-get-config br0 p1 0",
  "queue-stats br0 p1 0",
  "queue-get-config br0 LOCAL",
  "get-frags br0",
  "probe br0",
  "mod-port br0 p1 no-receive",
  "dump-ports-desc br0",
  "mod-port br0 p1 receive",
  ["add-flows br0 -", FLOWS],
  "dump-flows br0",
  "dump-flows br0 tcp",
  "dump-flows br0 cookie=0x12/-1",
  "dump-flows br0 table=2,out_port=IN_PORT",
  "dump-aggregate br0",
  "dump-aggregate br0 table=2",
  "mod-flows br0 table=1,tcp,actions=output:1",
  "mod-flows br0 table=9,priority=5,udp,actions=output:1",
  "--strict mod-flows br0 table=0,priority=10,in_port=1,actions=drop",
  "add-flow br0 table=0,check_overlap,priority=10,dl_type=0x800,actions=drop",
  "add-flow br0 table=7,actions=goto_table:3",
  "add-flow br0 reset_counts,no_packet_counts,priority=3,actions=drop",
  "dump-flows br0",
  "--no-stats dump-flows br0",
  "mod-table br0 1 controller",
  "mod-table br0 all drop",
  "mod-table br0 253 continue",
  "mod-table br0 2 evict",
  "mod-table br0 3 vacancy:20,80",
  "mod-table br0 4 name:four",
  "mod-table br0 300 drop",
  "dump-table-desc br0",
  "dump-tables br0",
  "dump-flows br0 table=four",
  "mod-table br0 all controller",
  "mod-table br0 2 noevict",
  "mod-table br0 3 novacancy",
  "mod-table br0 4 name:",
  "packet-out br0 'in_port=1,packet=00112233445566778899aabb0800,actions=output:7'",
  "add-tlv-map br0 '{class=0xffff,type=0,len=4}->tun_metadata0'",
  "add-tlv-map br0 '{class=0xffff,type=0,len=4}->tun_metadata1'",
  "add-tlv-map br0 '{class=0xffff,type=1,len=4}->tun_metadata0'",
  "add-tlv-map br0 '{class=0x12,type=7,len=124}->tun_metadata63'",
  "dump-tlv-map br0",
  "del-tlv-map br0 '{class=0xffff,type=0,len=4}->tun_metadata0'",
  "dump-tlv-map br0",
  "del-tlv-map br0",
  "dump-tlv-map br0",
  "ct-flush-zone br0 5",
  "ct-flush br0",
  "ct-flush br0 zone=5 ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=1",
  "dump-ipfix-bridge br0",
  "dump-ipfix-flow br0",
  ["--bundle add-flows br0 -", "priority=60,in_port=1,actions=drop\npriority=61,actions=drop\n"],
  ["--bundle add-flows br0 -", "priority=62,actions=drop\nadd table=254,actions=drop\n"],
  "dump-flows br0 table=0",
  ["--bundle replace-flows br0 -", "priority=9,actions=output:1\n"],
  "dump-flows br0",
  [
    "bundle br0 -",
    "group add group_id=1,type=all,bucket=output:1\nflow add priority=8,actions=group:1\n" +
      "packet-out in_port=1,packet=00112233445566778899aabb0800,actions=drop\n",
  ],
  [
    "bundle br0 -",
    "group add group_id=1,type=all,bucket=output:1\nflow add priority=7,actions=drop\n",
  ],
  "dump-groups br0",
  "dump-flows br0",
  "del-groups br0",
  "--bundle del-flows br0",
  "del-flows br0",
  "dump-flows br0",
] as const;

/** The steps of each version; later ones see what earlier ones left. */
export const VERSION_STEPS: readonly { version: string; steps: readonly Step[] }[] = VERSIONS.map(
  (version) => ({ version, steps: stepsIn(version, ...EVERYWHERE) }),
);

// SPDX-License-Identifier: Apache-2.0
/**
 * Command lines for ovs-ofctl and ours, run in order on two bridges that are alike. SW is the
 * bridge, P1 and P2 its ports 1 and 2, DIR a directory with files of flows.
 */
export const OFCTL_CASES = `
show nobr
show SW SW
show
foo

--foo
-O foo show SW
-F foo dump-flows SW
-F OXM dump-flows SW
-F NXM dump-flows SW
-F NXM-table_id dump-flows SW
-F OpenFlow10 dump-flows SW
-F OpenFlow10,NXM dump-flows SW
show SW
-O OpenFlow13 show SW
-O OpenFlow10,OpenFlow13 show SW
--protocols=OpenFlow13 show SW
show SW -O OpenFlow13
--names show SW
dump-desc SW
-O OpenFlow13 dump-desc SW
dump-tables SW
-O OpenFlow13 dump-tables SW
get-frags SW
set-frags SW foo
set-frags SW drop
get-frags SW
set-frags SW drop
-O OpenFlow13 set-frags SW nx-match
-O OpenFlow13 get-frags SW
set-frags SW reassemble
set-frags SW normal
dump-ports SW
-O OpenFlow13 dump-ports SW
--names dump-ports SW
dump-ports SW 1
dump-ports SW P1
dump-ports SW 77
dump-ports SW foo
dump-ports SW LOCAL
-O OpenFlow13 dump-ports SW LOCAL
-O OpenFlow13 dump-ports SW P2
dump-ports SW any
dump-ports-desc SW
-O OpenFlow13 dump-ports-desc SW
dump-ports-desc SW 1
dump-ports-desc SW P1
dump-ports-desc SW foo
queue-stats SW
queue-stats SW 1
queue-stats SW 1 0
queue-stats SW all 5
queue-stats SW foo
queue-stats SW ALL ALL
-O OpenFlow13 queue-stats SW
--names queue-stats SW
queue-get-config SW 1
-O OpenFlow13 queue-get-config SW 1
-O OpenFlow13 queue-get-config SW
mod-port SW P1 foo
mod-port SW nop up
mod-port SW P1 down
dump-ports-desc SW
mod-port SW 1 up
mod-port SW P1 no-flood
mod-port SW P2 no-receive
mod-port SW P2 NO-forward
-O OpenFlow13 mod-port SW P2 no-packet-in
-O OpenFlow13 mod-port SW P2 no-flood
dump-ports-desc SW
-O OpenFlow13 dump-ports-desc SW
mod-port SW P1 flood
mod-port SW P2 receive
mod-port SW P2 forward
mod-port SW P2 packet-in
ping SW
ping SW 0
ping SW 1000
ping SW 70000
probe SW
probe nobr
--read-only add-flow SW drop
--read-only dump-flows SW
-t 0 show SW
-t x show SW
-t 5 probe SW
dump-flows SW
add-flow SW in_port=1,actions=output:2
add-flow SW in_port=P1,actions=output:P2
add-flow SW in_port=P1,actions=P2
--no-names add-flow SW in_port=P1,actions=2
add-flow SW foo
add-flow SW foo,actions=1
add-flow SW foo=3,actions=1
add-flow SW priority=5,tcp,nw_dst=10.0.0.0/8,actions=1,2,LOCAL
add-flow SW table=3,priority=7,ip,reg0=5,actions=load:1->NXM_NX_REG1[],resubmit(,4)
add-flow SW table=254,actions=drop
add-flow SW table=255,actions=drop
add-flow SW priority=9,cookie=0x123,idle_timeout=60,hard_timeout=100,send_flow_rem,udp,actions=NORMAL
add-flow SW check_overlap,priority=5,tcp,actions=1
-O OpenFlow13 add-flow SW check_overlap,priority=5,tcp,actions=1
-O OpenFlow13 add-flow SW table=5,priority=8,in_port=2,actions=write_actions(output:1),goto_table:6
-O OpenFlow13 add-flow SW table=5,priority=8,in_port=1,actions=goto_table:4
-O OpenFlow13 add-flow SW dl_vlan=5,actions=pop_vlan,2
-O OpenFlow13 add-flow SW no_packet_counts,priority=3,actions=1
add-flow SW no_packet_counts,priority=3,actions=1
-F OpenFlow10 add-flow SW reg0=5,actions=1
-F NXM add-flow SW priority=11,in_port=1,actions=2
-F NXM+table_id add-flow SW table=2,priority=11,in_port=1,actions=2
-F OpenFlow10+table_id add-flow SW table=2,priority=12,in_port=1,actions=2
add-flow SW priority=1,actions=group:5
add-flow SW priority=1,actions=output:5000
add-flow SW priority=1,in_port=1,actions=output:1
dump-flows SW
-m dump-flows SW
-O OpenFlow13 dump-flows SW
--names dump-flows SW
--no-names dump-flows SW
--no-stats dump-flows SW
-O OpenFlow13 --no-stats dump-flows SW
--names --no-stats dump-flows SW
--sort dump-flows SW
--rsort dump-flows SW
--sort=in_port dump-flows SW
--rsort=in_port dump-flows SW
--sort=nw_dst --rsort=priority dump-flows SW
--sort=foo dump-flows SW
--sort=PRIORITY dump-flows SW
-F OpenFlow10 dump-flows SW
dump-flows SW tcp
dump-flows SW in_port=1
dump-flows SW in_port=P1
--no-names dump-flows SW in_port=1
-O OpenFlow13 dump-flows SW in_port=1
--names dump-flows SW table=3
dump-flows SW table=2
-F OpenFlow10 dump-flows SW table=2
dump-flows SW out_port=2
dump-flows SW out_port=P2
dump-flows SW out_port=foo
dump-flows SW cookie=0x123/-1
dump-flows SW cookie=0x123/0xff
dump-flows SW cookie=0x123
dump-flows SW actions=drop
dump-flows SW priority=3
dump-flows SW foo
dump-flows SW table=300
dump-flows SW out_group=5
-O OpenFlow13 dump-flows SW out_group=5
dump-aggregate SW
dump-aggregate SW tcp
-O OpenFlow13 dump-aggregate SW
-O OpenFlow13 dump-aggregate SW table=5
dump-aggregate SW table=5
mod-flows SW tcp,actions=drop
mod-flows SW priority=5,tcp,nw_dst=10.0.0.0/8,actions=2
--strict mod-flows SW priority=5,tcp,nw_dst=10.0.0.0/8,actions=3
--strict mod-flows SW priority=5,tcp,actions=3
mod-flows SW cookie=0x123/-1,actions=1
mod-flows SW cookie=0x5,tcp,actions=1
mod-flows SW sctp,actions=1
mod-flows SW tcp
-O OpenFlow13 mod-flows SW table=5,actions=drop
dump-flows SW
-O OpenFlow13 dump-flows SW
del-flows SW tcp
del-flows SW cookie=0x123
del-flows SW cookie=0x123/-1
--strict del-flows SW priority=8,in_port=1
--strict del-flows SW priority=11,in_port=1
del-flows SW table=2
del-flows SW out_port=2
del-flows SW actions=drop
-O OpenFlow13 del-flows SW table=5
dump-flows SW
del-flows SW
dump-flows SW
-O OpenFlow13 dump-flows SW
add-flows SW DIR/good.txt
add-flows SW DIR/mixed.txt
diff-flows SW DIR/mixed.txt
add-flows SW DIR/bad.txt
add-flows SW DIR/none.txt
add-flows SW -
-O OpenFlow13 add-flows SW DIR/good.txt
dump-flows SW
diff-flows SW DIR/good.txt
diff-flows DIR/good.txt SW
diff-flows DIR/good.txt DIR/other.txt
--names diff-flows DIR/other.txt SW
diff-flows SW SW
diff-flows SW nobr
-O OpenFlow13 diff-flows SW DIR/other.txt
-O OpenFlow13 replace-flows SW DIR/other.txt
dump-flows SW
diff-flows SW DIR/other.txt
-O OpenFlow13 replace-flows SW DIR/good.txt
-O OpenFlow13 --readd replace-flows SW DIR/good.txt
replace-flows SW DIR/bad.txt
dump-flows SW
del-flows SW -
packet-out SW 1 2 0123456789abcdef0123456789ab
packet-out SW 1 2 0123
packet-out SW 1 2 0123456789abcdef0123456789abx
packet-out SW foo 2 0123456789abcdef0123456789ab
packet-out SW LOCAL foo 0123456789abcdef0123456789ab
packet-out SW P1 output:P2 0123456789abcdef0123456789ab
packet-out SW none normal 0123456789abcdef0123456789ab 0123456789abcdef0123456789ab
packet-out SW in_port=1,packet=0123456789abcdef0123456789ab,actions=2
packet-out SW "in_port=P1, packet=0123456789abcdef0123456789ab actions=2,LOCAL"
packet-out SW in_port=1,packet=0123456789abcdef0123456789ab
packet-out SW in_port=1,actions=2
packet-out SW packet=0123456789abcdef0123456789ab,actions=2
packet-out SW in_port=1,foo=3,packet=0123456789abcdef0123456789ab,actions=2
-O OpenFlow13 packet-out SW in_port=1,packet=0123456789abcdef0123456789ab,actions=2
-O OpenFlow13 packet-out SW controller 2 0123456789abcdef0123456789ab
packet-out SW
dump-ports SW
`;

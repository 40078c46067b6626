// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: speaks OpenFlow to a switch
usage: {program} [OPTIONS] COMMAND [ARG...]

SWITCH is a bridge's name, the path of a socket, or unix:FILE, tcp:HOST[:PORT], ssl:HOST[:PORT].
FLOW is written as in ovs-ofctl(8) "Flow Syntax"; see also ovs-fields(7) and ovs-actions(7).

Examples:
  {program} show br0
  {program} add-flow br0 "in_port=1,actions=output:2"
  {program} add-flow br0 "table=0,priority=100,tcp,nw_dst=10.0.0.0/8,actions=goto_table:1"
  {program} --names dump-flows br0 table=0
  {program} -O OpenFlow13 dump-ports br0
  {program} --strict del-flows br0 "priority=100,in_port=1"
  {program} diff-flows br0 flows.txt

The switch:
  show SWITCH                     its features, ports and configuration
  dump-desc SWITCH                who made it
  dump-tables SWITCH              statistics of its tables
  dump-table-features SWITCH      what its tables can do (OpenFlow 1.3)
  get-frags SWITCH                how it treats fragments
  set-frags SWITCH normal|drop|reassemble|nx-match

Ports and queues:
  dump-ports SWITCH [PORT]        statistics
  dump-ports-desc SWITCH [PORT]   descriptions
  mod-port SWITCH PORT up|down|[no-]stp|[no-]receive|[no-]receive-stp|[no-]flood|
                                  [no-]forward|[no-]packet-in
  queue-stats SWITCH [PORT [QUEUE]]
  queue-get-config SWITCH [PORT]

Flows:
  dump-flows SWITCH [FLOW]        print flows, all or those that match
  dump-aggregate SWITCH [FLOW]    their packets, bytes and number
  add-flow SWITCH FLOW            add a flow
  add-flows SWITCH FILE           add, or do what each line's first word says; "-" is stdin
  mod-flows SWITCH FLOW           change the actions of matching flows
  del-flows SWITCH [FLOW]         delete matching flows, or all
  replace-flows SWITCH FILE       make the tables be what FILE says
  diff-flows SOURCE SOURCE        compare switches or files; exits with 2 when they differ
  packet-out SWITCH "in_port=PORT,packet=HEX,actions=ACTIONS"
  packet-out SWITCH PORT ACTIONS HEX...

Groups:
  add-group SWITCH GROUP          add a group
  add-groups SWITCH FILE          add, or do what each line's first word says; "-" is stdin
  [--may-create] mod-group SWITCH GROUP
  del-groups SWITCH [GROUP]       delete one group, or all
  insert-buckets SWITCH GROUP     put buckets before, after or between others
  remove-buckets SWITCH GROUP
  dump-groups SWITCH [GROUP]      print groups
  dump-group-stats SWITCH [GROUP] their packets and bytes
  dump-group-features SWITCH      what kinds of groups the switch has

Meters (OpenFlow 1.3):
  add-meter SWITCH METER          add a meter
  mod-meter SWITCH METER          change it
  del-meters SWITCH [METER]       delete one meter, or all
  dump-meters SWITCH [METER]      print meters
  meter-stats SWITCH [METER]      what they have counted
  meter-features SWITCH           what kinds of meters the switch has

Connections:
  monitor SWITCH [MISSLEN] [invalid_ttl]   print what the switch sends a controller
  snoop SWITCH                             print what it and its controllers say
  probe TARGET                             is it there?
  ping TARGET [BYTES]                      how long does an echo take?
  benchmark TARGET BYTES COUNT

Without a switch:
  parse-flow FLOW, parse-flows FILE        show flows as messages
  parse-group GROUP                        show a group as a message
  ofp-print HEX [VERBOSITY]                show a message

Options:
  -O, --protocols=VERSION,...     OpenFlow10 (default) and OpenFlow13
  -F, --flow-format=FORMAT,...    OpenFlow10[+-]table_id, NXM[+-]table_id, OXM-OpenFlow13, any
  -P, --packet-in-format=FORMAT   standard, nxt_packet_in or nxt_packet_in2 (monitor)
  --strict                        match flows exactly (mod-flows, del-flows)
  --may-create                    add a group that does not exist (mod-group)
  --names, --no-names             show ports by name (default on a terminal), or never
  --no-stats                      leave counters out (dump-flows)
  --sort[=FIELD], --rsort[=FIELD] by priority, or by a field (dump-flows)
  --readd                         replace flows that have not changed, too (replace-flows)
  --read-only                     refuse commands that change anything
  --timestamp                     (monitor, snoop)
  -m, --more                      say more about messages; may be repeated
  -t, --timeout=SECS              give up (SIGALRM) after SECS seconds
  -p, --private-key=FILE  -c, --certificate=FILE  -C, --ca-cert=FILE
  -v[SPEC], --verbose[=SPEC], --log-file[=FILE]
  -h, --help                      print this
  -V, --version                   print the version

Environment:
  OVS_RUNDIR    directory of the bridges' sockets (default: /var/run/openvswitch)
`;

/** The help of `pollux ofctl`. */
export function ofctlUsage(program: string): string {
  return USAGE.replaceAll("{program}", program);
}

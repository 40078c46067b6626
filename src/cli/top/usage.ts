// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: what the PMD threads do, live
usage: {program} [OPTIONS]

Shows every thread with its load and rates, where its packets found their flow, the load of its
receive queues, packets lost by reason, and iterations that took too long with whose fault it was.
The switch remembers an hour: pause, and step back to when it happened.

Keys:
  space, p      pause and go on          [ ]  left right   five seconds back and forward
  j k, up down  scroll                   { }               a minute back and forward
  0             back to now              q                 quit

Options:
  --once                 print once and end; so it is when the output is no terminal
  --json                 the same as a value
  --ago=SECS             begin so many seconds ago, paused
  --interval=SECS        refresh so often (default: 1)
  -t, --target=TARGET    the daemon, as for appctl (default: ovs-vswitchd)
  -h, --help             print this

Environment:
  OVS_RUNDIR    directory of pid files and sockets (default: /var/run/openvswitch)
`;

/** The help of `pollux top`. */
export function topUsage(program: string): string {
  return USAGE.replaceAll("{program}", program);
}

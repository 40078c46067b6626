// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: what is wrong with the switch or its host, and what to do
usage: {program} [OPTIONS]

Looks at the switch (pid file, sockets, permissions), the database, hugepages and DPDK, PCI devices
and their drivers, core masks against each other, the control thread and other programs, cgroup
quotas and cpusets, NUMA placement, stalls, ports and controllers: one line each, with the remedy.
Works whether the switch runs or not. Nothing is changed.

Options:
  --json                 findings as a value
  --db=DATABASE          the database (default: unix:RUNDIR/db.sock)
  -h, --help             print this

Environment:
  OVS_RUNDIR    directory of pid files and sockets (default: /var/run/openvswitch)

Exit status: 0 if there are no errors and warnings (notes do not count), 1 if there are, 2 if the
doctor itself could not work.
`;

/** The help of `pollux doctor`. */
export function doctorUsage(program: string): string {
  return USAGE.replaceAll("{program}", program);
}

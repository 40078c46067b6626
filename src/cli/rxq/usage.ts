// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: which core polls which receive queue, and what else could be
usage: {program} [OPTIONS] show
       {program} [OPTIONS] plan [CHANGES] [--apply]
       {program} [OPTIONS] undo

Examples:
  {program} show
  {program} plan --assign group
  {program} plan --cores 0xe --pin vhost0=0:1,1:2 --apply
  {program} undo

show draws cores, queues and the load of each, measured over up to a minute. plan shows the
assignment that would result now, and changes nothing; with --apply the changes are written to
the database and every queue goes where the plan says. undo takes the last --apply back: its
changes and the places of the queues.

Changes:
  --assign=ALGORITHM     cycles, group or roundrobin (pmd-rxq-assign)
  --isolate=BOOL         true or false: a core with a pinned queue polls nothing else
                         (pmd-rxq-isolate; false needs group)
  --pin=PORT=LIST        QUEUE:CORE,... (pmd-rxq-affinity); an empty LIST removes the pins;
                         may be given several times
  --cores=MASK           hexadecimal (pmd-cpu-mask)

Options:
  --apply                make the plan come true
  --json                 values for programs instead of a drawing
  --db=DATABASE          where to configure (default: unix:RUNDIR/db.sock)
  -t, --target=TARGET    the daemon, as for appctl (default: ovs-vswitchd)
  -h, --help             print this

Environment:
  OVS_RUNDIR    directory of pid files and sockets (default: /var/run/openvswitch)

Exit status: 0 if all went well, 2 if the daemon refused it, 1 for other errors.
`;

/** The help of `pollux rxq`. */
export function rxqUsage(program: string): string {
  return USAGE.replaceAll("{program}", program);
}

// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: asks a running switch, or tells it to do something
usage: {program} [OPTIONS] COMMAND [ARG...]

Examples:
  {program} list-commands
  {program} dpif-netdev/pmd-stats-show
  {program} dpctl/dump-flows
  {program} fdb/show br0
  {program} ofproto/trace br0 in_port=1,dl_type=0x800,nw_dst=10.0.0.2
  {program} vlog/set dpif_netdev:file:dbg
  {program} --format json --pretty dpif-netdev/pmd-rxq-show
  {program} -t ovsdb-server ovsdb-server/list-dbs

Common commands:
  list-commands          the commands of the daemon
  version                the daemon's version
  vlog/list              the log levels; vlog/set [SPEC] changes them
  exit                   end the daemon

Options:
  -t, --target=TARGET    the daemon: a name, whose pid file NAME.pid is in the run directory,
                         or the path of a control socket (default: ovs-vswitchd)
  -f, --format=FORMAT    text (the default) or json: replies as values, see schema/show
  --pretty               JSON over several lines
  -T, --timeout=SECS     give up (SIGALRM) after SECS seconds
  -v[SPEC], --verbose[=SPEC], --log-file[=FILE]
  -h, --help             print this
  -V, --version          print the version

Environment:
  OVS_RUNDIR    directory of pid files and sockets (default: /var/run/openvswitch)

Exit status: 0 if the command succeeded, 2 if the daemon refused it, 1 for other errors.
`;

/** The help of `pollux appctl`. */
export function appctlUsage(program: string): string {
  return USAGE.replaceAll("{program}", program);
}

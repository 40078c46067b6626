// SPDX-License-Identifier: Apache-2.0

const USAGE = `\
{program}: reads and changes the configuration database of a switch
usage: {program} [OPTIONS] [--] [COMMAND-OPTIONS] COMMAND [ARG...] [-- COMMAND [ARG...]]...

All commands of one invocation are one transaction: either all of them happen or none.
Unless --no-wait is given, the switch has applied the change when the program exits.

Examples:
  {program} add-br br0 -- set Bridge br0 datapath_type=netdev
  {program} add-port br0 vm1 -- set Interface vm1 type=dpdkvhostuserclient \\
      options:vhost-server-path=/run/vm1.sock
  {program} set Port vm1 tag=10
  {program} --if-exists del-port br0 vm1
  {program} show
  {program} -f table --columns=name,ofport,error list Interface
  {program} -- --id=@c create Controller 'target="tcp:10.0.0.1:6653"' \\
      -- set Bridge br0 controller=@c

Whole configuration:
  init                          create the database's first row when there is none
  show                          print an overview
  emer-reset                    remove controllers, managers, mirrors, SSL and monitoring

Bridges:
  [--may-exist] add-br BRIDGE [PARENT VLAN]
                                create a bridge, or a fake bridge for VLAN of PARENT
  [--if-exists] del-br BRIDGE   delete a bridge and its ports
  [--real|--fake] list-br       print the names of bridges
  br-exists BRIDGE              exit with status 2 when there is no such bridge
  br-to-vlan BRIDGE             print the VLAN of a fake bridge, 0 for others
  br-to-parent BRIDGE           print the parent of a fake bridge, others print themselves
  br-set-external-id BRIDGE KEY [VALUE]    set or remove an external id
  br-get-external-id BRIDGE [KEY]          print one or all external ids

Ports and bonds:
  list-ports BRIDGE             print the names of a bridge's ports
  [--may-exist] add-port BRIDGE PORT [COLUMN[:KEY]=VALUE]...
  [--may-exist] [--fake-iface] add-bond BRIDGE PORT IFACE IFACE... [COLUMN[:KEY]=VALUE]...
  [--may-exist] add-bond-iface BOND IFACE
  [--if-exists] del-bond-iface [BOND] IFACE
  [--if-exists] [--with-iface] del-port [BRIDGE] PORT
  port-to-br PORT               print the bridge of a port
  list-ifaces BRIDGE            print the names of a bridge's interfaces
  iface-to-br IFACE             print the bridge of an interface

Controllers and managers:
  get-controller BRIDGE         print, remove or set OpenFlow controllers
  del-controller BRIDGE
  [--inactivity-probe=MSECS] set-controller BRIDGE TARGET...
  get-fail-mode BRIDGE          print, remove or set what a bridge does without a controller
  del-fail-mode BRIDGE
  set-fail-mode BRIDGE standalone|secure
  get-manager                   print, remove or set OVSDB managers
  del-manager
  [--inactivity-probe=MSECS] set-manager TARGET...
  get-ssl                       print, remove or set the SSL configuration
  del-ssl
  [--bootstrap] set-ssl PRIVATE-KEY CERTIFICATE CA-CERT

Conntrack zones and datapaths:
  [--may-exist] add-zone-tp DATAPATH zone=ID KEY=VALUE...
  [--if-exists] del-zone-tp DATAPATH zone=ID
  list-zone-tp DATAPATH
  list-dp-cap DATAPATH

Auto attach:
  add-aa-mapping BRIDGE I-SID VLAN
  del-aa-mapping BRIDGE I-SID VLAN
  get-aa-mapping BRIDGE

Tables (see ovs-vswitchd.conf.db(5)); names of tables and columns may be abbreviated:
  [--if-exists] [--columns=COLUMN,...] list TABLE [RECORD]...
  [--columns=COLUMN,...] find TABLE [COLUMN[:KEY]=VALUE]...
                                also != < > <= >= {=} {!=} {<} {>} {<=} {>=}
  [--if-exists] [--id=@NAME] get TABLE RECORD [COLUMN[:KEY]]...
  [--if-exists] set TABLE RECORD COLUMN[:KEY]=VALUE...
  [--if-exists] add TABLE RECORD COLUMN [KEY=]VALUE...
  [--if-exists] remove TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...
  [--if-exists] clear TABLE RECORD COLUMN...
  [--id=@NAME] create TABLE COLUMN[:KEY]=VALUE...
  [--if-exists|--all] destroy TABLE [RECORD]...
  wait-until TABLE RECORD [COLUMN[:KEY]=VALUE]...
  comment [ARG]...              add a comment to the database's log

Options:
  --db=TARGET                   the database: unix:FILE, tcp:HOST:PORT, ssl:HOST:PORT
                                (default: {database})
  --no-wait                     do not wait for the switch to apply the change
  --retry                       keep trying to connect
  -t, --timeout=SECS            give up (SIGALRM) after SECS seconds; 0, the default: never
  --dry-run                     change nothing
  --oneline                     print the output of each command on one line
  -f, --format=FORMAT           list (default), table, html, csv or json
  -d, --data=FORMAT             of cells: string (default), bare or json
  --no-headings, --pretty, --bare, --max-column-width=BYTES
  --no-syslog, -v[SPEC], --verbose[=SPEC], --log-file[=FILE]
  -p, --private-key=FILE  -c, --certificate=FILE  -C, --ca-cert=FILE
  --bootstrap-ca-cert=FILE  --ssl-protocols=LIST  --ssl-ciphers=LIST
  --commands, --options         list them for shell completion
  -h, --help                    print this
  -V, --version                 print the version

Environment:
  OVS_RUNDIR    directory of the database's socket (default: /var/run/openvswitch)
  OVS_LOGDIR    directory of --log-file (default: /var/log/openvswitch)
`;

/** The help of `pollux vsctl`; `database` is the default of --db. */
export function vsctlUsage(program: string, database: string): string {
  return USAGE.replaceAll("{program}", program).replaceAll("{database}", database);
}

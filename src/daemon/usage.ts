// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { COMPATIBLE_VERSION } from "../cli/version.js";
import type { Directories } from "./directories.js";
import { PROGRAM } from "./options.js";

/** What `--help` prints. */
export function usageText({ run, log, db }: Directories): string {
  return `pollux switchd: a poll-mode userspace switch, drop-in for ${PROGRAM}
usage: pollux switchd [OPTIONS] [DATABASE]
where DATABASE is a socket on which ovsdb-server is listening
      (default: none; the switch serves its own database, kept in
      ${db}/conf.db, at unix:${run}/db.sock).

Active DATABASE connection methods:
  tcp:HOST:PORT           PORT at remote HOST
  ssl:HOST:PORT           SSL PORT at remote HOST
  unix:FILE               Unix domain socket named FILE
PKI configuration (required to use SSL):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
  --bootstrap-ca-cert=FILE  file with peer CA certificate to read or create
  --peer-ca-cert=FILE     accepted for compatibility
SSL options:
  --ssl-protocols=PROTOS  list of SSL protocols to enable
  --ssl-ciphers=CIPHERS   list of SSL ciphers to enable

Daemon options:
  --detach                run in background as daemon
  --monitor               creates a process to monitor this daemon
  --user=username[:group] accepted for compatibility
  --no-chdir              do not chdir to '/'
  --pidfile[=FILE]        create pidfile (default: ${run}/${PROGRAM}.pid)
  --overwrite-pidfile     with --pidfile, start even if already running
  --mlockall              keep all memory from being paged out

Logging options:
  -vSPEC, --verbose=SPEC   set logging levels
  -v, --verbose            set maximum verbosity level
  --log-file[=FILE]        enable logging to specified FILE
                           (default: ${log}/${PROGRAM}.log)
  --syslog-method=(libc|unix:file|udp:ip:port|null)
                           specify how to send messages to syslog daemon
  --syslog-target=HOST:PORT  also send syslog msgs to HOST:PORT via UDP

DPDK options:
DPDK is configured in the database: Open_vSwitch other_config:dpdk-init
and its neighbours, see ovs-vswitchd.conf.db(5).

Other options:
  --unixctl=SOCKET          override default control socket name
  --enable-dummy[=override|system]  offer dummy devices, for tests
  --disable-system          offer no devices of the kernel's datapath
  --disable-system-route    accepted for compatibility
  -h, --help                display this help message
  -V, --version             display version information
`;
}

/** What `version` of the control socket answers: exporters read the level from it. */
export function programVersion(): string {
  return `${PROGRAM} (Open vSwitch) ${COMPATIBLE_VERSION}`;
}

/** What `--version` prints: the level first, which scripts read. */
export function versionText(): string {
  return `${programVersion()}\nPollux ${packageVersion()}\n`;
}

function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const json: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return String((json as { version: unknown }).version);
}

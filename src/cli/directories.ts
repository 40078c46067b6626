// SPDX-License-Identifier: Apache-2.0
import type { Invocation } from "./invocation.js";

type Environment = Invocation["env"];

/** Where sockets and pid files are. */
export function runDirectory(env: Environment): string {
  return env.OVS_RUNDIR || "/var/run/openvswitch";
}

/** Where log files go. */
export function logDirectory(env: Environment): string {
  return env.OVS_LOGDIR || "/var/log/openvswitch";
}

/** The database's socket, as a connection method. */
export function defaultDatabase(env: Environment): string {
  return `unix:${runDirectory(env)}/db.sock`;
}

// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { operatorErrorFrom } from "../lib/errors.js";

/** Where the daemon keeps its files; the defaults are those of Debian's packages. */
export interface Directories {
  /** Sockets and pid files. */
  readonly run: string;
  readonly log: string;
  /** The database. */
  readonly db: string;
  readonly sysconf: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function directories(env: Environment): Directories {
  const sysconf = env.OVS_SYSCONFDIR || "/etc";
  return {
    run: env.OVS_RUNDIR || "/var/run/openvswitch",
    log: env.OVS_LOGDIR || "/var/log/openvswitch",
    db: env.OVS_DBDIR || `${sysconf}/openvswitch`,
    sysconf,
  };
}

/** Creates a directory that is missing. Throws OperatorError. */
export function ensureDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw operatorErrorFrom(error, `${path}: cannot create directory`);
  }
}

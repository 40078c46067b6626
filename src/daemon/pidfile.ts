// SPDX-License-Identifier: Apache-2.0
/**
 * The pid file and the locks that keep two daemons out of one directory. What makes a pid file
 * alive is the fcntl lock that its process holds on it (daemon(7)): a stale one of a crashed
 * daemon needs no cleaning, it is simply not locked.
 */
import { closeSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { fileLock } from "../dpif/host.js";
import { errnoCode, OperatorError, operatorErrorFrom } from "../lib/errors.js";

/** The pid of the process that holds a lock on the file, undefined when none does. */
export function lockHolder(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r+");
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    throw operatorErrorFrom(error, path);
  }
  try {
    const holder = fileLock(fd, false);
    return holder > 0 ? holder : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Throws OperatorError when a live process holds the pid file. */
export function checkNotRunning(path: string): void {
  const holder = lockHolder(path);
  if (holder === undefined) return;
  throw new OperatorError(
    "EBUSY",
    `${path}: already running as pid ${holder}, aborting\n` +
      `(stop it with "ovs-appctl exit" or "kill ${holder}", or give this switch directories of ` +
      "its own with OVS_RUNDIR, OVS_DBDIR and OVS_LOGDIR)",
  );
}

/** A pid file that lives as long as its process. */
export class Pidfile {
  private constructor(readonly path: string) {}

  /** Writes and locks the file under another name first, so that nobody sees an unlocked one.
   * Throws OperatorError. */
  static create(path: string, overwrite: boolean): Pidfile {
    if (!overwrite) checkNotRunning(path);
    const draft = `${path}.tmp`;
    let fd: number;
    try {
      fd = openSync(draft, "w", 0o644);
    } catch (error) {
      throw operatorErrorFrom(error, `${draft}: create failed`);
    }
    const result = fileLock(fd, true);
    if (result !== 0) {
      closeSync(fd);
      throw new OperatorError("EBUSY", `${draft}: fcntl(F_SETLK) failed (held by ${result})`);
    }
    writeSync(fd, `${process.pid}\n`);
    renameSync(draft, path);
    return new Pidfile(path);
  }

  remove(): void {
    try {
      unlinkSync(this.path);
    } catch {
      // Somebody tidied up before us.
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  writeSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";

/** An exclusive claim on a database file, gone with the process that made it. */
export interface FileLock {
  release(): void;
}

/** The stock tools' lock file of a database: .conf.db.~lock~ beside conf.db. */
export function lockFileName(path: string): string {
  const real = realpathOf(path);
  return join(dirname(real), `.${basename(real)}.~lock~`);
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not created yet: its directory is what counts.
    return join(realpathSync(dirname(path)), basename(path));
  }
}

/** The process with a POSIX lock on the file, such as a stock ovsdb-server; proc(5) "locks". */
function posixLockOwner(inode: number): number | undefined {
  let table: string;
  try {
    table = readFileSync("/proc/locks", "utf8");
  } catch {
    return undefined;
  }
  for (const line of table.split("\n")) {
    const match = /^\d+: POSIX\s+\S+\s+WRITE\s+(\d+)\s+\S+:(\d+)\s/.exec(line);
    if (match && Number(match[2]) === inode) return Number(match[1]);
  }
  return undefined;
}

function alreadyLocked(path: string, pid: number | string): OperatorError {
  return new OperatorError("EAGAIN", `${path}: cannot lock, already locked by pid ${pid}`);
}

/**
 * Node has no file locks, so the claim is an abstract Unix socket named after the lock file's
 * inode: the kernel gives the name to one process at a time and takes it back when that ends.
 */
function claimSocket(name: string, taken: () => OperatorError): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? taken() : operatorErrorFrom(error, "lock"));
    });
    server.listen({ path: `\0${name}` }, () => resolve(server));
  });
}

/**
 * Takes the write lock on an open file (fcntl(2)): 0 when taken, the holder's pid, or a negative
 * errno. Node has none; the addon does.
 */
export type PosixLock = (fd: number, take: boolean) => number;

/** What this process holds: closing any other descriptor of such a file would give its lock up. */
const held = new Set<string>();

function openLockFile(lockPath: string): number {
  try {
    return openSync(lockPath, "a+", 0o600);
  } catch (error) {
    throw operatorErrorFrom(error, `${lockPath}: failed to open lock file`);
  }
}

function takePosixLock(lockPath: string, fd: number, posixLock: PosixLock): void {
  const result = posixLock(fd, true);
  if (result > 0) throw alreadyLocked(lockPath, result);
  if (result < 0) throw new OperatorError("EIO", `${lockPath}: failed to lock file`);
}

/**
 * Claims a database. Rejects with "…: cannot lock, already locked by pid N" while another Pollux
 * or a stock server has it. Only with `posixLock` do stock servers see our claim in turn.
 */
export async function lockDatabase(path: string, posixLock?: PosixLock): Promise<FileLock> {
  const lockPath = lockFileName(path);
  if (held.has(lockPath)) throw alreadyLocked(lockPath, process.pid);
  const fd = openLockFile(lockPath);
  try {
    const { dev, ino } = fstatSync(fd);
    const owner = posixLockOwner(ino);
    if (owner !== undefined) throw alreadyLocked(lockPath, owner);
    const holder = (): string =>
      readFileSync(lockPath, "utf8").trim().split("\n").at(-1) || "unknown";
    const server = await claimSocket(`pollux-db-${dev}-${ino}`, () =>
      alreadyLocked(lockPath, holder()),
    );
    if (posixLock) takePosixLock(lockPath, fd, posixLock);
    ftruncateSync(fd, 0);
    writeSync(fd, `${process.pid}\n`);
    held.add(lockPath);
    return {
      release() {
        held.delete(lockPath);
        server.close();
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

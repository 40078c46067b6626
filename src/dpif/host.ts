// SPDX-License-Identifier: Apache-2.0
/** Services of the operating system that Node.js lacks and the addon provides. */
import { loadNative } from "../../native/index.js";

/**
 * Takes (or, with `take` false, asks for) the write lock on a whole open file, fcntl(2), the kind
 * by which the stock daemons and tools know that a pid file is alive. 0: taken, or free; positive:
 * the holder's pid; negative: an errno. The lock goes with the process, or as soon as any
 * descriptor of that file is closed.
 */
export function fileLock(fd: number, take: boolean): number {
  return loadNative().fileLock(fd, take);
}

/** Keeps the process from being paged out (`--mlockall`). 0 or an errno. */
export function lockMemory(): number {
  return loadNative().lockMemory();
}

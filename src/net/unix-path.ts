// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { OperatorError } from "../lib/errors.js";

/** sizeof sun_path minus its terminator, unix(7). */
export const UNIX_PATH_BYTES_MAX = 107;

/**
 * Calls `use` with a name of at most 107 bytes for `path`: long paths go through an open descriptor
 * of their directory in /proc/self/fd. Throws OperatorError when no such name exists.
 */
export function withShortUnixPath<T>(path: string, use: (short: string, done: () => void) => T): T {
  if (Buffer.byteLength(path) <= UNIX_PATH_BYTES_MAX) return use(path, () => {});
  const fd = openDirectory(path);
  const short = `/proc/self/fd/${fd}/${basename(path)}`;
  if (Buffer.byteLength(short) > UNIX_PATH_BYTES_MAX) {
    closeSync(fd);
    throw new OperatorError("ENAMETOOLONG", `${path}: File name too long`);
  }
  return use(short, () => closeSync(fd));
}

function openDirectory(path: string): number {
  try {
    return openSync(dirname(path), "r");
  } catch {
    throw new OperatorError("ENOENT", `${path}: No such file or directory`);
  }
}

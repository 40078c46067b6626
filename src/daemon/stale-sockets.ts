// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM } from "./options.js";

const CONTROL_SOCKET = new RegExp(`^${PROGRAM}\\.(\\d+)\\.ctl$`);

/** A process that has ended has no command line, even before its parent has noticed. */
function isAlive(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

/** Removes the control sockets of switches that were killed and could not. */
export function removeStaleSockets(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = CONTROL_SOCKET.exec(name)?.[1];
    if (pid === undefined || isAlive(pid)) continue;
    try {
      unlinkSync(join(folder, name));
    } catch {
      // Somebody else removed it.
    }
  }
}

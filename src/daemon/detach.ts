// SPDX-License-Identifier: Apache-2.0
/**
 * Running in the background. Node.js cannot fork, so the process that the shell started runs the
 * same command line again as another process and waits until that one is ready or has failed.
 *
 * Roles: "front" is what the shell started; "monitor" watches a "worker" and starts it again when
 * it crashes; the worker is the switch. The child says that it is ready by writing to descriptor
 * 3. Its standard output and error go through the front while that lives, and nowhere afterwards.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";

export type Role = "front" | "monitor" | "worker";

const ROLE_VARIABLE = "POLLUX_DAEMON_ROLE";
const READY_FD = 3;

/** The role that this process was started in. */
export function currentRole(env: NodeJS.ProcessEnv): Role {
  const role = env[ROLE_VARIABLE];
  return role === "monitor" || role === "worker" ? role : "front";
}

/** Tells the parent, if one waits, that the daemon is up. */
export function announceReady(role: Role): void {
  if (role === "front") return;
  try {
    writeSync(READY_FD, "ready");
    closeSync(READY_FD);
  } catch {
    // The parent has been killed meanwhile: nobody to tell.
  }
}

/** Writes that come after the front has gone are lost, not fatal. */
export function survivePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners("error");
    stream.on("error", () => {});
  }
}

/** The exit status that a shell would show. */
export function exitStatus(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? (signal ? 1 : 0);
}

export interface RoleProcess {
  readonly child: ChildProcess;
  /** Resolves with true when it is ready, with false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Runs this command line again in another role. `inBackground`: in a session of its own. */
export function startRole(role: Role, inBackground: boolean): RoleProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, [ROLE_VARIABLE]: role },
    detached: inBackground,
    stdio: inBackground
      ? ["ignore", "pipe", "pipe", "pipe"]
      : ["ignore", "inherit", "inherit", "pipe"],
  });
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const pipe = child.stdio[READY_FD] as NodeJS.ReadableStream;
  const said = new Promise<boolean>((resolve) => {
    pipe.once("data", () => resolve(true));
    pipe.once("error", () => resolve(false));
  });
  return { child, ended, ready: Promise.race([said, ended.then(() => false)]) };
}

/** The front: starts the daemon in the background. Resolves with the exit status of the shell's
 * command once the daemon is ready or has failed. */
export async function runFront(role: Role): Promise<number> {
  const { child, ready, ended } = startRole(role, true);
  if (!(await ready)) {
    const { code, signal } = await ended;
    return exitStatus(code, signal) || 1;
  }
  child.unref();
  child.stdout?.destroy();
  child.stderr?.destroy();
  return 0;
}

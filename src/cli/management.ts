// SPDX-License-Identifier: Apache-2.0
/** A connection to the management socket of a daemon, ovs-appctl(8). */
import { readFileSync } from "node:fs";
import { systemErrorText } from "../lib/errors.js";
import type { Json } from "../lib/json.js";
import { connectStream } from "../net/connect.js";
import { JsonRpcError, JsonRpcSession } from "../net/jsonrpc.js";
import { runDirectory } from "./directories.js";
import { CliError, type Invocation } from "./invocation.js";

export const DEFAULT_TARGET = "ovs-vswitchd";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** The path of a control socket. @param target its path, or the name of a daemon, whose pid file is
 * looked for. Throws CliError. */
export function controlSocket(target: string, { env }: Pick<Invocation, "env">): string {
  if (target.startsWith("/")) return target;
  const directory = runDirectory(env);
  const pidfile = `${directory}/${target}.pid`;
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(pidfile, "utf8"), 10);
  } catch (error) {
    throw new CliError(`cannot read pidfile "${pidfile}" (${systemErrorText(error)})`);
  }
  if (!Number.isInteger(pid) || !isAlive(pid)) {
    throw new CliError(`cannot read pidfile "${pidfile}" (No such process)`);
  }
  return `${directory}/${target}.${pid}.ctl`;
}

/** Rejects with CliError. */
export async function connectControl(socket: string): Promise<JsonRpcSession> {
  try {
    return new JsonRpcSession(await connectStream(`unix:${socket}`));
  } catch (error) {
    const reason = (error as Error).message.replace(/^unix:.*: /, "");
    throw new CliError(`cannot connect to "${socket}" (${reason})`);
  }
}

/** Commands as calls: text and value of the same daemon, over one connection each. */
export class Management {
  private constructor(
    private readonly texts: JsonRpcSession,
    private readonly values: JsonRpcSession,
  ) {}

  /** Rejects with CliError when the daemon is not there. */
  static async open(invocation: Invocation, target = DEFAULT_TARGET): Promise<Management> {
    const socket = controlSocket(target, invocation);
    const texts = await connectControl(socket);
    const management = new Management(texts, await connectControl(socket));
    await call(management.values, "set-options", ["--format", "json"]);
    return management;
  }

  /** The reply as people read it. Rejects with CliError in the daemon's words. */
  async text(command: string, ...args: string[]): Promise<string> {
    const reply = await call(this.texts, command, args);
    return typeof reply === "string" ? reply : "";
  }

  /** The reply as a value; its shape is what `schema/show` says of the command. */
  async value<T extends object>(command: string, ...args: string[]): Promise<T> {
    return (await call(this.values, command, args)) as unknown as T;
  }

  close(): void {
    this.texts.close();
    this.values.close();
  }
}

async function call(session: JsonRpcSession, command: string, args: string[]): Promise<Json> {
  try {
    return await session.request(command, args);
  } catch (error) {
    if (error instanceof JsonRpcError) throw new CliError(error.message.trimEnd(), 2);
    throw new CliError("the switch has gone (End of file)");
  }
}

// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { systemErrorText } from "./errors.js";

/** Writes the whole text to a descriptor; a full pipe or a closed terminal loses it silently. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let done = 0;
  for (let tries = 0; done < bytes.length && tries < 100; tries++) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
    }
  }
}

/** The log file: appended to with one write per message, so that several writers may share it. */
export class LogFile {
  #fd: number | undefined;
  #path: string | undefined;

  get path(): string | undefined {
    return this.#path;
  }

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** Opens (or creates) `path`. Returns undefined, or why that failed. */
  open(path: string): string | undefined {
    let fd: number;
    try {
      fd = openSync(path, "a", 0o660);
    } catch (error) {
      return systemErrorText(error);
    }
    this.close();
    this.#fd = fd;
    this.#path = path;
    return undefined;
  }

  write(line: string): void {
    if (this.#fd !== undefined) writeAll(this.#fd, `${line}\n`);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

const DEV_LOG = "/dev/log";

/**
 * The local syslog through logger(1), because Node has no Unix datagram sockets; one child serves
 * all messages. Where no syslog daemon listens, messages are lost, as with syslog(3).
 */
export class SystemLog {
  #child: ChildProcess | undefined;
  #failed = false;

  constructor(readonly program: () => string) {}

  write(priority: number, message: string): void {
    if (this.#failed) return;
    this.#child ??= this.#start();
    this.#child?.stdin?.write(`<${priority}>${message.replaceAll("\n", " ")}\n`);
  }

  #start(): ChildProcess | undefined {
    if (!existsSync(DEV_LOG)) return undefined;
    const args = ["--prio-prefix", "--tag", this.program()];
    const child = spawn("logger", args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.on("error", () => {
      this.#failed = true;
    });
    child.on("exit", () => {
      this.#child = undefined;
    });
    child.stdin?.on("error", () => {});
    child.unref();
    (child.stdin as unknown as { unref?: () => void }).unref?.();
    return child;
  }

  /** Lets logger(1) finish and forgets it. */
  close(): void {
    this.#child?.stdin?.end();
    this.#child = undefined;
  }
}

/** A remote syslog collector, UDP. */
export class UdpSyslog {
  readonly #socket: Socket;

  constructor(
    readonly host: string,
    readonly port: number,
  ) {
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.#socket.unref();
    this.#socket.on("error", () => {});
  }

  write(line: string): void {
    this.#socket.send(line, this.port, this.host, () => {});
  }

  close(): void {
    this.#socket.close();
  }
}

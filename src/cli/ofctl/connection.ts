// SPDX-License-Identifier: Apache-2.0
import { statSync } from "node:fs";
import { vlog } from "../../lib/log.js";
import { connectStream } from "../../net/connect.js";
import type { Stream } from "../../net/stream.js";
import type { TlsFiles } from "../../net/tls-files.js";
import { type Decoded, HEADER_BYTES, readHeader } from "../../openflow/messages/frame.js";
import { decodeMessage, encodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { CliError } from "../invocation.js";

const log = vlog("vconn");
const HELLO = 0;
const ERROR = 1;
const DEFAULT_PORT = 6653;

export interface ConnectionSettings {
  /** Directory of `<bridge>.mgmt`. */
  readonly runDirectory: string;
  /** Wire versions that may be negotiated, ascending. */
  readonly versions: readonly number[];
  readonly tls: TlsFiles | undefined;
}

/** A received message, undecoded. */
export type Bytes = Uint8Array;

/** Transaction ids count through the process, over all of its connections. */
export class XidCounter {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** The connection method that `target` stands for: a method, a socket, or a bridge's name. */
export function resolveTarget(target: string, directory: string, suffix = "mgmt"): string {
  if (/^(unix|tcp|ssl):/.test(target)) return target;
  const candidates = [target, `${directory}/${target}.${suffix}`];
  const socket = candidates.find((path) => path.includes("/") && isSocket(path));
  if (socket === undefined) throw new CliError(`${target} is not a bridge or a socket`);
  return `unix:${socket}`;
}

/** Cuts a byte stream into messages. */
class MessageQueue {
  #pending: Buffer = Buffer.alloc(0);
  readonly #messages: Bytes[] = [];
  #waiting: (() => void) | undefined;
  #closed = false;

  constructor(stream: Stream) {
    stream.on("data", (chunk) => this.#push(chunk));
    stream.on("close", () => {
      this.#closed = true;
      this.#waiting?.();
    });
  }

  #push(chunk: Buffer): void {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    while (this.#pending.length >= HEADER_BYTES) {
      const { length } = readHeader(this.#pending);
      if (length < HEADER_BYTES || this.#pending.length < length) break;
      this.#messages.push(new Uint8Array(this.#pending.subarray(0, length)));
      this.#pending = this.#pending.subarray(length);
    }
    this.#waiting?.();
  }

  /** The next message; undefined when the peer has closed. */
  async next(): Promise<Bytes | undefined> {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
    }
    return this.#messages.shift();
  }
}

/** An OpenFlow connection to a switch or controller, after the exchange of hellos. */
export class Connection {
  readonly #queue: MessageQueue;
  #version = 0;

  private constructor(
    /** As the user named it. */
    readonly target: string,
    readonly stream: Stream,
    readonly xids: XidCounter,
  ) {
    this.#queue = new MessageQueue(stream);
  }

  /** The negotiated version, as on the wire. */
  get version(): number {
    return this.#version;
  }

  /** Opens a stream without exchanging hellos, to listen only. */
  static async listen(
    target: string,
    method: string,
    settings: ConnectionSettings,
    xids: XidCounter,
  ): Promise<Connection> {
    try {
      const { tls } = settings;
      const options = { defaultPort: DEFAULT_PORT, ...(tls ? { tls } : {}) };
      return new Connection(target, await connectStream(method, options), xids);
    } catch (error) {
      const reason = (error as Error).message.replace(`${method}: `, "");
      throw new CliError(`connecting to ${method} (${reason})`);
    }
  }

  static async open(
    target: string,
    settings: ConnectionSettings,
    xids: XidCounter,
  ): Promise<Connection> {
    const method = resolveTarget(target, settings.runDirectory);
    const connection = await Connection.listen(target, method, settings, xids);
    await connection.#greet(settings.versions);
    return connection;
  }

  async #greet(versions: readonly number[]): Promise<void> {
    const highest = versions.at(-1)!;
    this.#write({ type: "hello", versions: [...versions] }, highest, this.xids.next());
    const bytes = await this.receive();
    const { type, version } = readHeader(bytes);
    const theirs = type === HELLO ? helloVersions(bytes) : [];
    const common = versions.filter((ours) => theirs.includes(ours));
    if (common.length > 0) {
      this.#version = common.at(-1)!;
      return;
    }
    this.close();
    log.warn(
      `${this.stream.name}: version negotiation failed (we support ${versionList(versions)}, ` +
        `peer supports ${versionList(theirs.length > 0 ? theirs : [version])})`,
    );
    const isMethod = /^(unix|tcp|ssl):/.test(this.target);
    const what = isMethod
      ? `connecting to ${this.target}`
      : `${this.target}: failed to connect to socket`;
    throw new CliError(`${what} (Protocol error)`);
  }

  #write(message: OfMessage, version: number, xid: number): void {
    for (const bytes of encodeMessage(message, version, xid)) this.stream.write(bytes);
  }

  /** Sends `message` and returns its transaction id. Throws OfpError if it cannot be encoded. */
  send(message: OfMessage): number {
    const xid = this.xids.next();
    this.#write(message, this.#version, xid);
    return xid;
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Bytes): void {
    this.stream.write(bytes);
  }

  /** The next message. Throws CliError when the peer closes. */
  async receive(): Promise<Bytes> {
    const bytes = await this.#queue.next();
    if (bytes === undefined) throw new CliError(`${this.target}: receive failed (End of file)`);
    return bytes;
  }

  /** The next message, or undefined when the peer has closed. */
  receiveOrEnd(): Promise<Bytes | undefined> {
    return this.#queue.next();
  }

  /** Waits for the message with `xid`; others are dropped. */
  async reply(xid: number): Promise<Bytes> {
    for (;;) {
      const bytes = await this.receive();
      if (readHeader(bytes).xid === xid) return bytes;
    }
  }

  async transact(message: OfMessage): Promise<Bytes> {
    return this.reply(this.send(message));
  }

  /** All parts of a multipart reply, or the one error. */
  async *transactMultipart(message: OfMessage): AsyncIterable<Bytes> {
    const xid = this.send(message);
    for (;;) {
      const bytes = await this.reply(xid);
      yield bytes;
      if (!hasMore(bytes)) return;
    }
  }

  /**
   * Sends messages that are answered only when they fail, and a barrier. Returns the first error,
   * undecoded, or undefined when the switch has taken all of them.
   */
  async transactNoReply(...messages: readonly OfMessage[]): Promise<Bytes | undefined> {
    const xids = new Set(messages.map((message) => this.send(message)));
    const barrier = this.send({ type: "barrier_request" });
    let failure: Bytes | undefined;
    for (;;) {
      const bytes = await this.receive();
      const { xid, type } = readHeader(bytes);
      if (xid === barrier) return failure;
      if (xids.has(xid) && type === ERROR) failure ??= bytes;
    }
  }

  close(): void {
    this.stream.destroy();
  }
}

/** `version 0x01`, or `versions 0x01, 0x04`. */
function versionList(versions: readonly number[]): string {
  const numbers = versions.map((version) => `0x${version.toString(16).padStart(2, "0")}`);
  return `version${numbers.length === 1 ? "" : "s"} ${numbers.join(", ")}`;
}

function helloVersions(bytes: Bytes): readonly number[] {
  const { message } = decodeMessage(bytes);
  return message.type === "hello" ? message.versions : [];
}

/** Whether a multipart reply says that another part follows. */
function hasMore(bytes: Bytes): boolean {
  const { type, version } = readHeader(bytes);
  const isMultipart = type === (version === 1 ? 17 : 19);
  return isMultipart && ((bytes[HEADER_BYTES + 2]! << 8) | bytes[HEADER_BYTES + 3]!) % 2 === 1;
}

export type { Decoded };

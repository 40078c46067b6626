// SPDX-License-Identifier: Apache-2.0
/** A controller made of nothing but a socket and the codecs. */
import { connect, type Socket } from "node:net";
import { MessageSplitter } from "../../../src/ofproto/connmgr/message-splitter.js";
import { readHeader } from "../../../src/openflow/messages/frame.js";
import {
  decodeMessage,
  encodeMessage,
  type OfMessage,
} from "../../../src/openflow/messages/messages.js";
import { until } from "../../harness/processes.js";

export interface Received {
  message: OfMessage;
  xid: number;
  bytes: Uint8Array;
}

export class RawClient {
  readonly received: Received[] = [];
  closed = false;
  readonly #splitter = new MessageSplitter();
  #xid = 0x70000000;

  private constructor(
    readonly socket: Socket,
    readonly version: number,
  ) {
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("error", () => {});
  }

  /** Connects and negotiates `version`. */
  static async open(path: string, version: number): Promise<RawClient> {
    const client = await RawClient.silent(path, version);
    client.send({ type: "hello", versions: [version] });
    await client.wait("hello");
    return client;
  }

  /** Connects and says nothing. */
  static silent(path: string, version: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawClient(socket, version)));
    });
  }

  /** A client on a socket that somebody else opened. */
  static on(socket: Socket, version: number): RawClient {
    const client = new RawClient(socket, version);
    client.send({ type: "hello", versions: [version] });
    return client;
  }

  #onData(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
    for (;;) {
      const bytes = this.#splitter.next();
      if (!bytes) return;
      const { message, xid } = decodeMessage(bytes);
      this.received.push({ message, xid, bytes });
      if (message.type === "echo_request") this.send({ type: "echo_reply", data: message.data });
    }
  }

  send(message: OfMessage, xid = ++this.#xid): number {
    for (const bytes of encodeMessage(message, this.version, xid)) this.socket.write(bytes);
    return xid;
  }

  sendRaw(bytes: Uint8Array): number {
    this.socket.write(bytes);
    return readHeader(bytes).xid;
  }

  /** The first message of a type; removes it and what came before it stays. */
  async wait<T extends OfMessage["type"]>(type: T): Promise<Extract<OfMessage, { type: T }>> {
    const found = await until(type, () => this.received.find((r) => r.message.type === type), 5000);
    this.received.splice(this.received.indexOf(found), 1);
    return found.message as Extract<OfMessage, { type: T }>;
  }

  /** Sends a request and waits for the answers to it, up to and including a barrier's. */
  async ask(message: OfMessage): Promise<OfMessage[]> {
    const xid = this.send(message);
    return this.answers(xid);
  }

  /** Waits until the switch has dealt with everything sent so far, or has hung up. Returns the
   * answers to `xid`, taken from what was received unless `keep`. */
  async answers(xid: number, keep = false): Promise<OfMessage[]> {
    const barrier = this.send({ type: "barrier_request" });
    const isBarrier = (r: Received): boolean => r.xid === barrier;
    await until("barrier", () => this.closed || this.received.some(isBarrier), 5000);
    this.#drop(isBarrier);
    const answers = this.received.filter((r) => r.xid === xid).map((r) => r.message);
    if (!keep) this.#drop((r) => r.xid === xid);
    return answers;
  }

  #drop(which: (received: Received) => boolean): void {
    for (let i = this.received.length - 1; i >= 0; i--) {
      if (which(this.received[i] as Received)) this.received.splice(i, 1);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

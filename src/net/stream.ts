// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** Events of a Stream. `close` comes exactly once, last, with the error if there was one. */
export interface StreamEvents {
  data: [Buffer];
  /** Everything written has left for the kernel, after `write` had returned false. */
  drain: [];
  /** The peer will send no more. The stream closes by itself unless `allowHalfOpen` was asked. */
  end: [];
  close: [Error | undefined];
}

/**
 * A connected byte stream: Unix socket, TCP or TLS. Data arrives only after a listener for `data`
 * was added, so that nothing is lost between accepting a stream and using it.
 */
export class Stream extends EventEmitter<StreamEvents> {
  #error: Error | undefined;
  #closed = false;

  constructor(
    /** What the stock daemon calls it: "tcp:127.0.0.1:6640", "unix:/path", "unix#3". */
    readonly name: string,
    /** The socket below; for its addresses and TLS session, not for its data. */
    readonly socket: Socket,
  ) {
    super();
    socket.on("data", (chunk: Buffer) => this.emit("data", chunk));
    socket.on("drain", () => this.emit("drain"));
    socket.on("end", () => this.emit("end"));
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("close", () => {
      this.#closed = true;
      this.emit("close", this.#error);
    });
    socket.pause();
    (this as EventEmitter).on("newListener", (event: string) => {
      if (event === "data" && this.listenerCount("data") === 0) socket.resume();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes accepted by `write` that the kernel has not taken yet. */
  get backlogBytes(): number {
    return this.socket.writableLength;
  }

  /** Queues data; false asks the caller to wait for `drain`. Writing to a closed stream is lost. */
  write(data: string | Uint8Array): boolean {
    if (this.#closed || this.socket.destroyed || this.socket.writableEnded) return false;
    return this.socket.write(data);
  }

  /** Several writes until `uncork` leave in one system call. */
  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.socket.end();
  }

  /** Closes at once; `error` is what the `close` event will carry. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.socket.destroy();
  }
}

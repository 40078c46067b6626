// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import { OperatorError } from "../lib/errors.js";
import type { Json } from "../lib/json.js";
import { JsonRpcError, type JsonRpcEvents, type JsonRpcPeer } from "../net/jsonrpc.js";
import type { Session, SessionPeer } from "./session.js";

/**
 * Both ends of a session within one process. Requests are served within the call; replies and
 * notifications arrive one after the other, in the order in which the server made them, but never
 * in the middle of what the server or the client is doing.
 */
export class LocalPeer extends EventEmitter<JsonRpcEvents> implements JsonRpcPeer {
  #session: Session | undefined;
  #closed = false;
  #nextId = 0;
  readonly #rejects = new Set<(error: Error) => void>();

  /** The connection as the server's session uses it. */
  readonly serverSide: SessionPeer = {
    name: "local",
    congested: false,
    notify: (method, params) => {
      queueMicrotask(() => {
        if (!this.#closed) this.emit("notification", method, params);
      });
    },
    close: (error) => this.close(error),
  };

  constructor(readonly name: string) {
    super();
  }

  attach(session: Session): void {
    this.#session = session;
  }

  get closed(): boolean {
    return this.#closed;
  }

  request(method: string, params: Json[]): Promise<Json> {
    return new Promise((resolve, reject) => {
      const session = this.#session;
      if (this.#closed || !session) {
        reject(new OperatorError("ENOTCONN", `${this.name}: not connected`));
        return;
      }
      this.#rejects.add(reject);
      const settle = (act: () => void): void => {
        queueMicrotask(() => {
          this.#rejects.delete(reject);
          act();
        });
      };
      session.handle({
        method,
        params,
        id: this.#nextId++,
        reply: (result) => settle(() => resolve(result)),
        fail: (error) => settle(() => reject(new JsonRpcError(error))),
      });
    });
  }

  notify(method: string, params: Json[]): void {
    if (!this.#closed) this.#session?.handleNotification(method, params);
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    const why = error ?? new OperatorError("ECONNRESET", `${this.name}: connection closed`);
    for (const reject of this.#rejects) reject(why);
    this.#rejects.clear();
    this.emit("close", error);
  }
}

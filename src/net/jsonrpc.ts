// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";
import { isJsonObject, type Json, printJson } from "../lib/json.js";
import { RateLimit, vlog } from "../lib/log.js";
import { JsonStreamDecoder } from "./json-stream.js";
import { decodeMessage, encodeMessage, type JsonRpcMessage } from "./jsonrpc-message.js";
import type { Stream } from "./stream.js";

const log = vlog("jsonrpc");
const limit = new RateLimit(5, 5);

/** The peer answered a request with an error. `error` is what it sent. */
export class JsonRpcError extends OperatorError {
  constructor(readonly error: Json) {
    super("jsonrpc", errorText(error));
    this.name = "JsonRpcError";
  }
}

function errorText(error: Json): string {
  if (typeof error === "string") return error;
  if (isJsonObject(error) && typeof error.error === "string") {
    return typeof error.details === "string" ? `${error.error}: ${error.details}` : error.error;
  }
  return printJson(error);
}

/** A request from the peer. Exactly one of the answers must be called, once, now or later. */
export interface JsonRpcRequest {
  readonly method: string;
  readonly params: Json[];
  readonly id: Json;
  reply(result: Json): void;
  fail(error: Json): void;
}

/** Events of a JsonRpcSession. "echo" requests never show up: the session answers them. */
export interface JsonRpcEvents {
  request: [JsonRpcRequest];
  notification: [string, Json[]];
  /** Any message arrived: the peer lives. */
  activity: [];
  /** Exactly once, last; `undefined` when the peer or we closed in order. */
  close: [Error | undefined];
}

/**
 * What both ends of a JSON-RPC conversation look like, whether a socket is between them or not
 * (the embedded database is used through the same interface).
 */
export interface JsonRpcPeer extends EventEmitter<JsonRpcEvents> {
  readonly name: string;
  readonly closed: boolean;
  /** Gives the result; rejects with JsonRpcError, or OperatorError when the session ends. */
  request(method: string, params: Json[]): Promise<Json>;
  notify(method: string, params: Json[]): void;
  close(error?: Error): void;
}

interface Waiter {
  resolve(result: Json): void;
  reject(error: Error): void;
}

/** Settings of a session. */
export interface JsonRpcOptions {
  /** Largest message accepted, in bytes. */
  readonly messageBytesMax?: number;
}

/** A JSON-RPC 1.0 conversation over one stream. It ends with the stream; see JsonRpcClient for
 * one that reconnects. */
export class JsonRpcSession extends EventEmitter<JsonRpcEvents> implements JsonRpcPeer {
  readonly #waiters = new Map<Json, Waiter>();
  readonly #decoder: JsonStreamDecoder;
  #nextId = 0;
  #closed = false;

  constructor(
    readonly stream: Stream,
    options: JsonRpcOptions = {},
  ) {
    super();
    this.#decoder = new JsonStreamDecoder(options.messageBytesMax);
    stream.on("close", (error) => this.#finish(error));
    stream.on("data", (chunk) => this.#receive(chunk));
  }

  get name(): string {
    return this.stream.name;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes queued for a peer that does not read. */
  get backlogBytes(): number {
    return this.stream.backlogBytes;
  }

  request(method: string, params: Json[]): Promise<Json> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new OperatorError("ENOTCONN", `${this.name}: not connected`));
        return;
      }
      const id = this.#nextId++;
      this.#waiters.set(id, { resolve, reject });
      this.#send({ type: "request", method, params, id });
    });
  }

  notify(method: string, params: Json[]): void {
    this.#send({ type: "notification", method, params });
  }

  /** Closes at once; outstanding requests are rejected. */
  close(error?: Error): void {
    this.stream.destroy(error);
    this.#finish(error);
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.stream.end();
  }

  /** Lets the peer prove that it lives; the answer shows as `activity`. */
  sendEcho(): void {
    this.#send({ type: "request", method: "echo", params: [], id: "echo" });
  }

  #send(message: JsonRpcMessage): void {
    if (this.#closed) return;
    const text = printJson(encodeMessage(message));
    log.dbg(() => `${this.name}: send ${text}`);
    this.stream.write(text);
  }

  #receive(chunk: Buffer): void {
    try {
      this.#decoder.push(chunk, (json) => {
        if (!this.#closed) this.#dispatch(json);
      });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      log.warn(`${this.name}: error parsing stream: ${error.message}`, limit);
      this.close(new OperatorError("EPROTO", `error parsing stream: ${error.message}`));
    }
  }

  #dispatch(json: Json): void {
    const message = decodeMessage(json);
    if (typeof message === "string") {
      log.warn(`${this.name}: received bad JSON-RPC message: ${message}`, limit);
      this.close(new OperatorError("EPROTO", `received bad JSON-RPC message: ${message}`));
      return;
    }
    log.dbg(() => `${this.name}: received ${printJson(json)}`);
    this.emit("activity");
    switch (message.type) {
      case "request":
        this.#onRequest(message.method, message.params, message.id);
        break;
      case "notification":
        this.emit("notification", message.method, message.params);
        break;
      case "reply":
        this.#take(message.id)?.resolve(message.result);
        break;
      case "error":
        this.#take(message.id)?.reject(new JsonRpcError(message.error));
        break;
    }
  }

  #onRequest(method: string, params: Json[], id: Json): void {
    if (method === "echo") {
      this.#send({ type: "reply", result: params, id });
      return;
    }
    const request: JsonRpcRequest = {
      method,
      params,
      id,
      reply: (result) => this.#send({ type: "reply", result, id }),
      fail: (error) => this.#send({ type: "error", error, id }),
    };
    if (!this.emit("request", request)) request.fail("unknown method");
  }

  #take(id: Json): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    return waiter;
  }

  #finish(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    const why = error
      ? operatorErrorFrom(error, this.name)
      : new OperatorError("ECONNRESET", `${this.name}: connection closed`);
    for (const waiter of waiters) waiter.reject(why);
    this.emit("close", error);
  }
}

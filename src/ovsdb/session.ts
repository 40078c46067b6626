// SPDX-License-Identifier: Apache-2.0
import { systemErrorText } from "../lib/errors.js";
import type { Json, JsonObject } from "../lib/json.js";
import { jsonEquals, printJson } from "../lib/json.js";
import type { JsonRpcRequest } from "../net/jsonrpc.js";
import type { Database } from "./database.js";
import type { LockHolder } from "./locks.js";
import { METHODS } from "./methods.js";
import type { Monitor } from "./monitor.js";
import { OvsdbError } from "./ovsdb-error.js";
import type { OvsdbServer } from "./server.js";
import type { RowChange } from "./transaction.js";
import { Trigger } from "./trigger.js";

/** The connection to a client, as a session needs it. */
export interface SessionPeer {
  readonly name: string;
  notify(method: string, params: Json[]): void;
  close(error?: Error): void;
  /** True while the client has yet to take what was sent: updates are held back and merged. */
  readonly congested: boolean;
}

/** One client of the server: its monitors, its waiting transactions, its locks. */
export class Session implements LockHolder {
  readonly monitors = new Map<string, Monitor>();
  readonly #triggers = new Set<Trigger>();
  /** Whether the client wants to know when databases come and go (set_db_change_aware). */
  dbChangeAware = false;
  /** Locks taken away by others, for status columns. */
  locksLost = 0;

  constructor(
    readonly server: OvsdbServer,
    readonly peer: SessionPeer,
  ) {}

  /** Answers a request. */
  handle(request: JsonRpcRequest): void {
    const method = METHODS.get(request.method);
    if (!method) {
      request.fail("unknown method");
      return;
    }
    try {
      const result = method(this, request);
      if (result !== undefined) request.reply(result);
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      request.fail(error.toJson());
    }
  }

  /** A message that needs no answer; only "cancel" means something. */
  handleNotification(method: string, params: Json[]): void {
    if (method !== "cancel") return;
    for (const trigger of this.#triggers) {
      if (jsonEquals(trigger.request.id, params[0] ?? null)) trigger.cancel();
    }
  }

  /** Runs a transaction, now and after later changes if a `wait` holds it up. */
  transact(db: Database, request: JsonRpcRequest): void {
    const trigger = new Trigger(this, db, request);
    if (trigger.attempt()) return;
    this.#triggers.add(trigger);
    trigger.arm(() => this.#triggers.delete(trigger));
  }

  hasPending(id: Json): boolean {
    return [...this.#triggers].some((trigger) => jsonEquals(trigger.request.id, id));
  }

  /** Tries waiting transactions again, after a commit. */
  retry(db: Database): void {
    for (const trigger of [...this.#triggers]) if (trigger.db === db) trigger.retry();
  }

  /** Tells monitors of a commit, and the client if it can take it. */
  committed(db: Database, changes: readonly RowChange[]): void {
    for (const monitor of this.monitors.values()) {
      if (monitor.db === db) monitor.gather(changes);
    }
    this.flush();
  }

  /** Sends what monitors have gathered, unless the client is busy with what it was sent before. */
  flush(): void {
    if (this.peer.congested) return;
    for (const monitor of this.monitors.values()) {
      const updates = monitor.takeUpdates();
      if (updates) this.sendUpdates(monitor, updates);
    }
  }

  sendUpdates(monitor: Monitor, updates: JsonObject): void {
    switch (monitor.version) {
      case 1:
        this.peer.notify("update", [monitor.id, updates]);
        break;
      case 2:
        this.peer.notify("update2", [monitor.id, updates]);
        break;
      case 3:
        this.peer.notify("update3", [monitor.id, monitor.db.lastTransactionId, updates]);
        break;
    }
  }

  /** The key under which a monitor's id (any JSON) is found. */
  static monitorKey(id: Json): string {
    return printJson(id);
  }

  locked(name: string): void {
    this.peer.notify("locked", [name]);
  }

  stolen(name: string): void {
    this.locksLost++;
    this.peer.notify("stolen", [name]);
  }

  /** The connection is gone. */
  end(): void {
    for (const trigger of this.#triggers) trigger.forget();
    this.#triggers.clear();
    this.monitors.clear();
    this.server.locks.release(this);
  }

  /** What a failed durable write says to the client. */
  static ioError(error: unknown): JsonObject {
    return new OvsdbError("I/O error", systemErrorText(error)).toJson();
  }
}

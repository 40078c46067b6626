// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "../lib/clock.js";
import { assert } from "../lib/errors.js";
import { printJson } from "../lib/json.js";
import type { JsonRpcPeer, JsonRpcSession } from "../net/jsonrpc.js";
import { generateUuid } from "./atom.js";
import { Database } from "./database.js";
import { type Datum, EMPTY_SET } from "./datum.js";
import { schemaOf } from "./db-schema.js";
import { History } from "./history.js";
import { LocalPeer } from "./local-peer.js";
import { LockTable } from "./locks.js";
import { serverDatabase } from "./server-schema.js";
import { Session, type SessionPeer } from "./session.js";

/** A client that has this much to read gets no updates until it has caught up. */
const BACKLOG_BYTES_MAX = 1024 * 1024;

/** A database server: databases and the sessions that use them; sockets are Remotes' business. */
export class OvsdbServer {
  readonly id = generateUuid();
  readonly databases = new Map<string, Database>();
  readonly locks = new LockTable();
  readonly #sessions = new Set<Session>();
  readonly #histories = new Map<Database, History>();
  /** Databases with changes that waiting transactions have not seen. */
  readonly #dirty = new Set<Database>();
  #retrying = false;

  constructor(readonly clock: Clock = systemClock) {
    this.#serve(new Database(schemaOf(serverDatabase), clock));
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  historyOf(db: Database): History | undefined {
    return this.#histories.get(db);
  }

  /** Starts to serve a database. */
  add(db: Database): void {
    assert(!this.databases.has(db.name), `database ${db.name} is served already`);
    this.#serve(db);
  }

  #serve(db: Database): void {
    this.databases.set(db.name, db);
    this.#histories.set(db, new History(db));
    db.onCommit((changes) => {
      for (const session of this.#sessions) session.committed(db, changes);
      this.#dirty.add(db);
      this.#retryLater();
    });
    this.#describe(db);
  }

  /** Enters a database into _Server. */
  #describe(db: Database): void {
    const server = this.databases.get(serverDatabase.name) as Database;
    const table = server.tables.get("Database");
    assert(table, "_Server has its table");
    const atom = (value: string | boolean): Datum => ({ keys: [value], values: undefined });
    const values: Record<string, Datum> = {
      name: atom(db.name),
      model: atom("standalone"),
      connected: atom(true),
      leader: atom(true),
      schema: atom(printJson(db.schema.json)),
    };
    const data = table.schema.columns.map((column) => values[column.name] ?? EMPTY_SET);
    // The table is a root in effect: schemas without any root table have only roots.
    server.change((txn) => txn.insert(table, generateUuid(), data));
  }

  /** Waiting transactions run after the one that woke them has answered. */
  #retryLater(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    queueMicrotask(() => {
      this.#retrying = false;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const db of dirty) for (const session of this.#sessions) session.retry(db);
    });
  }

  /** Serves a client over a JSON-RPC session until that ends. */
  accept(rpc: JsonRpcSession): Session {
    const peer: SessionPeer = {
      name: rpc.name,
      notify: (method, params) => rpc.notify(method, params),
      close: (error) => rpc.close(error),
      get congested() {
        return rpc.backlogBytes > BACKLOG_BYTES_MAX;
      },
    };
    const session = this.#begin(peer);
    rpc.on("request", (request) => session.handle(request));
    rpc.on("notification", (method, params) => session.handleNotification(method, params));
    rpc.stream.on("drain", () => session.flush());
    rpc.on("close", () => this.#end(session));
    return session;
  }

  /** A session for this process itself, without a socket. */
  connectLocal(name = "local"): JsonRpcPeer {
    const local = new LocalPeer(name);
    const session = this.#begin(local.serverSide);
    local.attach(session);
    local.once("close", () => this.#end(session));
    return local;
  }

  #begin(peer: SessionPeer): Session {
    const session = new Session(this, peer);
    this.#sessions.add(session);
    return session;
  }

  #end(session: Session): void {
    session.end();
    this.#sessions.delete(session);
  }

  /** Ends all sessions. */
  close(): void {
    for (const session of [...this.#sessions]) session.peer.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import { type Clock, systemClock } from "../lib/clock.js";
import { OperatorError } from "../lib/errors.js";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";
import { vlog } from "../lib/log.js";
import type { JsonRpcPeer } from "../net/jsonrpc.js";
import { JsonRpcClient } from "../net/jsonrpc-client.js";
import type { TlsFiles } from "../net/tls-files.js";
import { ZERO_UUID } from "./atom.js";
import type { ClientState, DatabaseClient } from "./client-api.js";
import { monitorRequests, startMonitor } from "./client-monitor.js";
import { ClientTransaction, type TransactionHost } from "./client-transaction.js";
import { ReplicaChangeSet, ReplicaTableView } from "./client-views.js";
import type { Datum } from "./datum.js";
import { schemaOf } from "./db-schema.js";
import { Replica } from "./replica.js";
import { ReplicaRow } from "./replica-row.js";
import type { Database, Tables } from "./schema/spec.js";
import type { OvsdbServer } from "./server.js";

const log = vlog("ovsdb_idl");

/** Where the database is. */
export type ClientSource =
  /** In this process. */
  | { readonly server: OvsdbServer }
  /** "unix:…", "tcp:…" or "ssl:…", several of them separated by commas or in an array. */
  | { readonly remote: string | readonly string[]; readonly tls?: () => TlsFiles | undefined };

export type ClientOptions = ClientSource & {
  /** Silence after which the server is probed, 0 for never; default 5000, 0 for Unix sockets. */
  readonly probeMs?: number;
  readonly clock?: Clock;
};

/** See DatabaseClient, which documents and types this. */
class Client extends EventEmitter implements TransactionHost {
  readonly replica: Replica;
  readonly #remote: JsonRpcClient | undefined;
  #peer: JsonRpcPeer | undefined;
  #state: ClientState = "disconnected";
  #lastTransactionId = ZERO_UUID;
  #monitorId = 0;
  #early: Json[][] = [];
  #requests: JsonObject = {};
  #lockName: string | undefined;
  #hasLock = false;
  #closed = false;
  #failure: Error | undefined;

  constructor(database: Database, options: ClientOptions) {
    super();
    this.replica = new Replica(schemaOf(database));
    if ("server" in options) {
      this.#connected(options.server.connectLocal());
      return;
    }
    const targets =
      typeof options.remote === "string" ? options.remote.split(/,(?=[a-z]+:)/) : options.remote;
    this.#remote = new JsonRpcClient(targets, {
      clock: options.clock ?? systemClock,
      ...(options.tls ? { tls: options.tls } : {}),
      ...probing(options.probeMs, targets),
    });
    this.#remote.on("connected", (session) => this.#connected(session));
    this.#remote.start();
    this.#setState("connecting");
  }

  get state(): ClientState {
    return this.#state;
  }

  get connected(): boolean {
    return this.#state === "ready";
  }

  get lockName(): string | undefined {
    return this.#lockName;
  }

  get hasLock(): boolean {
    return this.#hasLock;
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit("state", state);
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.off("ready", onReady);
        this.off("failure", onFailure);
      };
      const onReady = (): void => {
        settle();
        resolve();
      };
      const onFailure = (error: Error): void => {
        settle();
        reject(error);
      };
      if (this.#failure) reject(this.#failure);
      else if (this.#state === "ready") resolve();
      else this.on("ready", onReady).on("failure", onFailure);
    });
  }

  #connected(peer: JsonRpcPeer): void {
    this.#peer = peer;
    this.#early = [];
    this.#setState("syncing");
    peer.on("notification", (method, params) => this.#notified(method, params));
    peer.on("close", () => this.#lost(peer));
    if (this.#lockName !== undefined) this.#requestLock(peer, this.#lockName);
    this.#synchronise(peer).catch((error: Error) => this.#syncFailed(peer, error));
  }

  async #synchronise(peer: JsonRpcPeer): Promise<void> {
    const { name } = this.replica.schema;
    const schema = await peer.request("get_schema", [name]);
    this.#requests = monitorRequests(this.replica.schema, schema);
    const id = `monid${++this.#monitorId}`;
    const start = await startMonitor(peer, name, id, this.#requests, this.#lastTransactionId);
    if (peer !== this.#peer) return;
    this.#lastTransactionId = start.lastTransactionId;
    const changes = this.replica.apply(start.updates, start.whole);
    const early = this.#early;
    this.#failure = undefined;
    this.#setState("ready");
    this.emit("ready");
    this.#announce(changes);
    for (const [method, ...params] of early) this.#notified(method as string, params);
  }

  #syncFailed(peer: JsonRpcPeer, error: Error): void {
    if (this.#closed || peer !== this.#peer) return;
    log.err(`${peer.name}: cannot use the database: ${error.message}`);
    // The server answered, and what it said will not change by asking again soon.
    this.#failure = error;
    this.emit("failure", error);
    peer.close(error);
  }

  #notified(method: string, params: Json[]): void {
    if (method === "locked" || method === "stolen") {
      if (params[0] === this.#lockName) this.#setLock(method === "locked");
    } else if (this.#state === "syncing") {
      // The reply to the monitor is on its way to us, and what follows it has overtaken it.
      this.#early.push([method, ...params]);
    } else if (params[0] === `monid${this.#monitorId}`) {
      this.#updated(method, params);
    }
  }

  #updated(method: string, params: Json[]): void {
    if (method === "update3") {
      this.#lastTransactionId = params[1] as string;
      this.#announce(this.replica.apply(params[2] ?? null, false));
    } else if (method === "update" || method === "update2") {
      this.#announce(this.replica.apply(params[1] ?? null, false));
    }
  }

  #announce(changes: ReturnType<Replica["apply"]>): void {
    const real = changes.filter((change) => change.type !== "modify" || change.columns.size > 0);
    if (real.length > 0) this.emit("change", new ReplicaChangeSet(real));
  }

  #lost(peer: JsonRpcPeer): void {
    if (peer !== this.#peer) return;
    this.#peer = undefined;
    this.#setLock(false);
    this.#setState(this.#closed ? "disconnected" : "connecting");
  }

  #setLock(held: boolean): void {
    if (held === this.#hasLock) return;
    this.#hasLock = held;
    this.emit("lock", this.#lockName ?? "", held);
  }

  #requestLock(peer: JsonRpcPeer, name: string): void {
    peer.request("lock", [name]).then(
      (reply) => {
        if (peer === this.#peer && isJsonObject(reply) && reply.locked === true)
          this.#setLock(true);
      },
      (error: Error) => log.warn(`${peer.name}: lock ${name}: ${error.message}`),
    );
  }

  lock(name: string): void {
    if (this.#lockName === name) return;
    this.unlock();
    this.#lockName = name;
    if (this.#peer) this.#requestLock(this.#peer, name);
  }

  unlock(): void {
    if (this.#lockName === undefined) return;
    const name = this.#lockName;
    this.#setLock(false);
    this.#lockName = undefined;
    this.#peer?.request("unlock", [name]).catch(() => {});
  }

  request(method: string, params: Json[]): Promise<Json> {
    if (this.#peer) return this.#peer.request(method, params);
    return Promise.reject(new OperatorError("ENOTCONN", "not connected to the database"));
  }

  serverHas(table: string, column: string): boolean {
    const requests = this.#requests[table] as JsonObject[] | undefined;
    return (requests?.[0]?.columns as string[] | undefined)?.includes(column) ?? false;
  }

  transaction(): ClientTransaction {
    return new ClientTransaction(this);
  }

  table(name: string): ReplicaTableView {
    return new ReplicaTableView(this.replica, name);
  }

  datum(row: ReplicaRow, columnName: string): Datum {
    const { data, table } = ReplicaRow.stateOf(row);
    return data[table.column(columnName)?.index as number] as Datum;
  }

  close(): void {
    this.#closed = true;
    this.#remote?.stop();
    this.#peer?.close();
    this.#setState("disconnected");
  }
}

/**
 * Opens a client of a database that is written down as typed tables (`openVSwitchDatabase`). It
 * connects in the background; `ready()` tells when the replica is complete.
 */
export function openClient<T extends Tables>(
  database: Database<T>,
  options: ClientOptions,
): DatabaseClient<T> {
  // Client is written for any schema; this is where it gets the types of one.
  return new Client(database, options) as unknown as DatabaseClient<T>;
}

/** A server on this machine need not be probed: its end is noticed. */
function probing(probeMs: number | undefined, targets: readonly string[]): { probeMs?: number } {
  if (probeMs !== undefined) return { probeMs };
  return targets.every((target) => target.startsWith("unix:")) ? { probeMs: 0 } : {};
}

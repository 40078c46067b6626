// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError, systemErrorText } from "../../lib/errors.js";
import type { Json, JsonObject } from "../../lib/json.js";
import { connectStream } from "../../net/connect.js";
import { JsonRpcError, JsonRpcSession } from "../../net/jsonrpc.js";
import { listenStreams } from "../../net/listen.js";
import type { TlsFiles } from "../../net/tls-files.js";
import { ZERO_UUID } from "../../ovsdb/atom.js";
import { CliError } from "../invocation.js";
import { DATABASE, DATABASE_NAME } from "./database-class.js";
import type { Interest } from "./interest.js";
import { Replica } from "./replica.js";

export interface SessionOptions {
  /** Connection methods, separated by commas. */
  readonly database: string;
  readonly tls: TlsFiles | undefined;
  /** Keep trying to connect. */
  readonly retry: boolean;
}

const BACKOFF_MIN_MS = 1000;
const BACKOFF_MAX_MS = 8000;

function failureText(error: unknown, remote: string): string {
  const text = error instanceof OperatorError ? error.message : systemErrorText(error);
  return text.startsWith(`${remote}: `) ? text.slice(remote.length + 2) : text;
}

function accept(remote: string, tls: TlsFiles | undefined): Promise<JsonRpcSession> {
  return new Promise((resolve, reject) => {
    const listening = listenStreams(
      remote,
      (stream) => {
        void listening.then((listener) => listener.close());
        resolve(new JsonRpcSession(stream));
      },
      { ...(tls ? { tls } : {}) },
    );
    listening.catch(reject);
  });
}

async function openOnce(remote: string, tls: TlsFiles | undefined): Promise<JsonRpcSession> {
  if (/^p(unix|tcp|ssl):/.test(remote)) return accept(remote, tls);
  return new JsonRpcSession(await connectStream(remote, { ...(tls ? { tls } : {}) }));
}

/** The database server, and a replica of what the commands are interested in. */
export class DatabaseSession {
  #replica: Replica;
  #rpc: JsonRpcSession | undefined;
  #retry: boolean;
  #wake: (() => void) | undefined;

  constructor(
    private readonly options: SessionOptions,
    private readonly interest: Interest,
  ) {
    this.#retry = options.retry;
    this.#replica = new Replica(DATABASE, interest.columns);
  }

  get replica(): Replica {
    return this.#replica;
  }

  /** From now on a lost connection is made again, whatever the options said. */
  enableReconnect(): void {
    this.#retry = true;
  }

  async #connect(): Promise<JsonRpcSession> {
    const remotes = this.options.database.split(",");
    let backoffMs = BACKOFF_MIN_MS;
    for (let attempt = 0; ; attempt++) {
      const remote = remotes[attempt % remotes.length]!;
      try {
        return await openOnce(remote, this.options.tls);
      } catch (error) {
        if (!this.#retry && attempt + 1 >= remotes.length) {
          throw this.#connectionFailed(failureText(error, remote));
        }
        if (!this.#retry) continue;
        await sleep(backoffMs);
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS);
      }
    }
  }

  #connectionFailed(reason: string): CliError {
    return new CliError(`${this.options.database}: database connection failed (${reason})`);
  }

  /** Connects and fetches the replica. Throws CliError when that fails and is not to be retried. */
  async open(): Promise<void> {
    for (;;) {
      const rpc = await this.#connect();
      rpc.on("close", () => {
        if (this.#rpc === rpc) this.#rpc = undefined;
        this.#wake?.();
      });
      try {
        await this.#monitor(rpc);
        this.#rpc = rpc;
        return;
      } catch (error) {
        rpc.close();
        if (error instanceof JsonRpcError) {
          throw new CliError(`${this.options.database}: ${error.message}`);
        }
        if (!this.#retry) throw this.#connectionFailed("End of file");
      }
    }
  }

  /** Fetches the replica and keeps it up to date. */
  async #monitor(rpc: JsonRpcSession): Promise<void> {
    const replica = new Replica(DATABASE, this.interest.columns);
    // Updates may follow the reply in the same packet, before this function goes on.
    const early: Json[] = [];
    let ready = false;
    rpc.on("notification", (method, params) => {
      if (!/^update[23]?$/.test(method)) return;
      const updates = params.at(-1)!;
      if (!ready) early.push(updates);
      else {
        replica.apply(updates);
        this.#wake?.();
      }
    });
    replica.apply(await this.#requestMonitor(rpc));
    ready = true;
    for (const update of early) replica.apply(update);
    this.#replica = replica;
  }

  /** Starts monitoring in the best way that the server knows; returns the initial contents. */
  async #requestMonitor(rpc: JsonRpcSession): Promise<Json> {
    const wanted = this.#monitorRequests();
    const id = ["monid", DATABASE_NAME];
    try {
      const params = [DATABASE_NAME, id, wanted, ZERO_UUID];
      return ((await rpc.request("monitor_cond_since", params)) as Json[])[2]!;
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      // An older server, or another version of the schema: ask only for what it has.
      const schema = (await rpc.request("get_schema", [DATABASE_NAME])) as JsonObject;
      return rpc.request("monitor", [DATABASE_NAME, id, restrict(wanted, schema)]);
    }
  }

  #monitorRequests(): JsonObject {
    const requests: JsonObject = {};
    for (const [table, columns] of this.interest.columns) {
      requests[table] = [{ columns: [...columns] }];
    }
    return requests;
  }

  /**
   * Resolves when the replica has changed since it had `version`; reconnects if the connection
   * was lost. Throws CliError when it is lost for good.
   */
  async changedSince(version: number): Promise<void> {
    while (this.#rpc !== undefined && this.#replica.version === version) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#rpc !== undefined) return;
    if (!this.#retry) throw this.#connectionFailed("End of file");
    await this.open();
  }

  /** Sends a transaction; undefined when the connection broke and it must be tried again. */
  async transact(operations: readonly JsonObject[]): Promise<Json[] | undefined> {
    try {
      const reply = await this.#rpc?.request("transact", [DATABASE_NAME, ...operations]);
      return reply as Json[] | undefined;
    } catch (error) {
      if (error instanceof JsonRpcError) throw new CliError(`transaction error: ${error.message}`);
      return undefined;
    }
  }

  close(): void {
    this.#rpc?.close();
  }
}

function restrict(requests: JsonObject, schema: JsonObject): JsonObject {
  const tables = schema.tables as JsonObject;
  const restricted: JsonObject = {};
  for (const [table, request] of Object.entries(requests)) {
    const known = (tables[table] as JsonObject | undefined)?.columns as JsonObject | undefined;
    if (known === undefined) continue;
    const [{ columns }] = request as unknown as [{ columns: string[] }];
    restricted[table] = [{ columns: columns.filter((name) => name in known) }];
  }
  return restricted;
}

// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import { JsonRpcSession } from "../net/jsonrpc.js";
import { JsonRpcClient } from "../net/jsonrpc-client.js";
import { type Listener, listenStreams } from "../net/listen.js";
import type { ReconnectSettings } from "../net/reconnect.js";
import type { Stream } from "../net/stream.js";
import { isPassive, parseTarget } from "../net/target.js";
import type { TlsFiles } from "../net/tls-files.js";
import type { OvsdbServer } from "./server.js";
import type { Session } from "./session.js";
import { SessionProbe } from "./session-probe.js";

const log = vlog("ovsdb_jsonrpc_server");

/** OVSDB's port, assigned by IANA. */
export const OVSDB_PORT = 6640;

/** How a remote connects; columns of the Manager table. */
export interface RemoteOptions extends Partial<ReconnectSettings> {
  readonly tls?: () => TlsFiles | undefined;
}

/** What is to be said of a remote, in the Manager table's status columns. */
export interface RemoteStatus {
  readonly connected: boolean;
  /** state, sec_since_connect, n_connections … (ovs-vswitchd.conf.db(5) "Manager Status"). */
  readonly status: ReadonlyMap<string, string>;
}

/** One way in: a listening socket, or a manager that is called up again and again. */
interface Remote {
  retry?(): void;
  configure(options: RemoteOptions): void;
  status(): RemoteStatus;
  close(): void;
}

/** Whole seconds since then; 0 for never. */
function seconds(thenMs: number | undefined, nowMs: number): string {
  return String(thenMs === undefined ? 0 : Math.floor((nowMs - thenMs) / 1000));
}

/** The locks that sessions of a remote have, want and lost, as status keys. */
function lockStatus(sessions: readonly Session[]): [string, string][] {
  const names = sessions.map((session) => session.server.locks.namesOf(session));
  const held = names.flatMap((each) => each.held).sort();
  const waiting = names.flatMap((each) => each.waiting).sort();
  const lost = sessions.reduce((sum, session) => sum + session.locksLost, 0);
  return [
    ...(held.length > 0 ? [["locks_held", held.join(" ")] as [string, string]] : []),
    ...(waiting.length > 0 ? [["locks_waiting", waiting.join(" ")] as [string, string]] : []),
    ...(lost > 0 ? [["locks_lost", String(lost)] as [string, string]] : []),
  ];
}

/** Serves everyone who connects to a passive target. */
class PassiveRemote implements Remote {
  readonly #sessions = new Map<JsonRpcSession, SessionProbe>();
  readonly #served = new Set<Session>();
  #connectedMs: number | undefined;
  #disconnectedMs: number | undefined;
  #listener: Listener | undefined;
  #opening = false;
  #closed = false;
  #error: string | undefined;

  constructor(
    readonly server: OvsdbServer,
    readonly target: string,
    private options: RemoteOptions,
  ) {}

  /** Resolves once the socket listens; rejects with an OperatorError. */
  async open(): Promise<void> {
    const tls = this.options.tls?.();
    const base = { defaultPort: OVSDB_PORT, ...(tls ? { tls } : {}) };
    const accept = (stream: Stream): void => this.#accept(stream);
    this.#opening = true;
    try {
      const listener = await listenStreams(this.target, accept, base);
      this.#error = undefined;
      if (this.#closed) listener.close();
      else this.#listener = listener;
    } catch (error) {
      this.#error = (error as Error).message;
      throw error;
    } finally {
      this.#opening = false;
    }
  }

  #accept(stream: Stream): void {
    const rpc = new JsonRpcSession(stream);
    const probe = new SessionProbe(rpc, this.server.clock, this.options.probeMs ?? 0);
    this.#sessions.set(rpc, probe);
    const session = this.server.accept(rpc);
    this.#served.add(session);
    this.#connectedMs = this.server.clock.now();
    rpc.on("close", () => {
      this.#sessions.delete(rpc);
      this.#served.delete(session);
      this.#disconnectedMs = this.server.clock.now();
    });
  }

  /** Tries a socket again that did not open. */
  retry(): void {
    if (this.#listener || this.#opening || this.#closed) return;
    this.open().catch(() => {});
  }

  configure(options: RemoteOptions): void {
    this.options = options;
    for (const probe of this.#sessions.values()) probe.configure(options.probeMs ?? 0);
  }

  status(): RemoteStatus {
    const count = this.#sessions.size;
    const now = this.server.clock.now();
    const status = new Map<string, string>();
    if (this.#error) status.set("last_error", this.#error);
    if (this.#listener?.port !== undefined) status.set("bound_port", String(this.#listener.port));
    if (count > 1) status.set("n_connections", String(count));
    status.set("sec_since_connect", seconds(this.#connectedMs, now));
    status.set("sec_since_disconnect", seconds(this.#disconnectedMs, now));
    for (const [key, value] of lockStatus([...this.#served])) status.set(key, value);
    return { connected: count > 0, status };
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const rpc of this.#sessions.keys()) rpc.close();
  }
}

/** Calls a manager and serves it as a client. */
class ActiveRemote implements Remote {
  readonly #client: JsonRpcClient;
  #session: Session | undefined;

  constructor(
    readonly server: OvsdbServer,
    readonly target: string,
    options: RemoteOptions,
  ) {
    this.#client = new JsonRpcClient([target], { ...options, clock: server.clock });
    this.#client.on("connected", (rpc) => {
      this.#session = this.server.accept(rpc);
      rpc.on("close", () => {
        this.#session = undefined;
      });
    });
    this.#client.start();
  }

  configure(options: RemoteOptions): void {
    this.#client.configure(options);
  }

  status(): RemoteStatus {
    const { connectedS, disconnectedS } = this.#client.elapsed();
    const status = new Map([["state", this.#client.state.toUpperCase()]]);
    if (this.#client.lastError) status.set("last_error", this.#client.lastError.message);
    if (connectedS !== undefined) status.set("sec_since_connect", String(connectedS));
    if (disconnectedS !== undefined) status.set("sec_since_disconnect", String(disconnectedS));
    for (const [key, value] of lockStatus(this.#session ? [this.#session] : []))
      status.set(key, value);
    return { connected: this.#client.session !== undefined, status };
  }

  close(): void {
    this.#client.stop();
  }
}

/** The ways into a server, by their targets. */
export class Remotes {
  readonly #remotes = new Map<string, Remote>();

  constructor(readonly server: OvsdbServer) {}

  get targets(): string[] {
    return [...this.#remotes.keys()].sort();
  }

  /**
   * Opens a remote: "punix:", "ptcp:" or "pssl:" to listen, "unix:", "tcp:" or "ssl:" to call.
   * Rejects with an OperatorError for a malformed target or a socket that does not open; a
   * socket's remote is then known all the same and its status says why, until it is removed.
   */
  async add(target: string, options: RemoteOptions = {}): Promise<void> {
    if (this.#remotes.has(target)) throw new OperatorError("EEXIST", `${target}: already a remote`);
    if (!isPassive(parseTarget(target, OVSDB_PORT))) {
      this.#remotes.set(target, new ActiveRemote(this.server, target, options));
      return;
    }
    const remote = new PassiveRemote(this.server, target, options);
    this.#remotes.set(target, remote);
    try {
      await remote.open();
    } catch (error) {
      log.err(`${target}: listen failed: ${(error as Error).message}`);
      throw error;
    }
  }

  configure(target: string, options: RemoteOptions): void {
    this.#remotes.get(target)?.configure(options);
  }

  has(target: string): boolean {
    return this.#remotes.has(target);
  }

  /** Tries those again that could not listen. */
  retryFailed(): void {
    for (const remote of this.#remotes.values()) remote.retry?.();
  }

  remove(target: string): void {
    this.#remotes.get(target)?.close();
    this.#remotes.delete(target);
  }

  status(target: string): RemoteStatus | undefined {
    return this.#remotes.get(target)?.status();
  }

  close(): void {
    for (const target of this.targets) this.remove(target);
  }
}

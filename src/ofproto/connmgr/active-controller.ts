// SPDX-License-Identifier: Apache-2.0
/** A controller that the switch connects to: `tcp: ssl: unix:`. */
import type { Clock, ClockTimer } from "../../lib/clock.js";
import { operatorErrorFrom, systemErrorText } from "../../lib/errors.js";
import { vlog } from "../../lib/log.js";
import { connectStream } from "../../net/connect.js";
import { Reconnect } from "../../net/reconnect.js";
import type { Stream } from "../../net/stream.js";
import type { TlsFiles } from "../../net/tls-files.js";
import { ROLE } from "../../openflow/messages/role.js";
import type { ControllerConfig, ControllerStatus } from "../ofproto-types.js";
import { connectionSettings, OfConnection } from "./connection.js";
import { OFP_PORT } from "./targets.js";

const log = vlog("rconn");

/** What a controller of either direction needs of its manager. */
export interface ControllerHost {
  readonly bridge: string;
  readonly clock: Clock;
  versions(): readonly number[];
  tls(): TlsFiles | undefined;
  /** A connection is up and speaks a version. */
  onOpen(connection: OfConnection): void;
  onMessage(connection: OfConnection, bytes: Uint8Array): void;
  onClose(connection: OfConnection): void;
}

/** What the manager needs of a controller of either direction. */
export interface Controller {
  readonly config: ControllerConfig;
  status(): ControllerStatus;
  /** Connections past negotiation. */
  connections(): readonly OfConnection[];
  close(): void;
}

const ROLE_NAMES: Readonly<Record<number, "other" | "master" | "slave">> = {
  [ROLE.EQUAL]: "other",
  [ROLE.MASTER]: "master",
  [ROLE.SLAVE]: "slave",
};

export function roleName(connection: OfConnection | undefined): "other" | "master" | "slave" {
  return (connection && ROLE_NAMES[connection.role]) ?? "other";
}

export class ActiveController implements Controller {
  readonly #reconnect: Reconnect;
  #connection: OfConnection | undefined;
  #abort: AbortController | undefined;
  #timer: ClockTimer | undefined;
  #lastError: string | undefined;
  #closed = false;

  constructor(
    readonly config: ControllerConfig,
    private readonly host: ControllerHost,
  ) {
    this.#reconnect = new Reconnect({
      backoffMaxMs: Math.max(1000, config.maxBackoffMs ?? 8000),
      probeMs: config.inactivityProbeMs ?? 5000,
    });
    this.#reconnect.enable(host.clock.now());
    this.#run();
  }

  connections(): readonly OfConnection[] {
    return this.#connection?.version ? [this.#connection] : [];
  }

  status(): ControllerStatus {
    const { connectedS, disconnectedS } = this.#reconnect.elapsed(this.host.clock.now());
    const isConnected = (this.#connection?.version ?? 0) > 0;
    const status: ControllerStatus = {
      target: this.config.target,
      isConnected,
      role: roleName(this.#connection),
      state: this.#reconnect.state.toUpperCase(),
    };
    if (connectedS !== undefined) status.secSinceConnect = connectedS;
    if (disconnectedS !== undefined) status.secSinceDisconnect = disconnectedS;
    if (this.#lastError !== undefined) status.lastError = this.#lastError;
    return status;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#reconnect.disable(this.host.clock.now());
    this.#abort?.abort();
    this.#connection?.close();
  }

  #run(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    const { clock } = this.host;
    const action = this.#reconnect.run(clock.now());
    if (action === "connect") this.#connect();
    else if (action === "disconnect") this.#giveUp();
    else if (action === "probe") this.#probe();
    const deadlineMs = this.#reconnect.deadline();
    if (!Number.isFinite(deadlineMs)) return;
    this.#timer = clock.after(Math.max(1, deadlineMs - clock.now()), () => this.#run());
  }

  #connect(): void {
    const { bridge, clock } = this.host;
    log.info(`${bridge}<->${this.config.target}: connecting...`);
    this.#reconnect.connecting(clock.now());
    this.#abort = new AbortController();
    const options = {
      defaultPort: OFP_PORT,
      signal: this.#abort.signal,
      ...(this.host.tls() ? { tls: this.host.tls() } : {}),
    };
    connectStream(this.config.target, options).then(
      (stream) => this.#onStream(stream),
      (error: unknown) => this.#onFailure(error),
    );
  }

  #onStream(stream: Stream): void {
    if (this.#closed) {
      stream.destroy();
      return;
    }
    const { config, host } = this;
    this.#connection = new OfConnection(
      stream,
      connectionSettings(config, host.versions()),
      {
        onMessage: (connection, bytes) => host.onMessage(connection, bytes),
        onNegotiated: (connection) => this.#onNegotiated(connection),
        onActivity: () => {
          this.#reconnect.activity(host.clock.now());
        },
        onClose: (connection, error) => this.#onClose(connection, error),
      },
      host.clock,
    );
  }

  #onNegotiated(connection: OfConnection): void {
    log.info(`${this.host.bridge}<->${this.config.target}: connected`);
    this.#reconnect.connectSucceeded(this.host.clock.now());
    this.#lastError = undefined;
    this.host.onOpen(connection);
    this.#run();
  }

  #onFailure(error: unknown): void {
    if (this.#closed) return;
    const cause = operatorErrorFrom(error, this.config.target).cause ?? error;
    this.#lastError = systemErrorText(cause);
    log.warn(`${this.host.bridge}<->${this.config.target}: connection failed (${this.#lastError})`);
    this.#reconnect.disconnected(this.host.clock.now());
    this.#run();
  }

  #onClose(connection: OfConnection, error: Error | undefined): void {
    const wasOpen = connection.version > 0;
    this.#connection = undefined;
    if (wasOpen) this.host.onClose(connection);
    if (this.#closed) return;
    this.#lastError = error ? systemErrorText(error) : "End of file";
    log.info(
      `${this.host.bridge}<->${this.config.target}: connection ` +
        (error ? `dropped (${this.#lastError})` : "closed by peer"),
    );
    this.#reconnect.disconnected(this.host.clock.now());
    this.#run();
  }

  #probe(): void {
    this.#connection?.probe();
  }

  #giveUp(): void {
    const { bridge, clock } = this.host;
    if (this.#connection) {
      log.err(`${bridge}<->${this.config.target}: no response to inactivity probe, disconnecting`);
      this.#connection.close(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" }));
      return;
    }
    this.#abort?.abort();
    this.#reconnect.disconnected(clock.now());
  }
}

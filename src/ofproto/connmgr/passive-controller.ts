// SPDX-License-Identifier: Apache-2.0
/** A target that controllers connect to: `punix: ptcp: pssl:`, among them `<bridge>.mgmt`. */
import { systemErrorText } from "../../lib/errors.js";
import { vlog } from "../../lib/log.js";
import { type Listener, listenStreams } from "../../net/listen.js";
import type { Stream } from "../../net/stream.js";
import type { ControllerConfig, ControllerStatus } from "../ofproto-types.js";
import { type Controller, type ControllerHost, roleName } from "./active-controller.js";
import { connectionSettings, OfConnection } from "./connection.js";
import { ServiceProbe } from "./service-probe.js";
import { OFP_PORT } from "./targets.js";

const log = vlog("connmgr");

export class PassiveController implements Controller {
  readonly #connections = new Map<OfConnection, ServiceProbe>();
  readonly #startedMs: number;
  #listener: Listener | undefined;
  #lastError: string | undefined;
  #closed = false;
  /** Settles when listening works or has failed; never rejects. */
  readonly ready: Promise<void>;

  constructor(
    readonly config: ControllerConfig,
    private readonly host: ControllerHost,
  ) {
    this.#startedMs = host.clock.now();
    this.ready = this.#listen();
  }

  /** The TCP port that is listened on, undefined for Unix sockets and before `ready`. */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  connections(): readonly OfConnection[] {
    return [...this.#connections.keys()].filter((connection) => connection.version > 0);
  }

  status(): ControllerStatus {
    const open = this.connections();
    const status: ControllerStatus = {
      target: this.config.target,
      isConnected: open.length > 0,
      role: roleName(open[0]),
      state: open.length > 0 ? "ACTIVE" : "IDLE",
      secSinceConnect: Math.floor((this.host.clock.now() - this.#startedMs) / 1000),
    };
    if (this.#lastError !== undefined) status.lastError = this.#lastError;
    return status;
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const connection of this.#connections.keys()) connection.close();
  }

  async #listen(): Promise<void> {
    const { target } = this.config;
    try {
      const tls = this.host.tls();
      const options = { defaultPort: OFP_PORT, ...(tls ? { tls } : {}) };
      this.#listener = await listenStreams(target, (stream) => this.#accept(stream), options);
      if (this.#closed) this.#listener.close();
    } catch (error) {
      this.#lastError = systemErrorText(error);
      log.err(`${this.host.bridge}: failed to listen on ${target}: ${this.#lastError}`);
    }
  }

  #accept(stream: Stream): void {
    if (this.#closed) {
      stream.destroy();
      return;
    }
    const { config, host } = this;
    const connection = new OfConnection(
      stream,
      connectionSettings(config, host.versions()),
      {
        onMessage: (each, bytes) => host.onMessage(each, bytes),
        onNegotiated: (each) => host.onOpen(each),
        onActivity: () => probe.activity(),
        onClose: (each) => this.#onClose(each),
      },
      host.clock,
    );
    const probe = new ServiceProbe(connection, host.clock, config.inactivityProbeMs ?? 0);
    this.#connections.set(connection, probe);
  }

  #onClose(connection: OfConnection): void {
    this.#connections.get(connection)?.stop();
    this.#connections.delete(connection);
    if (connection.version > 0) this.host.onClose(connection);
  }
}

// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import { type Clock, type ClockTimer, systemClock } from "../lib/clock.js";
import { OperatorError, systemErrorText } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import { connectStream } from "./connect.js";
import { JsonRpcSession } from "./jsonrpc.js";
import { Reconnect, type ReconnectSettings } from "./reconnect.js";
import type { TlsFiles } from "./tls-files.js";

const log = vlog("reconnect");

export interface JsonRpcClientOptions extends Partial<ReconnectSettings> {
  readonly tls?: () => TlsFiles | undefined;
  readonly clock?: Clock;
}

export interface JsonRpcClientEvents {
  connected: [JsonRpcSession];
  /** A session ended; the client will try again. */
  disconnected: [Error | undefined];
  /** An attempt failed; the client will try again. */
  failed: [Error];
}

/** A JSON-RPC conversation that comes back: connects, probes, and reconnects with back-off. */
export class JsonRpcClient extends EventEmitter<JsonRpcClientEvents> {
  readonly #fsm: Reconnect;
  readonly #clock: Clock;
  #session: JsonRpcSession | undefined;
  #attempt: AbortController | undefined;
  #timer: ClockTimer | undefined;
  #lastError: Error | undefined;
  #quiet = false;

  /** `targets`: active connection methods, tried in turn. Nothing happens before `start`. */
  constructor(
    readonly targets: readonly string[],
    readonly options: JsonRpcClientOptions = {},
  ) {
    super();
    this.#clock = options.clock ?? systemClock;
    const { backoffMinMs, backoffMaxMs, probeMs } = options;
    this.#fsm = new Reconnect({
      ...(backoffMinMs !== undefined ? { backoffMinMs } : {}),
      ...(backoffMaxMs !== undefined ? { backoffMaxMs } : {}),
      ...(probeMs !== undefined ? { probeMs } : {}),
    });
  }

  /** The live session, or undefined between connections. */
  get session(): JsonRpcSession | undefined {
    return this.#session;
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  get state(): Reconnect["state"] {
    return this.#fsm.state;
  }

  get counts(): Reconnect["counts"] {
    return this.#fsm.counts;
  }

  elapsed(): ReturnType<Reconnect["elapsed"]> {
    return this.#fsm.elapsed(this.#clock.now());
  }

  configure(settings: Partial<ReconnectSettings>): void {
    this.#fsm.configure(settings);
    this.#arm();
  }

  start(): void {
    this.#fsm.enable(this.#clock.now());
    this.#run();
  }

  stop(): void {
    this.#fsm.disable(this.#clock.now());
    this.#timer?.cancel();
    this.#attempt?.abort();
    this.#session?.close();
  }

  /** Drops the connection and connects again. */
  reconnect(): void {
    this.#session?.close(new OperatorError("ECONNRESET", "forced reconnect"));
  }

  #run(): void {
    switch (this.#fsm.run(this.#clock.now())) {
      case "connect":
        void this.#connect();
        break;
      case "disconnect":
        this.#giveUp();
        break;
      case "probe":
        this.#session?.sendEcho();
        break;
    }
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    const deadline = this.#fsm.deadline();
    if (!Number.isFinite(deadline)) return;
    this.#timer = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => this.#run());
  }

  #giveUp(): void {
    this.#attempt?.abort();
    if (!this.#session) return;
    log.err(`${this.#session.name}: no response to inactivity probe, disconnecting`);
    this.#session.close(new OperatorError("ETIMEDOUT", "no response to inactivity probe"));
  }

  async #connect(): Promise<void> {
    const attempt = new AbortController();
    this.#attempt = attempt;
    const target = this.targets[this.#fsm.counts.attempts % this.targets.length] as string;
    this.#fsm.connecting(this.#clock.now());
    if (!this.#quiet) log.info(`${target}: connecting...`);
    this.#arm();
    try {
      const tls = this.options.tls?.();
      const stream = await connectStream(target, {
        signal: attempt.signal,
        ...(tls ? { tls } : {}),
      });
      if (this.#fsm.state === "void") stream.destroy();
      else this.#adopt(new JsonRpcSession(stream));
    } catch (error) {
      this.#fsm.disconnected(this.#clock.now());
      this.#lastError = error as Error;
      if (this.#fsm.state === "void") return;
      this.#logFailure(target, error);
      this.#arm();
      this.emit("failed", this.#lastError);
    }
  }

  /** Failures are told of until the longest back-off is reached. */
  #logFailure(target: string, error: unknown): void {
    if (this.#quiet) return;
    log.info(`${target}: connection attempt failed (${reason(error, target)})`);
    this.#quiet = this.#fsm.patient;
    if (this.#quiet) {
      log.info(
        `${target}: continuing to reconnect in the background but suppressing further logging`,
      );
    } else if (this.#fsm.backoffS > 1) {
      log.info(`${target}: waiting ${this.#fsm.backoffS} seconds before reconnect`);
    }
  }

  #adopt(session: JsonRpcSession): void {
    this.#session = session;
    this.#quiet = false;
    this.#lastError = undefined;
    this.#fsm.connectSucceeded(this.#clock.now());
    log.info(`${session.name}: connected`);
    session.on("activity", () => {
      const wasIdle = this.#fsm.state === "idle";
      this.#fsm.activity(this.#clock.now());
      if (wasIdle) this.#arm();
    });
    session.on("close", (error) => this.#lost(session, error));
    this.#arm();
    this.emit("connected", session);
  }

  #lost(session: JsonRpcSession, error: Error | undefined): void {
    this.#session = undefined;
    this.#lastError = error;
    this.#fsm.disconnected(this.#clock.now());
    if (this.#fsm.state !== "void") {
      const why = error
        ? `connection dropped (${systemErrorText(error)})`
        : "connection closed by peer";
      log.info(`${session.name}: ${why}`);
    }
    this.#arm();
    this.emit("disconnected", error);
  }
}

function reason(error: unknown, target: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith(`${target}: `) ? text.slice(target.length + 2) : text;
}

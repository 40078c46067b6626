// SPDX-License-Identifier: Apache-2.0
import type { Clock, ClockTimer } from "../lib/clock.js";
import { OperatorError } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import type { JsonRpcSession } from "../net/jsonrpc.js";

const log = vlog("reconnect");

/** Finds out whether an accepted peer still lives: asks after a silence, gives up after another. */
export class SessionProbe {
  #timer: ClockTimer | undefined;
  #lastMs: number;
  #asked = false;

  constructor(
    readonly rpc: JsonRpcSession,
    readonly clock: Clock,
    private probeMs: number,
  ) {
    this.#lastMs = clock.now();
    rpc.on("activity", () => {
      this.#lastMs = clock.now();
      this.#asked = false;
    });
    rpc.on("close", () => this.#timer?.cancel());
    this.#arm();
  }

  /** Changes the interval; 0 stops asking. */
  configure(probeMs: number): void {
    if (probeMs === this.probeMs) return;
    this.probeMs = probeMs;
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    if (this.probeMs <= 0 || this.rpc.closed) return;
    const from = this.#asked ? this.clock.now() : this.#lastMs;
    const delayMs = Math.max(1, from + this.probeMs - this.clock.now());
    this.#timer = this.clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    if (this.clock.now() - this.#lastMs < this.probeMs) {
      this.#arm();
    } else if (!this.#asked) {
      this.#asked = true;
      this.rpc.sendEcho();
      this.#arm();
    } else {
      const seconds = Math.round((this.clock.now() - this.#lastMs) / 1000);
      log.err(
        `${this.rpc.name}: no response to inactivity probe after ${seconds} seconds, disconnecting`,
      );
      this.rpc.close(new OperatorError("ETIMEDOUT", "no response to inactivity probe"));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Clock, ClockTimer } from "../../lib/clock.js";
import type { OfConnection } from "./connection.js";

/** A peer that connects gets this long to say hello. */
const HELLO_MS = 60_000;

/** Probes a peer that connected to us: an echo request after a silent interval, the end of the
 * connection after another. An interval of 0 waits for ever, once the peer has said hello. */
export class ServiceProbe {
  #timer: ClockTimer | undefined;
  #probed = false;

  constructor(
    private readonly connection: OfConnection,
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {
    this.#timer = clock.after(HELLO_MS, () => {
      if (connection.version === 0) connection.close(new Error("no hello"));
    });
    if (intervalMs > 0) this.activity();
  }

  /** Something came in. */
  activity(): void {
    if (this.intervalMs === 0) return;
    this.#probed = false;
    this.#restart();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #restart(): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(this.intervalMs, () => this.#silent());
  }

  #silent(): void {
    if (this.#probed || this.connection.version === 0) {
      this.connection.close(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" }));
      return;
    }
    this.#probed = true;
    this.connection.probe();
    this.#restart();
  }
}

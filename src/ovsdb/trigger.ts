// SPDX-License-Identifier: Apache-2.0
import type { ClockTimer } from "../lib/clock.js";
import type { JsonRpcRequest } from "../net/jsonrpc.js";
import type { Database } from "./database.js";
import { Session } from "./session.js";

/** The longest delay that a timer takes; longer waits are armed again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** A transaction that may have to wait until its `wait` operations hold. */
export class Trigger {
  readonly #startedMs: number;
  #timeoutMs = Number.POSITIVE_INFINITY;
  #timer: ClockTimer | undefined;
  #done: (() => void) | undefined;

  constructor(
    readonly session: Session,
    readonly db: Database,
    readonly request: JsonRpcRequest,
  ) {
    this.#startedMs = db.clock.now();
  }

  /** Tries the transaction; true when it is over, one way or the other. */
  attempt(elapsedMs = 0): boolean {
    const { session, db, request } = this;
    const outcome = db.execute(request.params.slice(1), {
      ownsLock: (name) => session.server.locks.owns(session, name),
      elapsedMs,
    });
    if (outcome.blocked) {
      this.#timeoutMs = outcome.timeoutMs;
      return false;
    }
    const { results, durable } = outcome;
    if (durable) {
      durable.then(
        () => request.reply(results),
        (error) => request.reply([...results, Session.ioError(error)]),
      );
    } else {
      request.reply(results);
    }
    return true;
  }

  /** Keeps waiting; `done` is called when the transaction is over. */
  arm(done: () => void): void {
    this.#done = done;
    const leftMs = this.#startedMs + this.#timeoutMs - this.db.clock.now();
    if (!Number.isFinite(leftMs)) return;
    // One more millisecond, so that the elapsed time is never rounded to below the timeout.
    const delayMs = Math.min(Math.max(0, leftMs) + 1, TIMER_MS_MAX);
    this.#timer = this.db.clock.after(delayMs, () => {
      if (!this.retry()) this.arm(done);
    });
  }

  /** Tries again; true when the transaction is over. */
  retry(): boolean {
    if (!this.#done) return true;
    // A later attempt is never at 0 ms: that is how the first one's refusal is worded.
    const elapsedMs = Math.max(1, Math.floor(this.db.clock.now() - this.#startedMs));
    if (!this.attempt(elapsedMs)) return false;
    this.#finish();
    return true;
  }

  /** The client does not want it any more. */
  cancel(): void {
    this.#finish();
    this.request.fail("canceled");
  }

  /** The client is gone. */
  forget(): void {
    this.#timer?.cancel();
    this.#done = undefined;
  }

  #finish(): void {
    const done = this.#done;
    this.forget();
    done?.();
  }
}

// SPDX-License-Identifier: Apache-2.0

/** What the owner of a Reconnect has to do now. */
export type ReconnectAction = "connect" | "disconnect" | "probe";

export type ReconnectState = "void" | "backoff" | "connecting" | "active" | "idle";

/** Settings in milliseconds; a probe interval of 0 turns probing off. */
export interface ReconnectSettings {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly probeMs: number;
}

export const RECONNECT_DEFAULTS: ReconnectSettings = {
  backoffMinMs: 1000,
  backoffMaxMs: 8000,
  probeMs: 5000,
};

/**
 * When to connect, to probe and to give a connection up: a pure state machine, time comes in as
 * arguments (monotonic milliseconds).
 *
 * The first attempt is immediate; failures wait 1, 2, 4 … up to 8 seconds. A connection that was
 * useful for longer than its back-off starts over at once when it breaks. A connection that is
 * silent for the probe interval is probed, and given up after as long again.
 */
export class Reconnect {
  #state: ReconnectState = "void";
  #settings: ReconnectSettings;
  #sinceMs = 0;
  #backoffMs = 0;
  #lastActivityMs = 0;
  #connectedMs: number | undefined;
  #disconnectedMs: number | undefined;
  #attempts = 0;
  #successes = 0;

  constructor(settings: Partial<ReconnectSettings> = {}) {
    this.#settings = { ...RECONNECT_DEFAULTS, ...settings };
  }

  get state(): ReconnectState {
    return this.#state;
  }

  get connected(): boolean {
    return this.#state === "active" || this.#state === "idle";
  }

  /** The pause before the next attempt, in seconds. */
  get backoffS(): number {
    return this.#backoffMs / 1000;
  }

  /** Whether failures have stretched the pause to its maximum. */
  get patient(): boolean {
    return this.#state === "backoff" && this.#backoffMs >= this.#settings.backoffMaxMs;
  }

  /** Connection attempts and successes so far. */
  get counts(): { readonly attempts: number; readonly successes: number } {
    return { attempts: this.#attempts, successes: this.#successes };
  }

  /** Seconds since the last connect and disconnect, undefined for never. */
  elapsed(nowMs: number): { connectedS: number | undefined; disconnectedS: number | undefined } {
    const seconds = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.floor((nowMs - ms) / 1000);
    return { connectedS: seconds(this.#connectedMs), disconnectedS: seconds(this.#disconnectedMs) };
  }

  configure(settings: Partial<ReconnectSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#backoffMs = Math.min(this.#backoffMs, this.#settings.backoffMaxMs);
  }

  enable(nowMs: number): void {
    if (this.#state === "void") this.#enter("backoff", nowMs);
  }

  disable(nowMs: number): void {
    if (this.#state !== "void") this.#enter("void", nowMs);
  }

  /** An attempt has started. */
  connecting(nowMs: number): void {
    this.#attempts++;
    this.#enter("connecting", nowMs);
  }

  connectSucceeded(nowMs: number): void {
    this.#successes++;
    this.#connectedMs = nowMs;
    this.#lastActivityMs = nowMs;
    this.#enter("active", nowMs);
  }

  /** Something arrived from the peer. */
  activity(nowMs: number): void {
    this.#lastActivityMs = nowMs;
    if (this.#state === "idle") this.#enter("active", nowMs);
  }

  /** An attempt failed or a connection broke. */
  disconnected(nowMs: number): void {
    if (this.#state === "void" || this.#state === "backoff") return;
    const wasUp = this.connected;
    if (wasUp) this.#disconnectedMs = nowMs;
    const { backoffMinMs, backoffMaxMs } = this.#settings;
    // What lasted longer than its back-off was useful: that failure is a new one.
    const useful = wasUp && this.#lastActivityMs - (this.#connectedMs ?? 0) >= this.#backoffMs;
    const next = this.#backoffMs < backoffMinMs ? backoffMinMs : this.#backoffMs * 2;
    this.#backoffMs = useful ? 0 : Math.min(next, backoffMaxMs);
    if (useful && this.#lastActivityMs === this.#connectedMs) this.#backoffMs = backoffMinMs;
    this.#enter("backoff", nowMs);
  }

  /** The moment at which `run` will have something to say; Infinity for never. */
  deadline(): number {
    switch (this.#state) {
      case "void":
        return Number.POSITIVE_INFINITY;
      case "backoff":
        return this.#sinceMs + this.#backoffMs;
      case "connecting":
        return this.#sinceMs + Math.max(1000, this.#backoffMs);
      case "active":
        return this.#probeDeadline(Math.max(this.#lastActivityMs, this.#sinceMs));
      case "idle":
        return this.#probeDeadline(this.#sinceMs);
    }
  }

  #probeDeadline(fromMs: number): number {
    const { probeMs } = this.#settings;
    return probeMs > 0 ? fromMs + probeMs : Number.POSITIVE_INFINITY;
  }

  /** What to do at `nowMs`, if anything. "probe" is said once per silence. */
  run(nowMs: number): ReconnectAction | undefined {
    if (nowMs < this.deadline()) return undefined;
    switch (this.#state) {
      case "void":
        return undefined;
      case "backoff":
        return "connect";
      case "connecting":
      case "idle":
        return "disconnect";
      case "active":
        this.#enter("idle", nowMs);
        return "probe";
    }
  }

  #enter(state: ReconnectState, nowMs: number): void {
    this.#state = state;
    this.#sinceMs = nowMs;
  }
}

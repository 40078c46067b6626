// SPDX-License-Identifier: Apache-2.0
/**
 * `<rundir>/<bridge>.snoop`: a listener here gets a copy of every message between the switch and
 * one of its controllers, the most important one at the time (`ovs-ofctl snoop`).
 */
import type { Clock } from "../../lib/clock.js";
import { systemErrorText } from "../../lib/errors.js";
import { vlog } from "../../lib/log.js";
import { type Listener, listenStreams } from "../../net/listen.js";
import type { Stream } from "../../net/stream.js";
import { ROLE } from "../../openflow/messages/role.js";
import { type ControllerConfig, SPOKEN_VERSIONS } from "../ofproto-types.js";
import { connectionSettings, OfConnection } from "./connection.js";

const log = vlog("connmgr");

/** A snooper that leaves this much unread misses messages. */
const BACKLOG_MAX = 1 << 20;

const SNOOPER: ControllerConfig = { target: "snoop", type: "service", enableAsyncMessages: false };

/** Masters before equals before slaves. */
const IMPORTANCE: Readonly<Record<number, number>> = {
  [ROLE.MASTER]: 2,
  [ROLE.EQUAL]: 1,
  [ROLE.SLAVE]: 0,
};

export class SnoopService {
  readonly #open = new Set<OfConnection>();
  #listener: Listener | undefined;

  constructor(
    private readonly target: string,
    private readonly clock: Clock,
    private readonly controllers: () => readonly OfConnection[],
  ) {}

  /** Listens; a failure is logged, because the switch works without. */
  async start(): Promise<void> {
    try {
      this.#listener = await listenStreams(this.target, (stream) => this.#accept(stream));
    } catch (error) {
      log.warn(`failed to listen on ${this.target}: ${systemErrorText(error)}`);
    }
  }

  close(): void {
    this.#listener?.close();
    for (const connection of this.#open) connection.close();
  }

  #accept(stream: Stream): void {
    let untap: (() => void) | undefined;
    const snooper = new OfConnection(
      stream,
      connectionSettings(SNOOPER, SPOKEN_VERSIONS),
      {
        onMessage: () => {},
        onNegotiated: () => {
          untap = this.#best()?.addTap((bytes) => {
            if (stream.backlogBytes < BACKLOG_MAX) stream.write(bytes);
          });
        },
        onClose: () => {
          untap?.();
          this.#open.delete(snooper);
        },
      },
      this.clock,
    );
    this.#open.add(snooper);
  }

  #best(): OfConnection | undefined {
    const rank = (c: OfConnection): number => IMPORTANCE[c.role] ?? 0;
    return [...this.controllers()].sort((a, b) => rank(b) - rank(a))[0];
  }
}

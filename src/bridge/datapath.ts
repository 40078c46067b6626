// SPDX-License-Identifier: Apache-2.0
import type { Dpif } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";
import type { PortNames } from "../odp/text.js";
import { XDatapath } from "../ofproto/xbridge.js";
import { Slowpath } from "../slowpath/slowpath.js";
import { Meters } from "./meters.js";

/** The one userspace datapath and what works on it, from the moment it is needed. */
export class Datapath {
  /** Its own port on itself, "ovs-netdev" or "ovs-dummy". */
  readonly ownPort: string;
  /** "netdev@ovs-netdev", as the stock switch names it. */
  readonly name: string;
  readonly xdatapath: XDatapath;
  readonly slowpath: Slowpath;
  readonly meters: Meters;
  #flowsAverage = 0;

  constructor(
    readonly dpif: Dpif,
    clock: Clock,
    /** With dummy devices it is another type, as in the stock switch. */
    readonly type: "netdev" | "dummy" = "netdev",
  ) {
    const nowMs = (): number => clock.now();
    this.ownPort = `ovs-${type}`;
    this.name = `${type}@${this.ownPort}`;
    this.xdatapath = new XDatapath({ type, name: this.ownPort, nowMs });
    this.slowpath = new Slowpath(dpif, this.xdatapath, clock);
    this.meters = new Meters(dpif, () => this.slowpath.settled());
  }

  /** A moving average of the number of installed flows, over the last few `sampleFlows`. */
  get flowsAverage(): number {
    return Math.floor(this.#flowsAverage);
  }

  /** Called about as often as the flows are revalidated. */
  sampleFlows(): void {
    this.#flowsAverage = (this.#flowsAverage + this.slowpath.stats().flows) / 2;
  }

  /** For texts with names instead of numbers. */
  get names(): PortNames {
    return {
      nameOf: (dpPort) => (dpPort === 0 ? this.ownPort : this.dpif.port(dpPort)?.name),
      numberOf: (name) => this.dpif.portByName(name)?.portNo,
    };
  }

  async close(): Promise<void> {
    this.slowpath.stop();
    await this.dpif.close();
  }
}

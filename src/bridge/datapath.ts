// SPDX-License-Identifier: Apache-2.0
import type { Dpif } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";
import type { PortNames } from "../odp/text.js";
import { XDatapath } from "../ofproto/xbridge.js";
import { Slowpath } from "../slowpath/slowpath.js";

/** The one userspace datapath and what works on it, from the moment it is needed. */
export class Datapath {
  /** "netdev@ovs-netdev", as the stock switch names it. */
  static readonly NAME = "netdev@ovs-netdev";
  readonly xdatapath: XDatapath;
  readonly slowpath: Slowpath;
  #flowsAverage = 0;

  constructor(
    readonly dpif: Dpif,
    clock: Clock,
  ) {
    const nowMs = (): number => clock.now();
    this.xdatapath = new XDatapath({ type: "netdev", name: "ovs-netdev", nowMs });
    this.slowpath = new Slowpath(dpif, this.xdatapath, clock);
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
      nameOf: (dpPort) => (dpPort === 0 ? "ovs-netdev" : this.dpif.port(dpPort)?.name),
      numberOf: (name) => this.dpif.portByName(name)?.portNo,
    };
  }

  async close(): Promise<void> {
    this.slowpath.stop();
    await this.dpif.close();
  }
}
